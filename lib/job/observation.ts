import type { Iso } from '../base/time.ts';

/** A resource that a job or a sub-job works on, as the vendor names it. */
export interface Resource {
  readonly id: string;
  readonly type: string | null;
}

export interface SubJob {
  readonly jobId: string | null;
  readonly operation: string | null;
  readonly status: string | null;
  readonly resourceId: string | null;
  readonly beganAt: Iso | null;
  readonly endedAt: Iso | null;
  readonly error: VendorError | null;
  readonly entities: readonly Resource[];
}

export interface VendorError {
  readonly code: string | null;
  readonly message: string | null;
}

/** What a vendor says about a job besides its status. Times are normalised to UTC; null is "not said". */
export interface Detail {
  readonly operation: string | null;
  readonly resourceId: string | null;
  readonly resourceType: string | null;
  readonly beganAt: Iso | null;
  readonly endedAt: Iso | null;
  readonly error: VendorError | null;
  readonly subJobs: readonly SubJob[];
  /** The vendor's own id of the request that gave this answer: what its support asks for. */
  readonly requestId: string | null;
}

export const NO_DETAIL: Detail = {
  operation: null,
  resourceId: null,
  resourceType: null,
  beganAt: null,
  endedAt: null,
  error: null,
  subJobs: [],
  requestId: null,
};

/** Why nothing was learned. `reason` is one sentence for people; it never holds a secret or a raw answer. */
export type Trouble =
  /** The vendor asks for fewer calls; `retryAfterMs` is its own wish, null if it names none. */
  | { readonly kind: 'throttled'; readonly retryAfterMs: number | null; readonly reason: string }
  /** No usable answer arrived: refused connection, time-out, reset, 5xx. */
  | { readonly kind: 'unreachable'; readonly reason: string }
  /**
   * `key`: signature, token or key refused; `scope`: permission refused; `account`: absent, malformed, other vendor.
   */
  | { readonly kind: 'denied'; readonly what: 'key' | 'scope' | 'account'; readonly reason: string }
  /** An answer came and is not what the vendor documents. */
  | { readonly kind: 'malformed'; readonly reason: string }
  /** The call was not made or not finished because the pace or the time did not allow it. */
  | { readonly kind: 'unasked'; readonly reason: string };

/** What one poll told about one job. Vendor trouble is data, never an exception. */
export type Observation =
  | { readonly kind: 'status'; readonly word: string; readonly detail: Detail }
  /** `believedAfterMs`: such an answer may mean something else too, so misses must be at least so far apart. */
  | { readonly kind: 'missing'; readonly reason: string; readonly believedAfterMs?: number }
  | Trouble;

export function isTrouble(observation: Observation): observation is Trouble {
  return observation.kind !== 'status' && observation.kind !== 'missing';
}

import type { HttpResponse } from '../../base/http.ts';
import { boundedWaitMs, httpDateMs, retryAfterMs as waitAskedMs } from '../../base/http-headers.ts';
import type { Trouble } from '../../job/observation.ts';

/** What an error of a vendor means for the call. */
export type FaultClass =
  | 'throttled'
  | 'unreachable'
  /** The id that the request was about is unknown. */
  | 'missing'
  | 'key'
  | 'scope'
  /** The time of the signature was refused. */
  | 'clock'
  /** The nonce of the signature was used before. */
  | 'nonce'
  | 'malformed';

/** A vendor's error as read from a response. `code` is null where the body has none that can be shown. */
export interface Fault {
  readonly status: number;
  readonly code: string | null;
  readonly message: string;
}

/** A fault, its class, and the wait that the vendor wishes, if it names one. */
export interface ClassifiedFault {
  readonly fault: Fault;
  readonly faultClass: FaultClass;
  readonly retryAfterMs: number | null;
  /** Of `missing` by a code that may mean something else too: see `FaultRow`. */
  readonly believedAfterMs?: number;
  /** The vendor refuses what the request names: of several ids, one alone may be the reason. */
  readonly mayBeOfOneId?: boolean;
}

/** `codes` are whole codes, or beginnings if they end in `*`. The first row that fits rules. */
export interface FaultRow {
  readonly codes: readonly string[];
  /** Only with an HTTP status of at least this. */
  readonly minStatus?: number;
  /** Only with such a message. */
  readonly message?: RegExp;
  readonly means: FaultClass;
  /** Of `missing`: from the first such answer to the last must pass at least this before a job is lost. */
  readonly believedAfterMs?: number;
  /** Of `malformed`: about the request whatever it names, so a smaller batch would be refused as well. */
  readonly isOfAll?: boolean;
  readonly source: string;
}

const SENTENCES = {
  throttled: 'the vendor asks for fewer calls',
  unreachable: 'the vendor is out of order for now',
  missing: 'the vendor says that it does not know an id among those asked together',
  key: 'the vendor refuses the key, its signature or its token',
  scope: 'the vendor refuses the permission',
  clock: 'the vendor refuses the time of the signature: the clock of this machine or of the vendor is wrong',
  nonce: 'the vendor says that a fresh nonce was used before',
  malformed: 'the vendor does not accept or understand the request',
} satisfies Record<FaultClass, string>;

const RETRY_MAX_MS = 3_600_000;

/** The code decides; the HTTP status only where no row knows the code. */
export function classOf(fault: Fault, rows: readonly FaultRow[]): FaultClass {
  return rowOf(fault, rows)?.means ?? classOfStatus(fault.status);
}

/** The row that rules; undefined if none knows the code. */
export function rowOf(fault: Fault, rows: readonly FaultRow[]): FaultRow | undefined {
  return rows.find((candidate) => fits(candidate, fault));
}

/** https://www.rfc-editor.org/rfc/rfc9110#name-status-codes */
export function classOfStatus(status: number): FaultClass {
  if (status === 401) return 'key';
  if (status === 403) return 'scope';
  if (status === 429) return 'throttled';
  return status === 408 || status >= 500 ? 'unreachable' : 'malformed';
}

/** An error that names a wait is throttling whatever its code, unless waiting would not help. */
export function withPatience(faultClass: FaultClass, status: number, wishMs: number | null): FaultClass {
  const waitingHelps = faultClass === 'unreachable' || faultClass === 'malformed' || faultClass === 'missing';
  return waitingHelps && (wishMs !== null || status === 429) ? 'throttled' : faultClass;
}

/**
 * One sentence for people: what it means, the code and the status. Never the vendor's own text, which may show secrets.
 */
export function explain(faultClass: FaultClass, fault: Fault): string {
  return `${SENTENCES[faultClass]} (${fault.code === null ? '' : `${fault.code}, `}HTTP ${fault.status})`;
}

export function troubleOf(faultClass: FaultClass, fault: Fault, retryAfterMs: number | null): Trouble {
  const reason = explain(faultClass, fault);
  if (faultClass === 'throttled') return { kind: 'throttled', retryAfterMs, reason };
  if (faultClass === 'unreachable') return { kind: 'unreachable', reason };
  if (faultClass === 'scope') return { kind: 'denied', what: 'scope', reason };
  if (faultClass === 'key' || faultClass === 'clock') return { kind: 'denied', what: 'key', reason };
  return { kind: 'malformed', reason };
}

/** The wait that an answer with status 429 or 503 wishes by `Retry-After`, at most an hour; null if it names none. */
export function retryAfterMs(answer: HttpResponse): number | null {
  return waitAskedMs(answer, httpDateMs(answer.headers['date']), RETRY_MAX_MS);
}

export function boundRetry(ms: number): number {
  return boundedWaitMs(ms, RETRY_MAX_MS);
}

/** A code that may be shown in reasons and logs; null for anything else. */
export function shownCode(value: unknown): string | null {
  return typeof value === 'string' && /^[A-Za-z0-9._-]{1,100}$/.test(value) ? value : null;
}

/** Whether the vendor refused who made the request: its signature, its time, its token. */
export function refusesKey(faultClass: FaultClass): boolean {
  return faultClass === 'key' || faultClass === 'clock';
}

function fits(row: FaultRow, fault: Fault): boolean {
  const { code } = fault;
  if (code === null || fault.status < (row.minStatus ?? 0)) return false;
  if (row.message !== undefined && !row.message.test(fault.message)) return false;
  return row.codes.some((pattern) =>
    pattern.endsWith('*') ? code.startsWith(pattern.slice(0, -1)) : code === pattern,
  );
}

import type { Credential, KeyWait } from './key-memory.ts';
import type { Tick } from './tick.ts';

/** What a breaker is asked, and what it answers. */
export interface KeyBreaker {
  /** Whether the credential is known here to be denied, without reading the table. */
  readonly knownDenial: (credential: Credential) => KeyWait | null;
  /** Waits for a probe of the same credential in this process (one call's time), then decides. */
  readonly acquire: (credential: Credential, tick: Tick) => Promise<KeyAdmission>;
  /** Gives a permit back, whatever came of its call. */
  readonly release: (permit: KeyPermit, verdict: Verdict) => Promise<void>;
  /** An account without usable credentials: nothing is called. */
  readonly denyAccount: (account: Credential, reason: string) => Promise<void>;
  /** The account has usable credentials (again). */
  readonly clearAccount: (account: Credential) => Promise<void>;
  /**
   * The tick receives nothing more, and the next one may begin before its calls have ended: writes down how many of
   * each key there are, until `untilMs`. From now on there may be no more than these.
   */
  readonly leaveUnderWay: (tick: Tick, untilMs: number) => Promise<void>;
}

/** The permit to make one call of a credential. */
export interface KeyPermit {
  readonly credential: Credential;
  /** When the probe was marked as one that may be refused; null: no probe. */
  readonly markMs: number | null;
  /** Earlier probes were not answered: the end point has to answer something unsigned first. */
  readonly isWary: boolean;
}

export type KeyAdmission =
  | { readonly kind: 'go'; readonly permit: KeyPermit }
  | KeyWait
  /** As many calls as are allowed are under way: to be given a slot. */
  | { readonly kind: 'crowd'; readonly reason: string };

/** What a call says about a credential. */
export type Verdict =
  /**
   * `refusals`: what was refused before the good answer (a clock that was off), which the vendor has counted all the
   * same. `scopeToo`: the answer was about jobs, not a refused permission.
   */
  | { readonly kind: 'good'; readonly refusals: number; readonly scopeToo: boolean }
  | { readonly kind: 'refused'; readonly reason: string; readonly refusals: number }
  | { readonly kind: 'undecided'; readonly doubt: boolean };

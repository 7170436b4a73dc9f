import type { Iso } from '../base/time.ts';

/**
 * What is known about a refused key, scope or account, under the names of its item in the table `state`, which workers
 * and cold starts share. `key-retry.ts` says when it is tried again, `key-outcome.ts` what a call changes in it.
 */
export interface KeyState {
  /** `key#<fingerprint>`, `scope#<scope>` or `account#<name>`. */
  readonly id: string;
  /** 0: not in the table yet. Every write is conditional on it. */
  readonly version: number;
  /** Calls with this key that were refused, or may have been: their times, as long as the vendor may count them. */
  readonly badMs: readonly number[];
  /** Those of `badMs` that were never answered, or not yet. */
  readonly doubts: readonly Doubt[];
  /**
   * Each account whose use of the key had a good answer, and the version of its parameter then. It outlives the process
   * that had the answer, and ends when the key is refused.
   */
  readonly proven: Readonly<Record<string, string>>;
  /** Scopes that had a good answer, the latest last: a refused key is tried by one of them. */
  readonly goodScopes: readonly string[];
  /** Calls that workers have left under way for the next tick to reckon with, by worker. */
  readonly leftUnderWay: Readonly<Record<string, { readonly calls: number; readonly untilMs: number }>>;
  /** Half-open: one call alone, the probe, is trying the key; it ends or is given up by then. */
  readonly trialUntilMs: number;
  /** Open, if there is one. */
  readonly denial: Denial | null;
}

/** A probe without an answer: the vendor may have refused it. */
export interface Doubt {
  readonly atMs: number;
  /** What was called: another scope of the key may be probed all the same. */
  readonly scope: string | null;
  readonly account: string;
  readonly version: string | null;
}

export interface Denial {
  readonly since: Iso;
  /** No call before this time. */
  readonly untilMs: number;
  readonly probes: number;
  /** The account whose use was refused first: the event names it. */
  readonly account: string;
  /** Each account whose use was refused, and the version of its parameter then: a new version is tried at once. */
  readonly versions: Readonly<Record<string, string | null>>;
  readonly reason: string;
  /** `jobwatch.account.denied` has been sent. */
  readonly told: boolean;
}

export function unknownKeyState(id: string): KeyState {
  const nothing = { badMs: [], doubts: [], proven: {}, goodScopes: [], leftUnderWay: {} };
  return { id, version: 0, ...nothing, trialUntilMs: 0, denial: null };
}

/** Jobs of something denied come back this often: a mended account is then noticed within two minutes. */
export const DENIED_WAIT_MS = 60_000;

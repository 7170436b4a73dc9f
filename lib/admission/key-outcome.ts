import { toIso } from '../base/time.ts';
import { type Credential, withScope } from './key-memory.ts';
import { probeWaitMs, recentBad } from './key-retry.ts';
import type { Doubt, KeyState } from './key-state.ts';

/** What the outcome of a call makes of the state of its key. */

/** Twice what any vendor allows in its time. */
const BAD_KEPT = 10;
/** Accounts that may share one key before the oldest has to prove it again. */
const PROVEN_MAX = 50;

export interface Refusal {
  /** When the probe was marked; null: no probe. */
  readonly markMs: number | null;
  readonly reason: string;
  /** Bad signatures of the call beyond the one that a probe has counted already. */
  readonly refusals: number;
  /** Scopes of the key that had good answers in this process, the latest last. */
  readonly goodScopes: readonly string[];
}

/** The breaker opens: a probe was refused, or a call of a key that had been good. */
export function opened(state: KeyState, credential: Credential, refusal: Refusal, nowMs: number): KeyState {
  const { account, accountVersion, lockRule } = credential;
  const { denial } = state;
  const probes = denial?.probes ?? 0;
  const bad = lockRule === null ? [] : [...recentBad(state, lockRule, nowMs), ...repeated(nowMs, refusal.refusals)];
  return {
    ...state,
    badMs: bad.slice(-BAD_KEPT),
    doubts: withoutDoubt(state.doubts, refusal.markMs),
    proven: {},
    goodScopes: refusal.goodScopes.reduce(withScope, state.goodScopes),
    trialUntilMs: 0,
    denial: {
      since: denial?.since ?? toIso(nowMs),
      untilMs: nowMs + probeWaitMs(probes),
      probes,
      account: denial?.account ?? account,
      versions: { ...denial?.versions, [account]: accountVersion },
      reason: refusal.reason,
      told: denial?.told ?? false,
    },
  };
}

export interface GoodAnswer {
  readonly markMs: number | null;
  /** What was refused before it, in the same call. */
  readonly refusals: number;
  readonly goodScopes: readonly string[];
}

/**
 * The breaker closes: a good answer, and nothing is denied any more. The probe's own mark goes, and so do those of
 * earlier probes of the same use that were not answered: they bore the same good signature. What was refused stays
 * counted.
 */
export function closed(state: KeyState, credential: Credential, answer: GoodAnswer, nowMs: number): KeyState {
  const { account, accountVersion, lockRule } = credential;
  const cleared = state.doubts.filter((doubt) => doubt.account === account && doubt.version === accountVersion);
  const marks = new Set([...cleared.map(({ atMs }) => atMs), answer.markMs]);
  const kept = [...marks].reduce(without, state.badMs);
  const bad = [...kept, ...repeated(nowMs, lockRule === null ? 0 : answer.refusals)];
  return {
    ...state,
    badMs: bad.slice(-BAD_KEPT),
    doubts: state.doubts.filter((doubt) => !cleared.includes(doubt)),
    goodScopes: answer.goodScopes.reduce(withScope, state.goodScopes),
    proven: lockRule === null ? state.proven : withProof(state.proven, account, accountVersion),
    trialUntilMs: 0,
    denial: null,
  };
}

/**
 * The probe brought no answer about the key. `doubt`: the vendor may have refused what it never answered, so the mark
 * stays.
 */
export function undecided(state: KeyState, markMs: number, doubt: boolean): KeyState {
  if (doubt) return { ...state, trialUntilMs: 0 };
  const doubts = withoutDoubt(state.doubts, markMs);
  return { ...state, badMs: without(state.badMs, markMs), doubts, trialUntilMs: 0 };
}

/** The event of the denial has been sent. */
export function published(state: KeyState): KeyState {
  return state.denial === null ? state : { ...state, denial: { ...state.denial, told: true } };
}

function repeated(ms: number, times: number): readonly number[] {
  return Array.from({ length: times }, () => ms);
}

function without(badMs: readonly number[], markMs: number | null): readonly number[] {
  const at = markMs === null ? -1 : badMs.indexOf(markMs);
  return at < 0 ? badMs : badMs.toSpliced(at, 1);
}

function withoutDoubt(doubts: readonly Doubt[], markMs: number | null): readonly Doubt[] {
  const at = doubts.findIndex(({ atMs }) => atMs === markMs);
  return at < 0 ? doubts : doubts.toSpliced(at, 1);
}

function withProof(proven: KeyState['proven'], account: string, version: string | null): KeyState['proven'] {
  if (version === null) return proven;
  const others = Object.entries(proven).filter(([name]) => name !== account);
  return Object.fromEntries([...others, [account, version] as const].slice(-PROVEN_MAX));
}

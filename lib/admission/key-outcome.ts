import { toIso } from '../base/time.ts';
import { LOCK_RULE } from '../vendors/account.ts';
import { probeWaitMs, recentBad } from './key-retry.ts';
import type { KeyState } from './key-state.ts';

/** What the outcome of a call makes of the state of its key. */

const BAD_KEPT = 2 * LOCK_RULE.badMax;

export interface Refusal {
  readonly account: string;
  readonly accountVersion: string | null;
  readonly reason: string;
  /** Bad signatures of the call beyond the one that a probe has counted already. */
  readonly refusals: number;
}

/** The breaker opens: a probe was refused, or a call of a key that had been good. */
export function opened(
  state: KeyState,
  { account, accountVersion, reason, refusals }: Refusal,
  nowMs: number,
): KeyState {
  const { denial } = state;
  const probes = denial?.probes ?? 0;
  const more = Array.from({ length: refusals }, () => nowMs);
  return {
    ...state,
    badMs: [...recentBad(state, nowMs), ...more].slice(-BAD_KEPT),
    trialUntilMs: 0,
    denial: {
      since: denial?.since ?? toIso(nowMs),
      untilMs: nowMs + probeWaitMs(probes),
      probes,
      account: denial?.account ?? account,
      versions: { ...denial?.versions, [account]: accountVersion },
      reason,
      told: denial?.told ?? false,
    },
  };
}

/**
 * The breaker closes: a good answer, and nothing is denied any more. The probe's own mark goes; what was refused,
 * before or in this call, stays counted.
 */
export function closed(state: KeyState, markMs: number | null, bad: { refusals: number; nowMs: number }): KeyState {
  const badMs = [...withoutMark(state.badMs, markMs), ...Array.from({ length: bad.refusals }, () => bad.nowMs)];
  return { ...state, badMs: badMs.slice(-BAD_KEPT), trialUntilMs: 0, denial: null };
}

/**
 * The probe brought no answer about the key. `doubt`: the vendor may have refused what it never answered, so the mark
 * stays.
 */
export function undecided(state: KeyState, markMs: number | null, doubt: boolean): KeyState {
  return { ...state, badMs: doubt ? state.badMs : withoutMark(state.badMs, markMs), trialUntilMs: 0 };
}

/** The event of the denial has been sent. */
export function published(state: KeyState): KeyState {
  return state.denial === null ? state : { ...state, denial: { ...state.denial, told: true } };
}

function withoutMark(badMs: readonly number[], markMs: number | null): readonly number[] {
  const at = markMs === null ? -1 : badMs.indexOf(markMs);
  return at < 0 ? badMs : badMs.toSpliced(at, 1);
}

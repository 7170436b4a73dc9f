import { LOCK_RULE } from '../vendors/account.ts';
import { DENIED_WAIT_MS, type Denial, type KeyState } from './key-state.ts';

/**
 * When a refused key is tried again: after 5, 10, 20, then every 30 minutes, by one call, the probe. At once if its
 * account has been changed since. Never by a call that could be one bad signature too many: the vendor would lock it.
 */
const PROBE_WAITS_MS = [5, 10, 20, 30].map((minutes) => minutes * 60_000);
/** Calls come back this soon while another worker's probe is under way. */
const PROBE_UNDER_WAY_WAIT_MS = 2000;

/** How long nothing is called after this many probes that were refused. */
export function probeWaitMs(probes: number): number {
  return PROBE_WAITS_MS[Math.min(probes, PROBE_WAITS_MS.length - 1)] ?? LOCK_RULE.windowMs;
}

/** The account that wants to call, and the version of its parameter. */
interface Caller {
  readonly name: string;
  readonly version: string | null;
}

export type ProbeClaim =
  | { readonly kind: 'claim'; readonly claimed: KeyState }
  | { readonly kind: 'wait'; readonly untilMs: number; readonly reason: string };

/**
 * Whether something without a good answer yet in this process may be probed by one call now. The claim must be written
 * (on the version) before the call is made; it counts the call as bad until the answer shows otherwise, so that a
 * worker that dies in between is counted too.
 */
export function claimProbe(state: KeyState, caller: Caller, nowMs: number, probeMs: number): ProbeClaim {
  const { denial } = state;
  const wait = (untilMs: number, reason: string): ProbeClaim => ({
    kind: 'wait',
    untilMs,
    reason: denial?.reason ?? reason,
  });
  if (nowMs < state.trialUntilMs)
    return wait(nowMs + PROBE_UNDER_WAY_WAIT_MS, 'one call is trying the credentials first');
  if (denial !== null && nowMs < denial.untilMs && !isMended(denial, caller))
    return wait(nowMs + DENIED_WAIT_MS, denial.reason);
  const bad = recentBad(state, nowMs);
  const [oldestMs = nowMs] = bad;
  if (bad.length >= LOCK_RULE.badMax)
    return wait(Math.min(oldestMs + LOCK_RULE.windowMs, nowMs + DENIED_WAIT_MS), 'the key may be locked');
  const claimed = {
    ...state,
    badMs: [...bad, nowMs],
    trialUntilMs: nowMs + probeMs,
    denial: denial && afterOneMore(denial, nowMs),
  };
  return { kind: 'claim', claimed };
}

/** The account was refused as another version of itself. */
function isMended({ versions }: Denial, { name, version }: Caller): boolean {
  return Object.hasOwn(versions, name) && versions[name] !== version;
}

function afterOneMore(denial: Denial, nowMs: number): Denial {
  const probes = denial.probes + 1;
  return { ...denial, probes, untilMs: nowMs + probeWaitMs(probes) };
}

/** The times of bad signatures that the vendor may still be counting. */
export function recentBad({ badMs }: Pick<KeyState, 'badMs'>, nowMs: number): readonly number[] {
  return badMs.filter((ms) => ms > nowMs - LOCK_RULE.windowMs);
}

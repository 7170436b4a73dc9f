import type { LockRule } from '../vendors/vendor.ts';
import type { Credential } from './key-memory.ts';
import { DENIED_WAIT_MS, type Denial, type Doubt, type KeyState } from './key-state.ts';

/**
 * When a refused key is tried again: after 5, 10, 20, then every 30 minutes, by one call, the probe. At once if its
 * account has been changed since. Never by a call that could be one bad signature too many: the vendor would lock it.
 */
const PROBE_WAITS_MS = [5, 10, 20, 30].map((minutes) => minutes * 60_000);
const PROBE_WAIT_MAX_MS = 30 * 60_000;
/** Calls come back this soon while another worker's probe is under way. */
const PROBE_UNDER_WAY_WAIT_MS = 2000;
/** Jobs of a refused key come back every minute: within two of them those of a scope that was good have been there. */
const GOOD_SCOPES_FIRST_MS = 2 * DENIED_WAIT_MS;
/** Probes without an answer that need not be a sign of more than their own scopes' trouble. */
const DOUBTS_TOLERATED = 2;

/** How long nothing is called after this many probes that were refused. */
export function probeWaitMs(probes: number): number {
  return PROBE_WAITS_MS[probes] ?? PROBE_WAIT_MAX_MS;
}

export type ProbeClaim =
  | { readonly kind: 'claim'; readonly claimed: KeyState }
  | { readonly kind: 'wait'; readonly untilMs: number; readonly reason: string; readonly isDenied?: boolean };

/**
 * Whether something without a good answer yet may be probed by one call now. The claim must be written (on the version)
 * before the call is made; it counts the call as bad until the answer shows otherwise, so that a worker that dies in
 * between is counted too.
 */
export function claimProbe(state: KeyState, caller: Credential, nowMs: number, probeMs: number): ProbeClaim {
  const { denial } = state;
  const wait = (untilMs: number, reason: string): ProbeClaim => ({
    kind: 'wait',
    untilMs,
    reason: denial?.reason ?? reason,
    ...(denial === null ? {} : { isDenied: true }),
  });
  if (nowMs < state.trialUntilMs)
    return wait(nowMs + PROBE_UNDER_WAY_WAIT_MS, 'one call is trying the credentials first');
  if (denial !== null && !isMended(denial, caller) && nowMs < deniedUntilMs(state, denial, caller))
    return wait(nowMs + DENIED_WAIT_MS, denial.reason);
  const freeMs = caller.lockRule === null ? nowMs : lockSafeMs(state, caller, caller.lockRule, nowMs);
  if (nowMs < freeMs)
    return wait(Math.min(freeMs, nowMs + DENIED_WAIT_MS), 'calls were not answered: one more now might lock the key');
  return { kind: 'claim', claimed: claimed(state, caller, nowMs, probeMs) };
}

function claimed(state: KeyState, caller: Credential, nowMs: number, probeMs: number): KeyState {
  const { denial } = state;
  const { lockRule, scope, account, accountVersion } = caller;
  const next = { ...state, trialUntilMs: nowMs + probeMs, denial: denial && afterOneMore(denial, nowMs) };
  if (lockRule === null) return next;
  const doubt: Doubt = { atMs: nowMs, scope, account, version: accountVersion };
  const doubts = [...recentDoubts(state, lockRule, nowMs), doubt];
  return { ...next, badMs: [...recentBad(state, lockRule, nowMs), nowMs], doubts };
}

/** The account was refused as another version of itself. */
function isMended({ versions }: Denial, { account, accountVersion }: Credential): boolean {
  return Object.hasOwn(versions, account) && versions[account] !== accountVersion;
}

/** Scopes that were good go first: a scope that never was may be what is wrong. */
function deniedUntilMs({ goodScopes }: KeyState, { untilMs }: Denial, { scope }: Credential): number {
  const isLast = scope !== null && goodScopes.length > 0 && !goodScopes.includes(scope);
  return isLast ? untilMs + GOOD_SCOPES_FIRST_MS : untilMs;
}

/**
 * From when one more call can't be the one that locks the key, whatever became of those without an answer. Those of one
 * scope hold back that scope alone. Of more than two, nobody can say whose trouble it is: then what may still be bad is
 * spread over the vendor's time, so that there is never a long wait for the last one of it to be forgotten.
 */
function lockSafeMs(state: KeyState, caller: Credential, rule: LockRule, nowMs: number): number {
  const bad = recentBad(state, rule, nowMs);
  const [oldestMs] = bad.slice(-rule.badMax);
  const lastMs = bad.at(-1);
  if (oldestMs === undefined || lastMs === undefined) return nowMs;
  if (bad.length >= rule.badMax) return oldestMs + rule.windowMs;
  const doubts = recentDoubts(state, rule, nowMs);
  if (doubts.length <= DOUBTS_TOLERATED && !doubts.some((doubt) => isOf(doubt, caller))) return nowMs;
  return lastMs + (oldestMs + rule.windowMs - lastMs) / (rule.badMax - bad.length + 1);
}

/** Whether the same use of the key had no answer in the same scope. */
function isOf({ scope, account, version }: Doubt, caller: Credential): boolean {
  return scope === caller.scope && account === caller.account && version === caller.accountVersion;
}

function afterOneMore(denial: Denial, nowMs: number): Denial {
  const probes = denial.probes + 1;
  return { ...denial, probes, untilMs: nowMs + probeWaitMs(probes) };
}

/** The times of bad signatures that the vendor may still be counting. */
export function recentBad({ badMs }: Pick<KeyState, 'badMs'>, rule: LockRule, nowMs: number): readonly number[] {
  return badMs.filter((ms) => ms > nowMs - rule.windowMs);
}

export function recentDoubts({ doubts }: KeyState, rule: LockRule, nowMs: number): readonly Doubt[] {
  return doubts.filter(({ atMs }) => atMs > nowMs - rule.windowMs);
}

/** Those that were refused without a doubt. */
export function recentRefusals(state: KeyState, rule: LockRule, nowMs: number): number {
  return recentBad(state, rule, nowMs).length - recentDoubts(state, rule, nowMs).length;
}

/** Whether this use of the key had a good answer, in any process. */
export function isProven({ proven }: KeyState, { account, accountVersion }: Credential): boolean {
  return accountVersion !== null && Object.hasOwn(proven, account) && proven[account] === accountVersion;
}

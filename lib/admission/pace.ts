import type { Random } from '../base/random.ts';
import { type CallOutcome, noteOutcome } from './cool-down.ts';
import { makeScopes, type ScopeState } from './scopes.ts';
import type { Tick } from './tick.ts';

/**
 * Whether a call may begin now, or when its jobs should come back, and why. `epoch` goes with the call until it ends.
 */
export type Admission = { readonly kind: 'go'; readonly epoch: number } | Busy | Wait;

export interface Wait {
  readonly kind: 'wait';
  readonly untilMs: number;
  readonly reason: string;
  /** It does not pass by itself: the account, its key or its rights are refused. Default: it passes. */
  readonly isDenied?: boolean;
}

/** Nothing is wrong, but the pace or the calls under way are used up. */
export interface Busy {
  readonly kind: 'busy';
  /** When to try again, if no call ends before. */
  readonly retryMs: number;
  /** Between two calls of the scope at its pace. */
  readonly intervalMs: number;
  /** For jobs that cannot stay until then: when they should come back, one after another, not before that time. */
  readonly slot: (notBeforeMs: number, nowMs: number) => Wait;
}

export interface PaceSettings {
  /** Of a scope, over all workers. */
  readonly callsPerSecond: number;
  /** Calls of one scope that may be under way at once: a scope that hangs holds no more than these. */
  readonly inFlightMax: number;
}

/** The bucket holds what the pace gives in this time, whoever shares it. */
const BUCKET_MS = 1000;
/** A thousand intervals of 1000 / 7 ms are no whole second to a computer. */
const ROUNDING_MS = 0.001;
const COOLING = "the vendor asked for fewer calls, or can't be reached";
const CROWD_WAIT_MS = 1000;
/** A call that waits for its next request looks once in an interval. */
const CLAIM_INTERVALS = 2;
const SLOT_WAIT_MAX_MS = 15 * 60_000;
/**
 * How many workers share the pace: each has its part of every pace and of every burst. An api may allow fewer calls than
 * the settings.
 */
export type Share = Pick<Tick, 'workers'> & { readonly atMostPerSecond?: number | undefined };

/**
 * The pace of every scope: a token bucket that holds one second's calls, a cool-down after throttling, and a bound on
 * calls under way. In memory only: a cold start may repeat one second's burst, and learns a cool-down by one call.
 */
export function makePace(settings: PaceSettings, random: Random) {
  const { callsPerSecond, inFlightMax } = settings;
  const scopes = makeScopes();
  /** Between two calls of one scope, in one worker's part of the pace. */
  const rateOf = ({ atMostPerSecond = callsPerSecond }: Share): number => Math.min(callsPerSecond, atMostPerSecond);
  const intervalMs = (share: Share): number => (1000 * share.workers) / rateOf(share);
  const rateReason = (share: Share): string => {
    const shared = share.workers > 1 ? `, shared by ${share.workers} workers` : '';
    return `the pace of this scope is ${rateOf(share)} calls a second${shared}`;
  };

  return {
    /** Admits one call, which then must be given back by `release` or `cancel`; takes its first request. */
    acquire(scope: string, share: Share, nowMs: number): Admission {
      const state = scopes.stateOf(scope, nowMs);
      const busy = (retryMs: number, reason: string) => busyUntil(state, intervalMs(share), retryMs, reason);
      const cooling = state.coolDownMs > 0;
      if (nowMs < state.coolUntilMs) return nextSlot(state, intervalMs(share), state.coolUntilMs, nowMs, COOLING);
      if (cooling && state.probing)
        return busy(nowMs + CROWD_WAIT_MS, 'one call is finding out whether the vendor answers again');
      if (state.inFlight >= inFlightMax)
        return busy(nowMs + CROWD_WAIT_MS, 'earlier calls of this scope are still under way');
      if (nowMs < state.claimedUntilMs) return busy(state.claimedUntilMs, rateReason(share));
      if (!takeToken(state, intervalMs(share), nowMs))
        return busy(tokenMs(state, intervalMs(share)), rateReason(share));
      state.inFlight += 1;
      state.probing = cooling;
      return { kind: 'go', epoch: state.epoch };
    },

    /** Takes one more request of an admitted call, if the pace has one; if not, no new call takes the next one. */
    take(scope: string, share: Share, nowMs: number): boolean {
      const state = scopes.stateOf(scope, nowMs);
      const isTaken = takeToken(state, intervalMs(share), nowMs);
      state.claimedUntilMs = isTaken ? 0 : nowMs + CLAIM_INTERVALS * intervalMs(share);
      return isTaken;
    },
    intervalMs,

    /** Whether the scope has to be left alone now, by calls that are under way as well. */
    isCooling: (scope: string, nowMs: number): boolean => nowMs < scopes.stateOf(scope, nowMs).coolUntilMs,

    /** For what could not begin for another reason than the pace. */
    busy: (scope: string, share: Share, nowMs: number, reason: string): Busy =>
      busyUntil(scopes.stateOf(scope, nowMs), intervalMs(share), nowMs + CROWD_WAIT_MS, reason),

    /** An admitted call that was not made after all. */
    cancel(scope: string, share: Share, nowMs: number, epoch: number): void {
      const state = scopes.stateOf(scope, nowMs);
      endCall(state, epoch);
      state.fullAtMs -= intervalMs(share);
    },

    /** Every admitted call ends once, whatever came of it. */
    release(scope: string, outcome: CallOutcome, nowMs: number, epoch: number): void {
      const state = scopes.stateOf(scope, nowMs);
      endCall(state, epoch);
      noteOutcome(state, outcome, { epoch, nowMs, random });
    },

    /** Scopes that are remembered. */
    scopes: scopes.size,

    /** When the buckets of all scopes are full again: the past, if they are. */
    fullMs: scopes.fullMs,
  };
}

export type Pace = ReturnType<typeof makePace>;

/** The token bucket: takes one request from it, if there is one. */
function takeToken(state: ScopeState, intervalMs: number, nowMs: number): boolean {
  const fullAtMs = Math.max(state.fullAtMs, nowMs) + intervalMs;
  if (fullAtMs - nowMs > Math.max(BUCKET_MS, intervalMs) + ROUNDING_MS) return false;
  state.fullAtMs = fullAtMs;
  return true;
}

/** When the bucket has a request again. */
function tokenMs(state: ScopeState, intervalMs: number): number {
  return Math.ceil(state.fullAtMs + intervalMs - Math.max(BUCKET_MS, intervalMs) - ROUNDING_MS);
}

function busyUntil(state: ScopeState, intervalMs: number, retryMs: number, reason: string): Busy {
  const slot = (notBeforeMs: number, nowMs: number) => nextSlot(state, intervalMs, notBeforeMs, nowMs, reason);
  return { kind: 'busy', retryMs, intervalMs, slot };
}

/** Slots are handed out one after another, so that what was put off does not come back all at once. */
function nextSlot(state: ScopeState, intervalMs: number, notBeforeMs: number, nowMs: number, reason: string): Wait {
  state.slotMs = Math.min(Math.max(state.slotMs + intervalMs, notBeforeMs), nowMs + SLOT_WAIT_MAX_MS);
  return { kind: 'wait', untilMs: state.slotMs, reason };
}

/** A call of an earlier epoch is not the one that probes. */
function endCall(state: ScopeState, epoch: number): void {
  state.inFlight = Math.max(0, state.inFlight - 1);
  if (epoch === state.epoch) state.probing = false;
}

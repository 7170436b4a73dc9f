import type { Random } from '../base/random.ts';
import type { ScopeState } from './scopes.ts';

/** How a call went, as far as the pace of its scope is concerned. */
export type CallOutcome =
  /** `restMs`: the wait that a good answer named. */
  | { readonly kind: 'answered'; readonly restMs?: number | undefined }
  | { readonly kind: 'throttled'; readonly retryAfterMs: number | null }
  | { readonly kind: 'unreachable' }
  | { readonly kind: 'nothing' };

const COOL_DOWN_FIRST_MS = 2000;
const COOL_DOWN_LONGEST_MS = 60_000;
/** A vendor's wish is obeyed up to this; a longer one is probed in between. */
const RETRY_AFTER_MAX_MS = 15 * 60_000;
/** One request may fail for its own reasons; three in a row are the scope's. */
const UNREACHABLE_TOLERATED = 3;

/** What came of a call: when it ended, and the epoch in which it was admitted. */
interface Ended {
  readonly epoch: number;
  readonly nowMs: number;
  readonly random: Random;
}

/**
 * What the outcome of a call makes of its scope. An answer to a call that was admitted before the latest cool-down ends
 * neither that nor the wait that the vendor named.
 */
export function noteOutcome(state: ScopeState, outcome: CallOutcome, { epoch, nowMs, random }: Ended): void {
  if (epoch === state.epoch) conclude(state, outcome, nowMs, random);
  else if (wishOf(outcome) !== null) state.coolUntilMs = Math.max(state.coolUntilMs, wishedMs(outcome, nowMs));
}

function conclude(state: ScopeState, outcome: CallOutcome, nowMs: number, random: Random): void {
  if (outcome.kind === 'answered') {
    // Of calls that were under way together, each may name a wait of its own.
    const coolUntilMs = state.coolDownMs > 0 ? 0 : state.coolUntilMs;
    const restUntilMs = wishOf(outcome) === null ? 0 : wishedMs(outcome, nowMs);
    Object.assign(state, { coolDownMs: 0, coolUntilMs: Math.max(coolUntilMs, restUntilMs), unreachable: 0 });
  }
  if (outcome.kind === 'unreachable') state.unreachable += 1;
  const isGone = outcome.kind === 'unreachable' && state.unreachable >= UNREACHABLE_TOLERATED;
  if (outcome.kind === 'throttled' || isGone) coolDown(state, outcome, nowMs, random);
}

/** Calls that were under way together cool the scope down once: the others are of an earlier epoch then. */
function coolDown(state: ScopeState, outcome: CallOutcome, nowMs: number, random: Random): void {
  state.epoch += 1;
  state.coolDownMs = Math.min(Math.max(state.coolDownMs * 2, COOL_DOWN_FIRST_MS), COOL_DOWN_LONGEST_MS);
  // By chance longer, the longest by chance shorter: nobody waits for more than that after an outage.
  const jitterMs = 0.2 * random() * state.coolDownMs;
  const ownMs = state.coolDownMs + (state.coolDownMs < COOL_DOWN_LONGEST_MS ? jitterMs : -jitterMs);
  state.coolUntilMs = wishOf(outcome) !== null ? wishedMs(outcome, nowMs) : nowMs + ownMs;
}

/** The wait that the vendor names; null if it names none. */
function wishOf(outcome: CallOutcome): number | null {
  if (outcome.kind === 'throttled') return outcome.retryAfterMs;
  return outcome.kind === 'answered' ? (outcome.restMs ?? null) : null;
}

/** Until when the vendor wishes to be left alone; now if it names no wait. */
function wishedMs(outcome: CallOutcome, nowMs: number): number {
  return nowMs + Math.min(wishOf(outcome) ?? 0, RETRY_AFTER_MAX_MS);
}

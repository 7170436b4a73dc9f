import type { Failed } from './sinks/sink.ts';

/**
 * When a delivery is tried again, and when it is given up. It ends as `exhausted` after the attempt that follows the
 * last wait, when the fifth of its attempts was cut off, or after a failure that no attempt can mend. Its endpoint is
 * given up, and all that waits for it, by `disable.ts`: when it says that it is gone, or after days of failures alone.
 */

/** As shipped: 9 waits make 10 attempts within a little over three days. `RETRY_SCHEDULE_SECONDS` sets others. */
export const RETRY_WAITS_SECONDS: readonly number[] = [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400];

/** Attempts that may be cut off before their outcome is written: what always kills the worker is not tried for ever. */
export const CUT_OFF_ATTEMPTS_MAX = 5;

/**
 * How long the next attempt waits if the one that begins now is cut off: as long as a failed one would wait, so that a
 * store that is out of order for an hour ends no delivery. The first is tried again as soon as its lease is over.
 */
export function cutOffWaitMs(
  { unfinished }: { readonly unfinished: number },
  { waitsSeconds }: Pick<RetrySchedule, 'waitsSeconds'>,
): number {
  const isFirstOrLast = unfinished === 0 || unfinished + 1 >= CUT_OFF_ATTEMPTS_MAX;
  return isFirstOrLast ? 0 : (waitsSeconds[unfinished] ?? 0) * 1000;
}

/** What an attempt that has failed means for its delivery. */
export type Verdict = { readonly kind: 'retry'; readonly waitMs: number } | { readonly kind: 'exhausted' };

export interface RetrySchedule {
  /** Waits between attempts: n waits make n + 1 attempts. */
  readonly waitsSeconds: readonly number[];
  /** In [0, 1): lengthens the schedule's wait by up to a tenth. */
  readonly random: number;
  readonly nowMs: number;
}

const JITTER = 0.1;

/** SQS counts 12 h from the receive and refuses more; the rest is room for what came before the change. */
export const VISIBILITY_STEP_MAX_SECONDS = 39_600;

/**
 * Decides after attempt number `attempt` (1 is the first) has failed. What the endpoint asks for can only lengthen the
 * schedule's wait: it may ask for less load, not for more.
 */
export function afterFailure(
  { retryAfterMs, isFinal }: Pick<Failed, 'retryAfterMs' | 'isFinal'>,
  attempt: number,
  schedule: RetrySchedule,
): Verdict {
  const waitSeconds = schedule.waitsSeconds[attempt - 1];
  if (isFinal || waitSeconds === undefined) return { kind: 'exhausted' };
  const scheduledMs = Math.round(waitSeconds * 1000 * (1 + JITTER * schedule.random));
  return { kind: 'retry', waitMs: Math.max(scheduledMs, retryAfterMs ?? 0) };
}

/**
 * The visibility time-out of a message that waits: a longer wait is made in steps. Never early: seconds are rounded up.
 */
export function stepSeconds(waitMs: number): number {
  return Math.min(Math.max(Math.ceil(waitMs / 1000), 1), VISIBILITY_STEP_MAX_SECONDS);
}

const SOON_MIN_SECONDS = 5;
const SOON_SPREAD_SECONDS = 25;

/** After a fault of a store, or a record that somebody else has changed: soon, and not all at once. */
export function soonSeconds(random: number): number {
  return SOON_MIN_SECONDS + Math.round(random * SOON_SPREAD_SECONDS);
}

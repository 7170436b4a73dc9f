import { toIso, toMs } from '../base/time.ts';
import { contextOf } from '../events/context.ts';
import { type Delivery, end, noted } from './delivery.ts';
import { afterFailure, type RetrySchedule } from './retry.ts';
import type { Failed, Sent } from './sinks/sink.ts';
import type { Subscription } from './subscription.ts';

/**
 * The record after an attempt: ended, or waiting for the next. `disabled` is the subscription if it is disabled now.
 */
export function whatNext(
  claimed: Delivery,
  sent: Sent,
  disabled: Subscription | null,
  schedule: RetrySchedule,
): Delivery {
  const now = toIso(schedule.nowMs);
  const own = { ...claimed, unfinished: claimed.unfinished - 1 };
  const finished = {
    ...own,
    ...noted(own, sent.kind === 'delivered' || (sent.kind === 'failed' && sent.mayBeTaken === true)),
  };
  if (disabled !== null)
    return end(finished, 'canceled', disabled.disabled?.reason ?? 'the subscription is disabled', now);
  switch (sent.kind) {
    case 'delivered':
      return end(finished, 'delivered', null, now);
    case 'canceled':
      return end(finished, 'canceled', sent.reason, now);
    case 'throttled':
      return afterThrottle(finished, sent.retryAfterMs, schedule);
    case 'failed':
      return afterFailed(finished, sent, schedule);
    default:
      return sent satisfies never;
  }
}

function afterFailed(finished: Delivery, sent: Pick<Failed, 'retryAfterMs' | 'isFinal'>, schedule: RetrySchedule) {
  const attempts = finished.attempts - finished.earlierAttempts - finished.unfinished;
  const verdict = afterFailure(sent, attempts, schedule);
  if (verdict.kind === 'retry') return { ...finished, nextAttemptAt: toIso(schedule.nowMs + verdict.waitMs) };
  const reason = sent.isFinal ? 'retrying will not help' : `all ${attempts} attempts have failed`;
  return end(finished, 'exhausted', reason, toIso(schedule.nowMs));
}

/** For so long a delivery may be too fast again and again before that counts as failing. */
const THROTTLED_MAX_MS = 3 * 24 * 3_600_000;

/** The attempt is set apart with those of earlier rounds: the schedule does not count it. */
function afterThrottle(finished: Delivery, retryAfterMs: number, schedule: RetrySchedule): Delivery {
  if (schedule.nowMs - toMs(finished.createdAt) > THROTTLED_MAX_MS)
    return afterFailed(finished, { retryAfterMs, isFinal: false }, schedule);
  const nextAttemptAt = toIso(schedule.nowMs + retryAfterMs);
  return { ...finished, earlierAttempts: finished.earlierAttempts + 1, nextAttemptAt };
}

/** The one line that tells an attempt: ids, numbers and codes; never the URL, a body or a secret. */
export function attemptFields(next: Delivery, { detail }: Sent, messageId: string): Readonly<Record<string, unknown>> {
  const { subscription, eventId, eventType, attempts, round, state } = next;
  const { job, correlationId } = contextOf(next.eventJson);
  const endedMs = toMs(detail.at) + detail.durationMs;
  return {
    subscription,
    eventId,
    eventType,
    job,
    correlationId,
    messageId,
    round,
    attempt: attempts,
    status: detail.status,
    failure: detail.failure,
    code: detail.code,
    durationMs: detail.durationMs,
    state,
    nextWaitMs: state === 'waiting' ? toMs(next.nextAttemptAt) - endedMs : null,
  };
}

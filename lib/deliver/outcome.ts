import type { HttpFailure, HttpResponse } from '../base/http.ts';
import { toIso, toMs } from '../base/time.ts';
import { contextOf } from '../events/context.ts';
import { type Delivery, end } from './delivery.ts';
import { afterAttempt, type RetrySchedule } from './retry.ts';
import type { Posted } from './sinks/webhook.ts';
import type { Subscription } from './subscription.ts';

/**
 * The record after an attempt: ended, or waiting for the next. `disabled` is the subscription if it is disabled now.
 */
export function whatNext(
  claimed: Delivery,
  outcome: HttpResponse | HttpFailure,
  disabled: Subscription | null,
  schedule: RetrySchedule,
): Delivery {
  const now = toIso(schedule.nowMs);
  const finished = { ...claimed, unfinished: claimed.unfinished - 1 };
  if (disabled !== null)
    return end(finished, 'canceled', disabled.disabled?.reason ?? 'the subscription is disabled', now);
  const attempts = finished.attempts - finished.earlierAttempts - finished.unfinished;
  const verdict = afterAttempt(outcome, attempts, schedule);
  switch (verdict.kind) {
    case 'delivered':
      return end(finished, 'delivered', null, now);
    case 'exhausted':
      return end(finished, 'exhausted', `no attempt is left after ${attempts}`, now);
    case 'retry':
      return { ...finished, nextAttemptAt: toIso(schedule.nowMs + verdict.waitMs) };
    default:
      return verdict satisfies never;
  }
}

/** The one line that tells an attempt: ids, numbers and codes; never the URL, a body or a secret. */
export function attemptFields(next: Delivery, posted: Posted, messageId: string): Readonly<Record<string, unknown>> {
  const { subscription, eventId, eventType, attempts, round, state } = next;
  const { outcome, attempt } = posted;
  const { job, correlationId } = contextOf(next.eventJson);
  const endedMs = toMs(attempt.at) + attempt.durationMs;
  return {
    subscription,
    eventId,
    eventType,
    job,
    correlationId,
    messageId,
    round,
    attempt: attempts,
    status: attempt.status,
    failure: outcome.kind === 'failure' ? outcome.error : null,
    code: outcome.kind === 'failure' ? outcome.code : null,
    durationMs: attempt.durationMs,
    state,
    nextWaitMs: state === 'waiting' ? toMs(next.nextAttemptAt) - endedMs : null,
  };
}

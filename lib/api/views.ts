import * as v from 'valibot';
import type { Attempt, Delivery } from '../deliver/delivery.ts';
import { robotOf } from '../deliver/formats/formats.ts';
import type { Subscription } from '../deliver/subscription.ts';
import { callbackEventId } from '../job/identity.ts';
import type { Job } from '../job/job.ts';
import type * as responses from './responses.ts';

/** Records as callers see them. Fields are named one by one: what a store adds for itself does not leak. */

type Plain<Schema extends v.GenericSchema> = DeepReadonly<v.InferOutput<Schema>>;
type DeepReadonly<T> = T extends object ? { readonly [K in keyof T]: DeepReadonly<T[K]> } : T;

export function jobView(job: Job): Plain<typeof responses.job> {
  return {
    id: job.id,
    api: job.api,
    account: job.account,
    region: job.region,
    projectId: job.projectId,
    jobId: job.jobId,
    phase: job.phase,
    vendorStatus: job.vendorStatus,
    owner: job.owner,
    version: job.version,
    seq: job.seq,
    notifiedSeq: job.notifiedSeq,
    polls: job.polls,
    createdAt: job.createdAt,
    openedAt: job.openedAt,
    submittedAt: job.submittedAt,
    deadlineAt: job.deadlineAt,
    notFoundGraceSeconds: job.notFoundGraceSeconds,
    lastPolledAt: job.lastPolledAt,
    lastRunningAt: job.lastRunningAt ?? null,
    nextPollAt: job.nextPollAt,
    checkBy: job.checkBy,
    expectedEndAt: job.expectedEndAt ?? null,
    overdueAt: job.overdueAt ?? null,
    waiting: job.waiting,
    misses: job.misses === null ? null : { count: job.misses.count, firstAt: job.misses.firstAt },
    endedAt: job.endedAt,
    expiresAt: job.expiresAt,
    labels: job.labels,
    group: job.group === null ? null : { id: job.group.id, size: job.group.size },
    correlationId: job.correlationId,
    traceparent: job.traceparent,
    callbacks: (job.callbacks ?? []).map(({ kind, hash, heartbeat }) => ({
      kind,
      hash,
      heartbeat,
      eventId: callbackEventId(job.id, hash),
    })),
    detail: job.detail,
    droppedTransitions: job.droppedTransitions,
    history: job.history.map((entry) => ({ ...entry, expectedEndAt: entry.expectedEndAt ?? null })),
  };
}

export function subscriptionView(subscription: Subscription): Plain<typeof responses.subscription> {
  const { id, kind, format, url, types, filter, description, createdAt } = subscription;
  const { state, disabled, openUntil, failingSince, headerNames = [] } = subscription;
  const language = robotOf(format) === null ? null : (subscription.language ?? 'en');
  const endpoint = { kind, format, url, language, headers: headerNames };
  return { id, ...endpoint, types, filter, description, createdAt, state, disabled, openUntil, failingSince };
}

/** Without the event: it has 20 kB and is the same for every subscription. */
export function deliveryView(delivery: Delivery): Plain<typeof responses.redelivered> {
  return {
    subscription: delivery.subscription,
    eventId: delivery.eventId,
    eventType: delivery.eventType,
    job: jobIn(delivery),
    state: delivery.state,
    reason: delivery.reason,
    round: delivery.round,
    attemptCount: delivery.attempts,
    createdAt: delivery.createdAt,
    nextAttemptAt: delivery.state === 'waiting' ? delivery.nextAttemptAt : null,
    endedAt: delivery.endedAt,
  };
}

const JOB_EVENT = 'jobwatch.job.';

/** The job that a delivery is about; null: none, or the event can't be read. */
export function jobIn({ eventType, eventJson }: Pick<Delivery, 'eventType' | 'eventJson'>) {
  if (!eventType.startsWith(JOB_EVENT)) return null;
  const event = v.safeParse(jobEvent, parsed(eventJson));
  return event.success ? event.output.data.job : null;
}

const jobEvent = v.object({
  data: v.object({
    job: v.object({
      id: v.string(),
      api: v.string(),
      jobId: v.string(),
      operation: v.nullable(v.string()),
      labels: v.record(v.string(), v.string()),
    }),
  }),
});

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    // What is stored is ours; should it ever be cut off, the delivery is shown without its job.
    return null;
  }
}

export function attemptView(attempt: Attempt): Attempt {
  const { number, at, status, durationMs, error, answer } = attempt;
  return { number, at, status, durationMs, error, answer };
}

import * as v from 'valibot';

/**
 * What the console reads of the API's answers. Fields that it doesn't know pass through to the raw record: the API may
 * be newer.
 */

const textOrNull = v.nullable(v.string());
const labels = v.record(v.string(), v.string());
const error = v.nullable(v.looseObject({ code: textOrNull, message: textOrNull }));

const subJob = v.looseObject({
  jobId: textOrNull,
  operation: textOrNull,
  status: textOrNull,
  resourceId: textOrNull,
  beganAt: textOrNull,
  endedAt: textOrNull,
  error,
});
export type SubJob = v.InferOutput<typeof subJob>;

const transition = v.looseObject({
  seq: v.number(),
  at: v.string(),
  kind: v.string(),
  phase: v.string(),
  previousPhase: v.string(),
  vendorStatus: textOrNull,
  error,
});
export type Transition = v.InferOutput<typeof transition>;

export const job = v.looseObject({
  id: v.string(),
  api: v.string(),
  account: v.string(),
  region: v.string(),
  projectId: textOrNull,
  jobId: v.string(),
  phase: v.string(),
  vendorStatus: textOrNull,
  seq: v.number(),
  notifiedSeq: v.number(),
  polls: v.number(),
  createdAt: v.string(),
  submittedAt: v.string(),
  deadlineAt: v.string(),
  lastPolledAt: textOrNull,
  nextPollAt: v.string(),
  waiting: v.nullable(v.looseObject({ reason: v.string(), until: v.string() })),
  endedAt: textOrNull,
  expectedEndAt: v.optional(textOrNull),
  labels,
  correlationId: textOrNull,
  detail: v.looseObject({
    operation: textOrNull,
    resourceId: textOrNull,
    resourceType: textOrNull,
    beganAt: textOrNull,
    endedAt: textOrNull,
    error,
    subJobs: v.array(subJob),
    requestId: textOrNull,
  }),
  droppedTransitions: v.number(),
  history: v.array(transition),
});
export type Job = v.InferOutput<typeof job>;

const nextCursor = v.optional(v.string());
export const jobs = v.looseObject({ jobs: v.array(job), nextCursor });

export const submitted = v.looseObject({
  accepted: v.array(v.looseObject({ id: v.string() })),
  rejected: v.array(v.looseObject({ index: v.number(), reason: v.string(), retryable: v.boolean() })),
});

export const subscription = v.looseObject({
  id: v.string(),
  url: v.string(),
  types: v.array(v.string()),
  filter: v.looseObject({
    api: v.optional(v.string()),
    account: v.optional(v.string()),
    labels: v.optional(labels),
  }),
  description: v.string(),
  createdAt: v.string(),
  state: v.string(),
  disabled: v.nullable(v.looseObject({ at: v.string(), by: v.string(), reason: v.string() })),
  openUntil: textOrNull,
  failingSince: textOrNull,
});
export type Subscription = v.InferOutput<typeof subscription>;
export const subscriptions = v.looseObject({ subscriptions: v.array(subscription) });
export const rotated = v.looseObject({ secret: v.string(), previousValidUntil: v.string() });

const attemptFields = {
  at: v.string(),
  status: v.nullable(v.number()),
  durationMs: v.number(),
  error: textOrNull,
  answer: v.string(),
};
export const tested = v.looseObject({ eventId: v.string(), ...attemptFields });
export type Tested = v.InferOutput<typeof tested>;
const attempt = v.looseObject({ number: v.number(), ...attemptFields });
export type Attempt = v.InferOutput<typeof attempt>;

const deliveryFields = {
  subscription: v.string(),
  eventId: v.string(),
  eventType: v.string(),
  state: v.string(),
  reason: textOrNull,
  attemptCount: v.number(),
  createdAt: v.string(),
  nextAttemptAt: textOrNull,
  endedAt: textOrNull,
};
const delivery = v.looseObject({ ...deliveryFields, attempts: v.array(attempt) });
export type Delivery = v.InferOutput<typeof delivery>;
export const deliveries = v.looseObject({ deliveries: v.array(delivery), nextCursor });
export const deliveryWithRequest = v.looseObject({
  ...delivery.entries,
  request: v.looseObject({ url: v.string(), headers: v.record(v.string(), v.string()), body: v.string() }),
});
const jobDelivery = v.looseObject({ seq: v.number(), ...deliveryFields });
export type JobDelivery = v.InferOutput<typeof jobDelivery>;
export const jobDeliveries = v.looseObject({ deliveries: v.array(jobDelivery) });
export const redelivered = v.looseObject({ eventId: v.string(), state: v.string() });
export const redeliveredMany = v.looseObject({ redelivered: v.number(), failed: v.number(), nextCursor });

const duration = v.looseObject({
  api: v.string(),
  operation: textOrNull,
  count: v.number(),
  p50Seconds: v.number(),
  p90Seconds: v.number(),
  p99Seconds: v.optional(v.number()),
  histogram: v.optional(v.array(v.looseObject({ fromSeconds: v.number(), toSeconds: v.number(), share: v.number() }))),
});
export type Duration = v.InferOutput<typeof duration>;
export const durations = v.looseObject({ durations: v.array(duration) });

const depth = v.looseObject({ visible: v.number(), inFlight: v.number(), delayed: v.number() });
export const health = v.looseObject({
  status: v.string(),
  lastTickAt: textOrNull,
  oldestDueAt: textOrNull,
  queues: v.nullable(v.record(v.string(), depth)),
  deniedAccounts: v.nullable(v.array(v.looseObject({ account: v.string(), since: v.string() }))),
});
export type Health = v.InferOutput<typeof health>;

export const problem = v.looseObject({
  detail: v.string(),
  errors: v.optional(v.array(v.looseObject({ field: v.string(), problem: v.string() }))),
});

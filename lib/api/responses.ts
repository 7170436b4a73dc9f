import * as v from 'valibot';
import { DELIVERY_STATES } from '../deliver/delivery.ts';
import { LANGUAGES } from '../deliver/formats/words.ts';
import { FORMATS, KINDS } from '../deliver/subscription.ts';
import { subJob, vendorError } from '../events/schema.ts';
import { CALLBACK_KINDS } from '../job/callbacks.ts';
import { GROUP_OUTCOMES } from '../job/group/group.ts';
import { PHASES } from '../job/phase.ts';
import { RANGES, type Range } from './history/buckets.ts';

/**
 * What callers get, for the OpenAPI document; the tests hold the responses against it. Optional fields may appear, the
 * others always do.
 */

const text = v.string();
const textOrNull = v.nullable(v.string());
const time = v.pipe(v.string(), v.metadata({ format: 'date-time' }));
const timeOrNull = v.nullable(time);
const whole = v.pipe(v.number(), v.integer());
const phase = v.picklist(PHASES);
const error = vendorError;
const labels = v.record(v.string(), v.string());

export const transition = v.strictObject({
  seq: whole,
  at: time,
  kind: v.picklist(['changed', 'unknown_status', 'overdue']),
  phase,
  previousPhase: phase,
  vendorStatus: textOrNull,
  operation: textOrNull,
  resourceId: textOrNull,
  error,
  subJobs: v.array(subJob),
  submittedAt: time,
  vendorBeganAt: timeOrNull,
  vendorEndedAt: timeOrNull,
  polls: whole,
  expectedEndAt: timeOrNull,
  /** The name of the token whose holder asked for it. */
  by: v.optional(text),
});

const detail = v.strictObject({
  operation: textOrNull,
  resourceId: textOrNull,
  resourceType: textOrNull,
  beganAt: timeOrNull,
  endedAt: timeOrNull,
  error,
  subJobs: v.array(subJob),
  requestId: textOrNull,
});

/** `eventId`: the delivery that closes it, among those of `callbacks`. */
const callback = v.strictObject({
  kind: v.picklist(CALLBACK_KINDS),
  hash: text,
  heartbeat: v.boolean(),
  eventId: text,
});

/** Why a job is not polled, and until when; `denied`: every call is denied until somebody fixes the account. */
const waiting = v.nullable(v.strictObject({ reason: text, until: time, denied: v.optional(v.boolean()) }));

export const job = v.strictObject({
  id: text,
  api: text,
  account: text,
  region: text,
  projectId: textOrNull,
  jobId: text,
  phase,
  vendorStatus: textOrNull,
  owner: textOrNull,
  version: whole,
  seq: whole,
  notifiedSeq: whole,
  polls: whole,
  createdAt: time,
  openedAt: time,
  submittedAt: time,
  deadlineAt: time,
  notFoundGraceSeconds: whole,
  lastPolledAt: timeOrNull,
  lastRunningAt: timeOrNull,
  nextPollAt: time,
  checkBy: time,
  expectedEndAt: timeOrNull,
  overdueAt: timeOrNull,
  waiting,
  misses: v.nullable(v.strictObject({ count: whole, firstAt: time })),
  endedAt: timeOrNull,
  expiresAt: v.nullable(whole),
  labels,
  group: v.nullable(v.strictObject({ id: text, size: whole })),
  correlationId: textOrNull,
  traceparent: textOrNull,
  callbacks: v.array(callback),
  detail,
  droppedTransitions: whole,
  history: v.array(transition),
});

export const submitted = v.strictObject({
  accepted: v.array(v.strictObject({ id: text })),
  rejected: v.array(v.strictObject({ index: whole, reason: text, retryable: v.boolean() })),
});

const nextCursor = v.optional(text);

const groupHeadFields = {
  id: text,
  size: whole,
  /** Jobs that have a place in it. */
  joined: whole,
  createdAt: time,
  outcome: v.nullable(v.picklist(GROUP_OUTCOMES)),
  failingAt: timeOrNull,
  endedAt: timeOrNull,
  /** By when it ends as incomplete, as far as is known: members may have a later deadline. */
  deadlineAt: timeOrNull,
};
export const groupHead = v.strictObject(groupHeadFields);
export const groups = v.strictObject({ groups: v.array(groupHead), nextCursor });

export const groupMember = v.strictObject({
  id: text,
  api: text,
  account: text,
  region: textOrNull,
  projectId: textOrNull,
  jobId: text,
  phase,
  vendorStatus: textOrNull,
  operation: textOrNull,
  submittedAt: time,
  endedAt: timeOrNull,
  expectedEndAt: timeOrNull,
  waiting,
  error,
});
const badEnd = v.strictObject({ id: text, api: text, jobId: text, phase, error, endedAt: time });
export const group = v.strictObject({
  ...groupHeadFields,
  labels,
  submittedAt: timeOrNull,
  /** Of the member that is expected to end last. */
  expectedEndAt: timeOrNull,
  phases: v.record(text, whole),
  badEnds: v.array(badEnd),
  members: v.array(groupMember),
});

export const jobs = v.strictObject({ jobs: v.array(job), nextCursor });

const filter = v.strictObject({ api: v.optional(text), account: v.optional(text), labels: v.optional(labels) });
const subscriptionFields = {
  id: text,
  kind: v.picklist(KINDS),
  format: v.picklist(FORMATS),
  /** Of a robot masked: its origin, `…` and its last four characters. */
  url: text,
  /** Of a robot; null: it is told in no language. */
  language: v.nullable(v.picklist(LANGUAGES)),
  /** The names of its own headers. */
  headers: v.array(text),
  types: v.array(text),
  filter,
  description: text,
  createdAt: time,
  state: v.picklist(['active', 'disabled']),
  /** `token`: the name of that which disabled it. */
  disabled: v.nullable(
    v.strictObject({ at: time, by: v.picklist(['api', 'jobwatch']), reason: text, token: v.optional(text) }),
  ),
  openUntil: timeOrNull,
  failingSince: timeOrNull,
};

export const subscription = v.strictObject(subscriptionFields);
export const newSubscription = v.strictObject({ ...subscriptionFields, secret: v.optional(text) });
export const subscriptions = v.strictObject({ subscriptions: v.array(subscription) });
export const rotated = v.strictObject({ secret: text, previousValidUntil: time });

const attemptFields = { at: time, status: v.nullable(whole), durationMs: v.number(), error: textOrNull, answer: text };

export const tested = v.strictObject({ eventId: text, ...attemptFields });

const deliveryFields = {
  subscription: text,
  eventId: text,
  eventType: text,
  /** What the event is about; null: it is not about a job. */
  job: v.nullable(v.strictObject({ id: text, api: text, jobId: text, operation: textOrNull, labels })),
  state: v.picklist(DELIVERY_STATES),
  reason: textOrNull,
  round: whole,
  attemptCount: whole,
  createdAt: time,
  nextAttemptAt: timeOrNull,
  endedAt: timeOrNull,
};

export const delivery = v.strictObject({
  ...deliveryFields,
  attempts: v.array(v.strictObject({ number: whole, ...attemptFields })),
});
export const deliveries = v.strictObject({ deliveries: v.array(delivery), nextCursor });
export const deliveryWithRequest = v.strictObject({
  ...deliveryFields,
  attempts: v.array(v.strictObject({ number: whole, ...attemptFields })),
  request: v.strictObject({ url: text, headers: v.record(v.string(), v.string()), body: text }),
});
export const jobDeliveries = v.strictObject({ deliveries: v.array(v.strictObject({ seq: whole, ...deliveryFields })) });
export const redelivered = v.strictObject(deliveryFields);
export const redeliveredMany = v.strictObject({ redelivered: whole, failed: whole, nextCursor });

export const durations = v.strictObject({
  durations: v.array(
    v.strictObject({
      api: text,
      operation: textOrNull,
      count: whole,
      p50Seconds: v.number(),
      p90Seconds: v.number(),
      p99Seconds: v.number(),
      histogram: v.array(v.strictObject({ fromSeconds: v.number(), toSeconds: v.number(), share: v.number() })),
    }),
  ),
});

/** `isWhole` is false where there may be more: a limit was reached, or a record could not be read. */
const counted = v.strictObject({
  counts: v.array(v.strictObject({ api: text, phase, count: whole })),
  isWhole: v.boolean(),
});

const denial = v.strictObject({
  what: v.picklist(['account', 'key', 'scope']),
  /** `api/account/region`, and the project where there is one; null: not of a scope. */
  scope: textOrNull,
  since: time,
  reason: text,
  /** No call is made before; null: looked at again each minute, as long as a job waits. */
  nextTryAt: timeOrNull,
});

const deniedAccount = v.strictObject({
  account: text,
  since: time,
  /** Open jobs that wait for it; as far as `open.isWhole` tells, all. */
  jobsWaiting: whole,
  /** The longest first, 10 at most. */
  denials: v.array(denial),
  denialsTotal: whole,
});

export const overview = v.strictObject({
  at: time,
  since: time,
  open: counted,
  recent: counted,
  endedBadly: v.array(job),
  /** Those that have been denied longest, 100 at most; null: they could not be read. */
  deniedAccounts: v.nullable(v.array(deniedAccount)),
  deniedAccountsTotal: v.nullable(whole),
});

const delay = v.nullable(v.strictObject({ count: whole, p50Seconds: v.number(), p95Seconds: v.number() }));
const figures = {
  /** Jobs by the phase that they ended in. */
  ends: v.record(v.string(), whole),
  /** Of the jobs that ended, over all their life. */
  polls: whole,
  /** From the vendor's own end, or the submission if that was later, to the poll that saw it. */
  detectionDelay: delay,
  /** Deliveries by the state that they have now. */
  deliveries: v.record(v.string(), whole),
  /** From when it was made to the answer that took it. */
  deliveryDelay: delay,
};
/** `since`: all that were created since then are counted, but for `unread` records, which the next response reads. */
const reach = v.strictObject({ isWhole: v.boolean(), since: time, unread: whole });

export const history = v.strictObject({
  range: v.picklist(Object.keys(RANGES) as Range[]),
  since: time,
  bucketSeconds: whole,
  jobs: reach,
  deliveries: reach,
  buckets: v.array(v.strictObject({ from: time, to: time, ...figures })),
  total: v.strictObject(figures),
});

const depth = v.strictObject({ visible: whole, inFlight: whole, delayed: whole });

export const rejected = v.strictObject({
  /** The newest of those that were found, 50 at most. `receives`: from the rejected queue, this time included. */
  messages: v.array(v.strictObject({ id: text, rejectedAt: time, reason: textOrNull, receives: whole })),
  /** As SQS counts: about right. */
  total: whole,
  /** No message was left out, as far as `total` tells. */
  isWhole: v.boolean(),
});

export const health = v.strictObject({
  status: v.picklist(['ok', 'late', 'unknown']),
  lastTickAt: timeOrNull,
  oldestDueAt: timeOrNull,
  queues: v.nullable(v.record(v.string(), depth)),
  /** Those that have been denied longest, 100 at most. */
  deniedAccounts: v.nullable(v.array(v.strictObject({ account: text, since: time }))),
  deniedAccountsTotal: v.nullable(whole),
  /** Stored items that were met lately and could not be understood. */
  unreadableItems: v.nullable(whole),
  unread: v.array(text),
});

export const problem = v.looseObject({
  type: text,
  title: text,
  status: whole,
  detail: text,
  errors: v.array(v.strictObject({ field: text, problem: text })),
});

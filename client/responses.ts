import * as v from 'valibot';
import * as api from '../lib/api/responses.ts';
import { fields } from './lenient.ts';

/**
 * What the command line and the console read of the API's responses. A field that they do not read passes through, to
 * `--json` and to the raw record. One that older versions of jobwatch do not send is optional here.
 */

const apiTransition = api.job.entries.history.item;
const transition = v.looseObject({
  ...fields(apiTransition, ['seq', 'at', 'kind', 'phase', 'previousPhase', 'vendorStatus', 'error']),
  polls: v.optional(fields(apiTransition, ['polls']).polls),
  by: fields(apiTransition, ['by']).by,
});
export type Transition = v.InferOutput<typeof transition>;

const apiDetail = api.job.entries.detail;
const subJob = v.looseObject(
  fields(apiDetail.entries.subJobs.item, ['jobId', 'operation', 'status', 'resourceId', 'beganAt', 'endedAt', 'error']),
);
export type SubJob = v.InferOutput<typeof subJob>;

export const job = v.looseObject({
  ...fields(api.job, [
    'id',
    'api',
    'account',
    'region',
    'projectId',
    'jobId',
    'phase',
    'vendorStatus',
    'seq',
    'notifiedSeq',
    'polls',
    'createdAt',
    'submittedAt',
    'deadlineAt',
    'lastPolledAt',
    'nextPollAt',
    'waiting',
    'endedAt',
    'labels',
    'correlationId',
    'droppedTransitions',
  ]),
  /** An older jobwatch does not tell: its records are a minute behind at most. */
  checkBy: v.optional(fields(api.job, ['checkBy']).checkBy),
  expectedEndAt: v.optional(fields(api.job, ['expectedEndAt']).expectedEndAt),
  group: v.optional(fields(api.job, ['group']).group),
  detail: v.looseObject({
    ...fields(apiDetail, ['operation', 'resourceId', 'resourceType', 'beganAt', 'endedAt', 'error', 'requestId']),
    subJobs: v.array(subJob),
  }),
  history: v.array(transition),
  callbacks: v.optional(fields(api.job, ['callbacks']).callbacks),
});
export type Job = v.InferOutput<typeof job>;

const nextPage = fields(api.jobs, ['nextCursor']);

const groupMember = v.looseObject({
  ...fields(api.groupMember, [
    'id',
    'api',
    'account',
    'region',
    'jobId',
    'phase',
    'vendorStatus',
    'operation',
    'submittedAt',
    'endedAt',
    'expectedEndAt',
    'error',
  ]),
  waiting: v.optional(fields(api.groupMember, ['waiting']).waiting),
});
export type GroupMember = v.InferOutput<typeof groupMember>;
export const group = v.looseObject({
  ...fields(api.group, [
    'id',
    'size',
    'joined',
    'createdAt',
    'outcome',
    'failingAt',
    'endedAt',
    'deadlineAt',
    'labels',
    'submittedAt',
    'expectedEndAt',
    'phases',
  ]),
  members: v.array(groupMember),
});
export type Group = v.InferOutput<typeof group>;
const groupHead = v.looseObject(
  fields(api.groupHead, ['id', 'size', 'joined', 'createdAt', 'outcome', 'failingAt', 'endedAt']),
);
export const groups = v.looseObject({ groups: v.array(groupHead), ...nextPage });
export const jobs = v.looseObject({ jobs: v.array(job), ...nextPage });

export const submitted = v.looseObject(fields(api.submitted, ['accepted', 'rejected']));

const newerSubscription = fields(api.subscription, ['kind', 'format', 'language', 'headers']);
export const subscription = v.looseObject({
  ...fields(api.subscription, [
    'id',
    'url',
    'types',
    'filter',
    'description',
    'createdAt',
    'state',
    'disabled',
    'openUntil',
    'failingSince',
  ]),
  kind: v.optional(newerSubscription.kind),
  format: v.optional(newerSubscription.format),
  language: v.optional(newerSubscription.language),
  /** Their names. */
  headers: v.optional(newerSubscription.headers),
  /** With a new one only, and the first time that it is sent; a robot has none. */
  secret: v.optional(fields(api.newSubscription, ['secret']).secret),
});
export type Subscription = v.InferOutput<typeof subscription>;
export const subscriptions = v.looseObject({ subscriptions: v.array(subscription) });
export const rotated = v.looseObject(fields(api.rotated, ['secret', 'previousValidUntil']));
export const tested = v.looseObject(fields(api.tested, ['eventId', 'at', 'status', 'durationMs', 'error', 'answer']));
export type Tested = v.InferOutput<typeof tested>;

const attempt = v.looseObject(
  fields(api.delivery.entries.attempts.item, ['number', 'at', 'status', 'durationMs', 'error', 'answer']),
);
export type Attempt = v.InferOutput<typeof attempt>;

const aboutJob = fields(api.redelivered, ['job']).job;
const deliveryFields = fields(api.redelivered, [
  'subscription',
  'eventId',
  'eventType',
  'state',
  'reason',
  'attemptCount',
  'createdAt',
  'nextAttemptAt',
  'endedAt',
]);
const delivery = v.looseObject({ ...deliveryFields, job: v.optional(aboutJob), attempts: v.array(attempt) });
export type Delivery = v.InferOutput<typeof delivery>;
export const deliveries = v.looseObject({ deliveries: v.array(delivery), ...nextPage });
export const deliveryWithRequest = v.looseObject({
  ...delivery.entries,
  ...fields(api.deliveryWithRequest, ['request']),
});

const jobDelivery = v.looseObject({
  ...fields(api.jobDeliveries.entries.deliveries.item, ['seq']),
  ...deliveryFields,
});
export type JobDelivery = v.InferOutput<typeof jobDelivery>;
export const jobDeliveries = v.looseObject({ deliveries: v.array(jobDelivery) });

export const redelivered = v.looseObject(fields(api.redelivered, ['eventId', 'state']));
export const redeliveredMany = v.looseObject({
  ...fields(api.redeliveredMany, ['redelivered', 'failed']),
  ...nextPage,
});

const apiDuration = api.durations.entries.durations.item;
const newerDuration = fields(apiDuration, ['p99Seconds', 'histogram']);
const duration = v.looseObject({
  ...fields(apiDuration, ['api', 'operation', 'count', 'p50Seconds', 'p90Seconds']),
  p99Seconds: v.optional(newerDuration.p99Seconds),
  histogram: v.optional(newerDuration.histogram),
});
export type Duration = v.InferOutput<typeof duration>;
export const durations = v.looseObject({ durations: v.array(duration) });

const counts = fields(api.health, ['deniedAccountsTotal', 'unreadableItems']);
export const health = v.looseObject({
  ...fields(api.health, ['status', 'lastTickAt', 'oldestDueAt', 'queues', 'deniedAccounts']),
  unread: v.optional(fields(api.health, ['unread']).unread, []),
  deniedAccountsTotal: v.optional(counts.deniedAccountsTotal),
  unreadableItems: v.optional(counts.unreadableItems),
});
export type Health = v.InferOutput<typeof health>;

export const rejected = v.looseObject({
  messages: v.array(
    v.looseObject(fields(api.rejected.entries.messages.item, ['id', 'rejectedAt', 'reason', 'receives'])),
  ),
  ...fields(api.rejected, ['total', 'isWhole']),
});
export type Rejected = v.InferOutput<typeof rejected>;

export const overview = v.looseObject({
  ...fields(api.overview, ['at', 'since', 'open', 'recent']),
  endedBadly: v.array(job),
  deniedAccounts: v.optional(fields(api.overview, ['deniedAccounts']).deniedAccounts),
  deniedAccountsTotal: v.optional(fields(api.overview, ['deniedAccountsTotal']).deniedAccountsTotal),
});
export type DeniedAccount = NonNullable<v.InferOutput<typeof overview>['deniedAccounts']>[number];
export type Overview = v.InferOutput<typeof overview>;

export const history = v.looseObject(
  fields(api.history, ['range', 'since', 'bucketSeconds', 'jobs', 'deliveries', 'buckets', 'total']),
);
export type History = v.InferOutput<typeof history>;

export const problem = v.looseObject({
  ...fields(api.problem, ['detail']),
  /** With a fault of jobwatch: its log names it so. */
  requestId: v.optional(v.string()),
  errors: v.optional(fields(api.problem, ['errors']).errors),
});

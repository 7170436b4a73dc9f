import * as v from 'valibot';
import { CALLBACK_KINDS, type Callback } from './callbacks.ts';
import type { GroupRef } from './group/group.ts';
import { type Job, type Misses, TRANSITION_KINDS, type Transition, type Waiting } from './job.ts';
import type { Detail, Resource, SubJob, VendorError } from './observation.ts';
import { PHASES } from './phase.ts';

/**
 * The fields of a type, each with a schema: one that is left out, one too many or one that takes less than the type
 * says is an error of the compiler. Absent is null: indexes take no null, and an older build has not written what is
 * new.
 */
type Fields<Type> = {
  readonly [Name in keyof Type]-?: null extends Type[Name]
    ? v.NullishSchema<v.GenericSchema<unknown, NonNullable<Type[Name]>>, null>
    : v.GenericSchema<unknown, Type[Name]>;
};

const text = v.string();
const number = v.number();
const textOrNull = v.nullish(text, null);
const numberOrNull = v.nullish(number, null);
const phase = v.picklist(PHASES);

const vendorError = v.nullish(
  v.looseObject({ code: textOrNull, message: textOrNull } satisfies Fields<VendorError>),
  null,
);

const resource = { id: text, type: textOrNull } satisfies Fields<Resource>;

const subJobs = v.array(
  v.looseObject({
    jobId: textOrNull,
    operation: textOrNull,
    status: textOrNull,
    resourceId: textOrNull,
    beganAt: textOrNull,
    endedAt: textOrNull,
    error: vendorError,
    entities: v.array(v.looseObject(resource)),
  } satisfies Fields<SubJob>),
);

const detail = {
  operation: textOrNull,
  resourceId: textOrNull,
  resourceType: textOrNull,
  beganAt: textOrNull,
  endedAt: textOrNull,
  error: vendorError,
  subJobs,
  requestId: textOrNull,
} satisfies Fields<Detail>;

const transition = {
  seq: number,
  at: text,
  kind: v.picklist(TRANSITION_KINDS),
  phase,
  previousPhase: phase,
  vendorStatus: textOrNull,
  operation: textOrNull,
  resourceId: textOrNull,
  error: vendorError,
  subJobs,
  submittedAt: text,
  vendorBeganAt: textOrNull,
  vendorEndedAt: textOrNull,
  polls: number,
  expectedEndAt: textOrNull,
  by: v.optional(text),
} satisfies Fields<Transition>;

const waiting = { reason: text, until: text, denied: v.optional(v.boolean()) } satisfies Fields<Waiting>;
const group = { id: text, size: number } satisfies Fields<GroupRef>;
const misses = { count: number, firstAt: text, believedAfterMs: v.optional(number) } satisfies Fields<Misses>;

const callback = {
  kind: v.picklist(CALLBACK_KINDS),
  hash: text,
  heartbeat: v.boolean(),
  afterSeq: number,
} satisfies Fields<Callback>;

const job = {
  id: text,
  api: text,
  account: text,
  region: text,
  projectId: textOrNull,
  jobId: text,
  owner: textOrNull,
  phase,
  vendorStatus: textOrNull,
  version: number,
  seq: number,
  notifiedSeq: number,
  history: v.array(v.looseObject(transition)),
  droppedTransitions: number,
  polls: number,
  createdAt: text,
  openedAt: text,
  submittedAt: text,
  deadlineAt: text,
  notFoundGraceSeconds: number,
  lastPolledAt: textOrNull,
  lastRunningAt: textOrNull,
  expectedEndAt: textOrNull,
  overdueAt: textOrNull,
  nextPollAt: text,
  checkBy: text,
  waiting: v.nullish(v.looseObject(waiting), null),
  misses: v.nullish(v.looseObject(misses), null),
  unknownWords: v.array(text),
  rolledBack: v.boolean(),
  failSeenAt: textOrNull,
  detail: v.looseObject(detail),
  labels: v.record(text, text),
  group: v.nullish(v.looseObject(group), null),
  correlationId: textOrNull,
  traceparent: textOrNull,
  callbacks: v.optional(v.array(v.looseObject(callback))),
  endedAt: textOrNull,
  savedAt: text,
  expiresAt: numberOrNull,
} satisfies Fields<Job>;

/**
 * A job as it was stored. Fields that this build does not know stay as they are and are written back with the rest: a
 * newer build may work on the same table.
 */
export const jobRecord = v.looseObject(job);

import * as v from 'valibot';
import { isTerminal, PHASES } from '../lib/job/phase.ts';
import { CliError, EXIT } from './exit.ts';

/**
 * What the command line reads of the API's answers. Fields that it doesn't know pass through to `--json`: the API may
 * be newer.
 */

const textOrNull = v.nullable(v.string());
const error = v.nullable(v.looseObject({ code: textOrNull, message: textOrNull }));

const transition = v.looseObject({
  seq: v.number(),
  at: v.string(),
  kind: v.string(),
  phase: v.string(),
  vendorStatus: textOrNull,
  error,
});

export const job = v.looseObject({
  id: v.string(),
  api: v.string(),
  account: v.string(),
  region: v.string(),
  projectId: textOrNull,
  jobId: v.string(),
  phase: v.string(),
  vendorStatus: textOrNull,
  polls: v.number(),
  createdAt: v.string(),
  submittedAt: v.string(),
  deadlineAt: v.string(),
  lastPolledAt: textOrNull,
  nextPollAt: v.string(),
  /** Absent where jobwatch is older than this field. */
  expectedEndAt: v.optional(textOrNull),
  waiting: v.nullable(v.looseObject({ reason: v.string(), until: v.string() })),
  endedAt: textOrNull,
  labels: v.record(v.string(), v.string()),
  detail: v.looseObject({ operation: textOrNull, resourceId: textOrNull, error }),
  droppedTransitions: v.number(),
  history: v.array(transition),
});
export type Job = v.InferOutput<typeof job>;

export const jobs = v.looseObject({ jobs: v.array(job), nextCursor: v.optional(v.string()) });

export const submitted = v.looseObject({
  accepted: v.array(v.looseObject({ id: v.string() })),
  rejected: v.array(v.looseObject({ index: v.number(), reason: v.string(), retryable: v.boolean() })),
});

export const subscription = v.looseObject({
  id: v.string(),
  url: v.string(),
  types: v.array(v.string()),
  filter: v.looseObject({}),
  state: v.string(),
  disabled: v.nullable(v.looseObject({ reason: v.string() })),
  failingSince: textOrNull,
  secret: v.optional(v.string()),
});
export const subscriptions = v.looseObject({ subscriptions: v.array(subscription) });
export const rotated = v.looseObject({ secret: v.string(), previousValidUntil: v.string() });
export const tested = v.looseObject({
  eventId: v.string(),
  status: v.nullable(v.number()),
  durationMs: v.number(),
  error: textOrNull,
  answer: v.string(),
});
export const deliveries = v.looseObject({
  deliveries: v.array(
    v.looseObject({
      eventId: v.string(),
      eventType: v.string(),
      state: v.string(),
      reason: textOrNull,
      attemptCount: v.number(),
      createdAt: v.string(),
      nextAttemptAt: textOrNull,
      attempts: v.array(v.looseObject({ status: v.nullable(v.number()), error: textOrNull })),
    }),
  ),
  nextCursor: v.optional(v.string()),
});
export const redelivered = v.looseObject({ eventId: v.string(), state: v.string() });
export const redeliveredMany = v.looseObject({
  redelivered: v.number(),
  failed: v.number(),
  nextCursor: v.optional(v.string()),
});

export const durations = v.looseObject({
  durations: v.array(
    v.looseObject({
      api: v.string(),
      operation: textOrNull,
      count: v.number(),
      p50Seconds: v.number(),
      p90Seconds: v.number(),
      /** Absent where jobwatch is older than this field. */
      p99Seconds: v.optional(v.number()),
    }),
  ),
});

export const health = v.looseObject({
  status: v.string(),
  lastTickAt: textOrNull,
  oldestDueAt: textOrNull,
  queues: v.nullable(v.record(v.string(), v.looseObject({ visible: v.number() }))),
  deniedAccounts: v.nullable(v.array(v.looseObject({ account: v.string(), since: v.string() }))),
  /** Absent where jobwatch is older than this field. */
  unread: v.optional(v.array(v.string()), []),
});
export type Health = v.InferOutput<typeof health>;

/** Holds an answer against its shape: something else may answer at that address. */
export function read<Schema extends v.GenericSchema>(schema: Schema, value: unknown): v.InferOutput<Schema> {
  const result = v.safeParse(schema, value);
  if (result.success) return result.output;
  const [issue] = result.issues;
  throw new CliError(
    EXIT.unreachable,
    `The answer is not what jobwatch says (${v.getDotPath(issue) ?? 'the whole'}: expected ${issue.expected ?? 'something else'}): check the URL, or bring jobwatch and its command line to one version.`,
  );
}

/** A newer jobwatch may have phases that are not known here: those are open until the record says when it ended. */
export function isOpen({ phase, endedAt }: Pick<Job, 'phase' | 'endedAt'>): boolean {
  const known = PHASES.find((one) => one === phase);
  return known === undefined ? endedAt === null : !isTerminal(known);
}

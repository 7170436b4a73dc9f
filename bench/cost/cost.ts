import type { Counts, KindCounts } from '../throughput/counts.ts';
import { PRICES } from './prices.ts';

/** What is assumed of the jobs and of the functions beside jobwatch: nothing of it was measured. */
export interface Assumptions {
  /** Polls of a job from its submission to its end, first and last among them. */
  readonly pollsPerJob: number;
  /** Of the polls that change nothing, those that write that time has passed: see saves.ts. */
  readonly savedShare: number;
  /** What one poll costs a function that makes no other: GB times seconds. */
  readonly gbSecondsPerPoll: number;
  /** State that a durable function checkpoints at a poll. */
  readonly checkpointBytes: number;
  /** How long the checkpoints of an ended execution are kept. */
  readonly retentionDays: number;
}

export const ASSUMPTIONS: Assumptions = {
  pollsPerJob: 10,
  savedShare: 0.05,
  gbSecondsPerPoll: 0.128 * 0.5,
  checkpointBytes: 500,
  retentionDays: 14,
};

/** Jobs by what decides what they cost: how often they are polled. */
export interface Profile {
  /** A kind of the bench of delay that is polled about so often when 200 jobs of it are known. */
  readonly like: string;
  readonly pollsPerJob: number;
  readonly savedShare: number;
}

export const PROFILES: readonly Profile[] = [
  { like: 'a minute, much alike', pollsPerJob: 2, savedShare: 0 },
  { like: 'half a minute', pollsPerJob: 3, savedShare: 0 },
  { like: 'minutes, of many lengths', pollsPerJob: 10, savedShare: 0.05 },
  { like: 'half an hour', pollsPerJob: 30, savedShare: 0.05 },
];

/** Dollars, by what they are paid for. */
export type Bill = Readonly<Record<string, number>>;

/**
 * Memory of `watch`, and the share of a CPU that Lambda gives it.
 * https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
 */
const WATCH_GB = 0.25;
const WATCH_CPUS = 256 / 1769;
const KB = 1024;
/**
 * A new job enters the index of open jobs and that of lists; its end leaves the first. Within the first it moves, by a
 * delete and a put, only when it is written that time has passed.
 */
const INDEX_WRITES = { create: 2, timePassed: 2, finish: 1 };

/** One poll of jobwatch, the CPU of its function included. */
export function pollBill(kind: keyof Counts['kinds'], { requests, recordBytes, cpuMs }: KindCounts): Bill {
  const sqs = sumOf(requests, 'sqs:');
  const writes = writeUnits(kind, recordBytes);
  const reads =
    Math.ceil(recordBytes / (4 * KB)) + (requests['dynamodb:GetItem'] ?? 0) + (requests['dynamodb:Scan'] ?? 0);
  return {
    SQS: sqs * PRICES.sqsRequest,
    DynamoDB: writes * PRICES.dynamoWrite + reads * PRICES.dynamoRead,
    Lambda: (cpuMs / 1000 / WATCH_CPUS) * WATCH_GB * PRICES.lambdaGbSecond,
  };
}

/** Write units of one poll of a kind. */
export function writeUnits(kind: keyof Counts['kinds'], recordBytes: number): number {
  const item = Math.ceil(recordBytes / KB);
  if (kind === 'unchanged') return 0;
  if (kind === 'saved') return item + INDEX_WRITES.timePassed;
  const savedAndTold = 2 * item;
  // A record without a history is below 1 kB. What the end teaches is written once a minute and kind, whoever ends.
  return savedAndTold + (kind === 'first' ? 1 + INDEX_WRITES.create : INDEX_WRITES.finish);
}

/** A job's polls: the first, the last, and those between. */
export function jobBill({ kinds }: Counts, { pollsPerJob, savedShare }: Assumptions): Bill {
  const between = pollsPerJob - 2;
  return add(
    pollBill('first', kinds.first),
    pollBill('ended', kinds.ended),
    times(pollBill('unchanged', kinds.unchanged), between * (1 - savedShare)),
    times(pollBill('saved', kinds.saved), between * savedShare),
  );
}

/** A Standard workflow: wait, call, choose at each poll; begin, set up, end once. */
export const TRANSITIONS_PER_POLL = 3;
export const TRANSITIONS_PER_JOB = 3;

export function stepFunctionsBill({ pollsPerJob, gbSecondsPerPoll }: Assumptions): Bill {
  const transitions = TRANSITIONS_PER_POLL * pollsPerJob + TRANSITIONS_PER_JOB;
  return { 'Step Functions': transitions * PRICES.transition, Lambda: pollsPerJob * invocation(gbSecondsPerPoll) };
}

/**
 * A durable function: its start, the wait for a condition and a poll of it are an operation each; it is invoked again
 * for each poll.
 */
export function durableBill(assumed: Assumptions): Bill {
  const { pollsPerJob, gbSecondsPerPoll, checkpointBytes, retentionDays } = assumed;
  const gb = (checkpointBytes * (pollsPerJob + 2)) / KB ** 3;
  return {
    'durable operations': (2 + pollsPerJob) * PRICES.durableOperation,
    'durable data': gb * (PRICES.durableGbWritten + PRICES.durableGbMonth * (retentionDays / 30)),
    Lambda: pollsPerJob * invocation(gbSecondsPerPoll),
  };
}

function invocation(gbSeconds: number): number {
  return PRICES.lambdaRequest + gbSeconds * PRICES.lambdaGbSecond;
}

/** Jobs a month from which the dearer idle time is worth the cheaper job; null if it never is. */
export function breakEven(idleDollars: number, ownJob: Bill, otherJob: Bill): number | null {
  const saved = total(otherJob) - total(ownJob);
  return saved > 0 ? idleDollars / saved : null;
}

export function total(bill: Bill): number {
  return Object.values(bill).reduce((sum, dollars) => sum + dollars, 0);
}

export function times(bill: Bill, factor: number): Bill {
  return Object.fromEntries(Object.entries(bill).map(([name, dollars]) => [name, dollars * factor]));
}

export function add(...bills: readonly Bill[]): Bill {
  const sums: Record<string, number> = {};
  for (const bill of bills)
    for (const [name, dollars] of Object.entries(bill)) sums[name] = (sums[name] ?? 0) + dollars;
  return sums;
}

export function sumOf(requests: Readonly<Record<string, number>>, prefix: string): number {
  const some = Object.entries(requests).filter(([kind]) => kind.startsWith(prefix));
  return some.reduce((sum, [, number]) => sum + number, 0);
}

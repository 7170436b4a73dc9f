import type { Counts } from '../throughput/counts.ts';
import type { StreamRow, StreamWay } from '../wake/streams.ts';
import { type Assumptions, add, type Bill, jobBill, times } from './cost.ts';
import { ASSUMED, lambda, logs } from './months.ts';
import { PRICES } from './prices.ts';

/** What each invocation takes that the queue has woken for one message: for a job's message itself, and for each poll. */
export interface Lone {
  readonly seconds: number;
  readonly sqs: number;
  readonly leaseReads: number;
  readonly leaseWrites: number;
}

/** Of the stream whose jobs are the farthest apart: each is alone. */
export function loneOf(streams: readonly StreamRow[]): Lone {
  const row = streams.toSorted((a, b) => a.everySeconds / a.woken.pollsPerJob - b.everySeconds / b.woken.pollsPerJob);
  const way = row.at(-1)?.woken;
  if (way === undefined) throw new Error('There is no stream of jobs.');
  const { sqsPerJob, lambdaSecondsPerJob, invocationsPerJob, leaseReadsPerJob, leaseWritesPerJob } = way;
  return {
    seconds: lambdaSecondsPerJob / invocationsPerJob + ASSUMED.wakeSeconds,
    sqs: sqsPerJob / invocationsPerJob,
    leaseReads: leaseReadsPerJob / invocationsPerJob,
    leaseWrites: leaseWritesPerJob / invocationsPerJob,
  };
}

export function loneBill({ seconds, sqs, leaseReads, leaseWrites }: Lone): Bill {
  return {
    SQS: sqs * PRICES.sqsRequest,
    DynamoDB: leaseReads * PRICES.dynamoRead + leaseWrites * PRICES.dynamoWrite,
    Lambda: lambda(seconds, 1),
    logs: logs(ASSUMED.logBytesPerInvocation),
  };
}

/** A job's polls, each alone: the queue wakes a function for the message and for each poll. */
export function aloneBill(counts: Counts, assumed: Assumptions, lone: Lone): Bill {
  const { DynamoDB = 0 } = jobBill(counts, assumed);
  return add({ DynamoDB }, times(loneBill(lone), assumed.pollsPerJob + 1));
}

/** The polls of one job of a stream, and the time that workers stay for it. */
export function streamJobBill(counts: Counts, assumed: Assumptions, way: StreamWay): Bill {
  const { DynamoDB = 0 } = jobBill(counts, assumed);
  const { invocationsPerJob } = way;
  const lease = way.leaseReadsPerJob * PRICES.dynamoRead + way.leaseWritesPerJob * PRICES.dynamoWrite;
  return {
    SQS: way.sqsPerJob * PRICES.sqsRequest,
    DynamoDB: DynamoDB + lease,
    Lambda: lambda(way.lambdaSecondsPerJob + invocationsPerJob * ASSUMED.wakeSeconds, invocationsPerJob),
    logs: logs(invocationsPerJob * ASSUMED.logBytesPerInvocation),
  };
}

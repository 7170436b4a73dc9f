import { alarmMetricsOf, isWoken, packagedTemplate, watchSecondsOf } from '../packaged.ts';
import { add, type Bill, sumOf } from './cost.ts';
import type { Overhead } from './overhead.ts';
import { PRICES } from './prices.ts';

/** What of the packaged stack a month's bill depends on. */
export interface StackFacts {
  readonly watchSeconds: number;
  /** The queue wakes a function, and ticks go home. */
  readonly isWoken: boolean;
  readonly alarmMetrics: { readonly all: number; readonly few: number };
}

export function packagedFacts(): StackFacts {
  const template = packagedTemplate();
  const few = alarmMetricsOf(packagedTemplate({ Alarms: 'few' }));
  const alarmMetrics = { all: alarmMetricsOf(template), few };
  return { watchSeconds: watchSecondsOf(template), isWoken: isWoken(template), alarmMetrics };
}

/** Nothing of this was measured. */
export const ASSUMED = {
  /** Of a tick that finds nothing, beside its poll of a second; of a pass of `reconcile`. */
  tickSeconds: 0.3,
  passSeconds: 1,
  /** A line of ours, its metrics, and what Lambda prints: START, END, REPORT. */
  logBytesPerInvocation: 1000,
  /** Something is under watch all the time: one poll, or one that many share, so often. */
  roundEverySeconds: 30,
  /** Of a function that the queue wakes: reading, the vendor's answer, writing, and a last look at the queue. */
  roundSeconds: 2,
  /** Of `deliver`, for a delivery that comes alone: the endpoint's answer is most of it. */
  deliverySeconds: 0.2,
};

const DAYS = 30;
const TICKS = DAYS * 24 * 60;
const PASSES = TICKS / 5;
const MONTH_SECONDS = DAYS * 86_400;
/** https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html: five pollers, each in a long poll of at most 20 s. */
const POLLER_REQUESTS = (5 * MONTH_SECONDS) / 20;
const LONG_POLL_SECONDS = 5;
const FUNCTION_GB = 0.25;
const FIRST_POLL_SECONDS = 1;

/** Of an idle stack: the silence of it is what an alarm hears. */
export const IDLE_METRICS = ['OldestOverdue'];
/** Of a stack on which jobs come and end all the time, and webhooks hear of it, beside those of an idle one. */
export const BUSY_METRICS = [
  ...['OpenJobs', 'OldestDue', 'AskDelay', 'JobsAsked', 'VendorDuration', 'JobsChanged', 'JobsSucceeded'],
  ...['AttemptDuration', 'DeliveriesDelivered'],
];

/** A stack with nothing under watch. */
export function idleBill(facts: StackFacts, alarms: 'all' | 'few', { tick, pass }: Overhead): Bill {
  const idleTick = FIRST_POLL_SECONDS + ASSUMED.tickSeconds;
  const invocations = TICKS + PASSES;
  const pollers = facts.isWoken ? 2 : 1;
  const requests = pollers * POLLER_REQUESTS + TICKS * sumOf(tick, 'sqs:') + PASSES * sumOf(pass, 'sqs:');
  return {
    alarms: facts.alarmMetrics[alarms] * PRICES.alarmMetric,
    'custom metrics': IDLE_METRICS.length * PRICES.customMetric,
    Lambda: lambda(TICKS * idleTick + PASSES * ASSUMED.passSeconds, invocations),
    SQS: requests * PRICES.sqsRequest,
    DynamoDB: add(dynamo(tick, TICKS), dynamo(pass, PASSES))['DynamoDB'] ?? 0,
    logs: logs(invocations * ASSUMED.logBytesPerInvocation),
  };
}

/**
 * What it costs more if something is under watch all the time, beside what each job costs. `ticks`: they work on for
 * `watchSeconds` of each minute. `wake`: they go home, and the queue wakes a function for each round.
 */
export function busyBill(facts: StackFacts, watcher: 'ticks' | 'wake'): Bill {
  const metrics = BUSY_METRICS.length * PRICES.customMetric;
  if (watcher === 'ticks') {
    const seconds = facts.watchSeconds - FIRST_POLL_SECONDS - ASSUMED.tickSeconds;
    return {
      'custom metrics': metrics,
      Lambda: lambda(TICKS * seconds, 0),
      SQS: ((TICKS * seconds) / LONG_POLL_SECONDS) * PRICES.sqsRequest,
      logs: logs(TICKS * ASSUMED.logBytesPerInvocation),
    };
  }
  const rounds = MONTH_SECONDS / ASSUMED.roundEverySeconds;
  return {
    'custom metrics': metrics,
    Lambda: lambda(rounds * ASSUMED.roundSeconds, rounds),
    SQS: facts.isWoken ? 0 : POLLER_REQUESTS * PRICES.sqsRequest,
    logs: logs(rounds * ASSUMED.logBytesPerInvocation),
  };
}

/**
 * One event on its way to one webhook that answers. Writes: the record with its two indexes, the claim, which moves it
 * in one of them, the attempt, and the end, which takes it out.
 */
export function deliveryBill({ delivery, deliveryBytes, deliverLogBytes }: Overhead): Bill {
  const item = Math.ceil(deliveryBytes / 1024);
  const writes = item + 2 + (item + 2) + 1 + (item + 1);
  const reads = delivery['dynamodb:GetItem'] ?? 0;
  return {
    SQS: sumOf(delivery, 'sqs:') * PRICES.sqsRequest,
    DynamoDB: writes * PRICES.dynamoWrite + reads * PRICES.dynamoRead,
    Lambda: lambda(ASSUMED.deliverySeconds, 1),
    logs: logs(deliverLogBytes),
  };
}

/** What `watch` prints about one short job. */
export function jobLogsBill({ watchLogBytes }: Overhead): Bill {
  return { logs: logs(watchLogBytes) };
}

function lambda(seconds: number, requests: number): number {
  return seconds * FUNCTION_GB * PRICES.lambdaGbSecond + requests * PRICES.lambdaRequest;
}

function logs(bytes: number): number {
  return (bytes / 1e9) * PRICES.logsGbIn;
}

function dynamo(requests: Readonly<Record<string, number>>, times: number): Bill {
  const writes = sumOf(requests, 'dynamodb:PutItem') + sumOf(requests, 'dynamodb:UpdateItem');
  // Queries are of indexes, which are never read consistently: half a unit each.
  const halves = sumOf(requests, 'dynamodb:Query');
  const reads = sumOf(requests, 'dynamodb:') - writes - halves / 2;
  return { DynamoDB: times * (writes * PRICES.dynamoWrite + reads * PRICES.dynamoRead) };
}

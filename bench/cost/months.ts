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
  /** Of a tick that finds nothing, beside its poll of a second, if it has one; of a pass of `reconcile`. */
  tickSeconds: 0.3,
  passSeconds: 1,
  /** A line of ours, its metrics, and what Lambda prints: START, END, REPORT. */
  logBytesPerInvocation: 1000,
  /** Of a function that the queue wakes, beside what the model of the wake has: DynamoDB, and a seventh of a CPU. */
  wakeSeconds: 0.2,
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
export function idleBill(facts: StackFacts, alarms: 'all' | 'few', { tick, tickAlone, pass }: Overhead): Bill {
  const idleTick = (facts.isWoken ? 0 : FIRST_POLL_SECONDS) + ASSUMED.tickSeconds;
  const invocations = TICKS + PASSES;
  const pollers = facts.isWoken ? 2 : 1;
  const own = facts.isWoken ? tick : tickAlone;
  const requests = pollers * POLLER_REQUESTS + TICKS * sumOf(own, 'sqs:') + PASSES * sumOf(pass, 'sqs:');
  return {
    alarms: facts.alarmMetrics[alarms] * PRICES.alarmMetric,
    'custom metrics': IDLE_METRICS.length * PRICES.customMetric,
    Lambda: lambda(TICKS * idleTick + PASSES * ASSUMED.passSeconds, invocations),
    SQS: requests * PRICES.sqsRequest,
    DynamoDB: add(dynamo(own, TICKS), dynamo(pass, PASSES))['DynamoDB'] ?? 0,
    logs: logs(invocations * ASSUMED.logBytesPerInvocation),
  };
}

/** What it costs more if jobs come and end in every hour, beside what each of them costs. */
export function metricsBill(): Bill {
  return { 'custom metrics': BUSY_METRICS.length * PRICES.customMetric };
}

/** What it costs more if ticks work on for `watchSeconds` of each minute, since something is under watch. */
export function tickingBill({ watchSeconds }: Pick<StackFacts, 'watchSeconds'>): Bill {
  const seconds = TICKS * (watchSeconds - FIRST_POLL_SECONDS - ASSUMED.tickSeconds);
  return { Lambda: lambda(seconds, 0), SQS: (seconds / LONG_POLL_SECONDS) * PRICES.sqsRequest };
}

/** So many times a month. */
export function aMonth(everySeconds: number): number {
  return MONTH_SECONDS / everySeconds;
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

export function lambda(seconds: number, requests: number): number {
  return seconds * FUNCTION_GB * PRICES.lambdaGbSecond + requests * PRICES.lambdaRequest;
}

export function logs(bytes: number): number {
  return (bytes / 1e9) * PRICES.logsGbIn;
}

function dynamo(requests: Readonly<Record<string, number>>, times: number): Bill {
  const writes = sumOf(requests, 'dynamodb:PutItem') + sumOf(requests, 'dynamodb:UpdateItem');
  // Queries are of indexes, which are never read consistently: half a unit each.
  const halves = sumOf(requests, 'dynamodb:Query');
  const reads = sumOf(requests, 'dynamodb:') - writes - halves / 2;
  return { DynamoDB: times * (writes * PRICES.dynamoWrite + reads * PRICES.dynamoRead) };
}

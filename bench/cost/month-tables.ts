import { markdown, short } from '../delay/tables.ts';
import type { StreamRow } from '../wake/streams.ts';
import { ASSUMPTIONS, add, type Bill, times, total } from './cost.ts';
import { aMonth, idleBill, metricsBill, type StackFacts, tickingBill } from './months.ts';
import { billTable, type Costs, dollars, elsewhere, nearest, toldBill } from './parts.ts';
import { loneBill, loneOf, streamJobBill } from './woken.ts';

/** One poll, or one that many share, so often. */
const SELDOM_SECONDS = 30;

/** A month with nothing under watch, with the few alarms. */
export function idleDollars({ facts, overhead }: Costs, wake: 'on' | 'off' = 'on'): number {
  return total(idleBill({ ...facts, isWoken: wake === 'on' }, 'few', overhead));
}

/** The same with jobs in every hour, beside what they cost. */
export function busyDollars(costs: Costs): number {
  return idleDollars(costs) + total(metricsBill());
}

/** The same with a job that is polled all the time. */
export function watchingDollars(costs: Costs): number {
  return busyDollars(costs) + total(times(loneBill(loneOf(costs.streams)), aMonth(SELDOM_SECONDS)));
}

/** With the wake, which is how it is packaged, and without. */
export function stackTable(costs: Costs): string {
  const { facts, overhead, streams } = costs;
  const woken: StackFacts = { ...facts, isWoken: true };
  const alone: StackFacts = { ...facts, isWoken: false };
  const { all, few } = facts.alarmMetrics;
  const named = (bill: Bill, alarms: number) =>
    Object.fromEntries(
      Object.entries(bill).map(([part, sum]) => [part === 'alarms' ? `alarms (${alarms} metrics)` : part, sum]),
    );
  const rounds = times(loneBill(loneOf(streams)), aMonth(SELDOM_SECONDS));
  const watching = `something always under watch, polled alone every ${SELDOM_SECONDS} s`;
  return billTable({
    'idle, `alarms=few`': named(idleBill(woken, 'few', overhead), few),
    'idle, `alarms=few`, `wake: off`': named(idleBill(alone, 'few', overhead), few),
    'idle, `alarms=all`': named(idleBill(woken, 'all', overhead), all),
    [watching]: named(add(idleBill(woken, 'few', overhead), metricsBill(), rounds), few),
    [`the same, \`wake: off\`: ticks work ${facts.watchSeconds} s of each minute`]: named(
      add(idleBill(alone, 'few', overhead), metricsBill(), tickingBill(facts)),
      few,
    ),
  });
}

/** A month of the stack with such a stream of jobs, each told to one webhook. */
export function streamDollars(costs: Costs, row: StreamRow): { readonly woken: number; readonly ticks: number } {
  const { counts, overhead } = costs;
  const jobs = aMonth(row.everySeconds);
  const month = (wake: 'on' | 'off', way: StreamRow['woken']) => {
    const assumed = { ...ASSUMPTIONS, pollsPerJob: way.pollsPerJob, savedShare: nearest(way.pollsPerJob).savedShare };
    const job = add(streamJobBill(counts, assumed, way), toldBill(overhead));
    return idleDollars(costs, wake) + total(metricsBill()) + jobs * total(job);
  };
  return { woken: month('on', row.woken), ticks: month('off', row.ticks) };
}

/** Of each kind of jobs the stream from which on, if they come faster, ticks alone watch them for less. */
export function cheaperWithTicks(costs: Costs): readonly StreamRow[] {
  return [...Map.groupBy(costs.streams, ({ law }) => law).values()].flatMap((rows) => {
    const fastestFirst = rows.toSorted((a, b) => a.everySeconds - b.everySeconds);
    const isDearer = (row: StreamRow) => streamDollars(costs, row).ticks >= streamDollars(costs, row).woken;
    const end = fastestFirst.findIndex(isDearer);
    const last = fastestFirst.at((end === -1 ? fastestFirst.length : end) - 1);
    return end === 0 || last === undefined ? [] : [last];
  });
}

export function streamTable(costs: Costs): string {
  const rows = costs.streams.map((row) => {
    const { about, everySeconds, ticks, woken } = row;
    const jobs = aMonth(everySeconds);
    const month = streamDollars(costs, row);
    const { stepFunctions, durable } = elsewhere({ ...ASSUMPTIONS, pollsPerJob: Math.max(2, woken.pollsPerJob) });
    const delays = ({ meanSeconds, p95Seconds }: StreamRow['woken']) => `${short(meanSeconds)} / ${short(p95Seconds)}`;
    return [
      ...[about, everySeconds.toLocaleString('en'), jobs.toLocaleString('en'), short(woken.pollsPerJob)],
      ...[dollars(month.woken), delays(woken), dollars(month.ticks), delays(ticks)],
      ...[stepFunctions, durable].map((bill) => dollars(jobs * total(bill))),
    ];
  });
  const own = ['jobwatch $', 'mean / p95 delay s', '`wake: off` $', 'mean / p95 delay s'];
  const head = ['jobs of', 'one every … s', 'jobs a month', 'polls a job', ...own];
  return markdown([...head, 'Step Functions $', 'durable functions $'], rows);
}

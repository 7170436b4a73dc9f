import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  ASSUMPTIONS,
  add,
  breakEven,
  durableBill,
  jobBill,
  pollBill,
  stepFunctionsBill,
  times,
  total,
  writeUnits,
} from '../../bench/cost/cost.ts';
import { cheaperWithTicks, idleDollars, watchingDollars } from '../../bench/cost/month-tables.ts';
import {
  ASSUMED,
  BUSY_METRICS,
  deliveryBill,
  IDLE_METRICS,
  idleBill,
  packagedFacts,
  tickingBill,
} from '../../bench/cost/months.ts';
import type { Overhead } from '../../bench/cost/overhead.ts';
import { savesOf } from '../../bench/cost/saves.ts';
import { COST_PAGES, readCosts } from '../../bench/cost/section.ts';
import { costTables, filledCosts, pollTable } from '../../bench/cost/tables.ts';
import { aloneBill, loneBill, loneOf, streamJobBill } from '../../bench/cost/woken.ts';
import { SHAPES } from '../../bench/delay/laws.ts';
import { METRICS } from '../../lib/metrics/names.ts';
import { packageStack } from '../../scripts/package.ts';

const poll = { requests: { 'sqs:ReceiveMessage': 0.1, 'sqs:DeleteMessageBatch': 0.1 }, recordBytes: 1000, cpuMs: 0 };
const counts = {
  date: '2026-11-21',
  wake: 'off' as const,
  kinds: { first: poll, unchanged: poll, saved: poll, ended: poll },
};
const MILLION = 1_000_000;
const ROOT = join(import.meta.dirname, '..', '..');

describe('the cost of a poll', () => {
  it('is requests times list prices', () => {
    const bill = times(pollBill('unchanged', poll), MILLION);
    expect(bill['SQS']).toBeCloseTo(0.2 * 0.4, 10);
    // One consistent read below 4 kB, and no write.
    expect(bill['DynamoDB']).toBeCloseTo(0.125, 10);
    expect(bill['Lambda']).toBe(0);
  });

  it('counts CPU at the share that 256 MB have', () => {
    const bill = pollBill('unchanged', { ...poll, cpuMs: 1000 });
    expect(bill['Lambda']).toBeCloseTo((1769 / 256) * 0.25 * 0.000_013_333_4, 12);
  });

  it.each([
    ['unchanged', 1000, 0],
    ['saved', 1000, 3],
    ['saved', 1025, 4],
    ['first', 1000, 5],
    ['ended', 1500, 5],
  ] as const)('of the kind %s writes a record of %i bytes for %i units', (kind, bytes, units) => {
    expect(writeUnits(kind, bytes)).toBe(units);
  });
});

describe('the cost of a job', () => {
  it('is its first poll, its last one, and those between', () => {
    const all = (polls: number) => total(jobBill(counts, { ...ASSUMPTIONS, pollsPerJob: polls }));
    const ends = total(add(pollBill('first', poll), pollBill('ended', poll)));
    expect(all(2)).toBeCloseTo(ends, 12);
    const { savedShare: w } = ASSUMPTIONS;
    const between = w * total(pollBill('saved', poll)) + (1 - w) * total(pollBill('unchanged', poll));
    expect(all(10)).toBeCloseTo(ends + 8 * between, 12);
  });

  it('of a state machine is its transitions and an invocation a poll', () => {
    const bill = stepFunctionsBill({ ...ASSUMPTIONS, pollsPerJob: 10 });
    expect(bill['Step Functions']).toBeCloseTo(33 * 25e-6, 12);
  });

  it('of a durable function is an operation a poll and two besides', () => {
    const bill = durableBill({ ...ASSUMPTIONS, pollsPerJob: 10 });
    expect(bill['durable operations']).toBeCloseTo(12 * 8e-6, 12);
    expect(bill['durable data']).toBeLessThan(10e-6);
  });
});

describe('the share of polls that only write that time has passed', () => {
  it.each(SHAPES.filter(({ name }) => name !== '4 h').map((kind) => [kind.name, kind] as const))(
    'of jobs like "%s" is no more than is assumed',
    (_, kind) => {
      const { polls, saved } = savesOf(kind);
      expect(saved / Math.max(polls - 2, 1)).toBeLessThanOrEqual(ASSUMPTIONS.savedShare);
    },
  );

  it('of jobs of hours is an eighth at most', () => {
    const kind = SHAPES.find(({ name }) => name === '4 h');
    if (kind === undefined) throw new Error('There is no such kind.');
    const { polls, saved } = savesOf(kind);
    expect(saved / polls).toBeLessThan(1 / 7.9);
  });
});

describe('the number of jobs that pays for an idle stack', () => {
  it('is where the dearer job has made up for it, if it ever does', () => {
    expect(breakEven(5, { a: 1 }, { a: 1, b: 0.5 })).toBe(10);
    expect(breakEven(5, { a: 1 }, { a: 1 })).toBeNull();
  });
});

const overhead: Overhead = {
  date: '2026-11-21',
  tick: { 'dynamodb:PutItem': 1, 'sqs:GetQueueAttributes': 1 },
  tickAlone: { 'dynamodb:PutItem': 1, 'sqs:ReceiveMessage': 1 },
  pass: { 'dynamodb:Query': 32 },
  delivery: { 'dynamodb:GetItem': 3, 'sqs:SendMessageBatch': 0.1 },
  deliveryBytes: 1200,
  watchLogBytes: 500,
  deliverLogBytes: 400,
};
const facts = { watchSeconds: 50, isWoken: false, alarmMetrics: { all: 17, few: 10 } };

const aWay = {
  ...{ callsPerJob: 3, pollsPerJob: 3, meanSeconds: 2, p95Seconds: 5, sqsPerJob: 8, lambdaSecondsPerJob: 0.6 },
  ...{ invocationsPerJob: 4, leaseReadsPerJob: 4, leaseWritesPerJob: 8 },
};

describe('a job that is due alone', () => {
  const rows = [
    { law: 'short', about: '26 s', everySeconds: 300, ticks: aWay, woken: aWay },
    { law: 'short', about: '26 s', everySeconds: 1, ticks: aWay, woken: { ...aWay, sqsPerJob: 1 } },
  ];
  const lone = loneOf(rows);

  it('takes for each invocation what it takes where nobody else is under watch', () => {
    expect(lone).toEqual({ seconds: 0.15 + ASSUMED.wakeSeconds, sqs: 2, leaseReads: 1, leaseWrites: 2 });
  });

  it('pays an invocation for its message and for each of its polls', () => {
    const bill = aloneBill(counts, { ...ASSUMPTIONS, pollsPerJob: 10 }, lone);
    expect((bill['SQS'] ?? 0) * MILLION).toBeCloseTo(11 * 2 * 0.4, 8);
    expect(bill['logs']).toBeCloseTo(11 * (loneBill(lone)['logs'] ?? 0), 12);
  });

  it('is the job of a stream that is slow enough', () => {
    const assumed = { ...ASSUMPTIONS, pollsPerJob: 3 };
    expect(total(streamJobBill(counts, assumed, aWay))).toBeCloseTo(total(aloneBill(counts, assumed, lone)), 12);
  });
});

describe('streams that are cheaper with ticks alone', () => {
  const stream = (everySeconds: number, wokenSeconds: number) => {
    const woken = { ...aWay, lambdaSecondsPerJob: wokenSeconds };
    return { law: 'short', about: '26 s', everySeconds, ticks: { ...aWay, invocationsPerJob: 0 }, woken };
  };
  const costsOf = (streams: ReturnType<typeof stream>[]) => ({ counts, overhead, streams, equalDelay: [], facts });

  it('are those above the slowest that is, whatever is cheaper among those that cost next to nothing', () => {
    const last = (streams: ReturnType<typeof stream>[]) =>
      cheaperWithTicks(costsOf(streams)).map(({ everySeconds }) => everySeconds);
    expect(last([stream(1, 9), stream(10, 9), stream(100, -9), stream(1000, 9)])).toEqual([10]);
    expect(last([stream(1, -9), stream(10, 9)])).toEqual([]);
    expect(last([stream(1, 9), stream(10, 9)])).toEqual([10]);
  });
});

describe('a month of the stack', () => {
  it('has a bill for being there, by what is paid', () => {
    const idle = idleBill(facts, 'few', overhead);
    expect(idle['alarms']).toBeCloseTo(1, 10);
    expect(idle['custom metrics']).toBeCloseTo(0.3, 10);
    // A write a tick, and 32 halves of a read a pass.
    expect(idle['DynamoDB']).toBeCloseTo(43_200 * 0.625e-6 + 8640 * 16 * 0.125e-6, 10);
    expect(idleBill(facts, 'all', overhead)['alarms']).toBeCloseTo(1.7, 10);
  });

  it('that wakes workers pays for five more pollers, and for ticks that only look at the count', () => {
    const [alone, woken] = [facts, { ...facts, isWoken: true }].map((one) => idleBill(one, 'few', overhead));
    expect((woken?.['SQS'] ?? 0) - (alone?.['SQS'] ?? 0)).toBeCloseTo(648_000 * 0.4e-6, 8);
    expect((alone?.['Lambda'] ?? 0) - (woken?.['Lambda'] ?? 0)).toBeCloseTo(43_200 * 0.25 * 0.000_013_333_4, 8);
    expect(woken?.['DynamoDB']).toBeCloseTo(alone?.['DynamoDB'] ?? 0, 10);
  });

  it('that does not pays ticks for the time that they work on', () => {
    const [long = 0, half = 0] = [50, 25].map((watchSeconds) => tickingBill({ watchSeconds })['Lambda']);
    expect(half).toBeLessThan(long / 2);
  });

  it('counts metrics that there are', () => {
    const named = [...IDLE_METRICS, ...BUSY_METRICS];
    expect(named.filter((name) => !(name in METRICS))).toEqual([]);
    expect(new Set(named).size).toBe(named.length);
  });
});

describe('a delivery', () => {
  it('writes its record with its indexes, the claim, the attempt and the end', () => {
    const { DynamoDB } = deliveryBill({ ...overhead, deliveryBytes: 1000 });
    expect((DynamoDB ?? 0) * MILLION).toBeCloseTo(9 * 0.625 + 3 * 0.125, 8);
  });
});

describe('the tables of cost', () => {
  it('have a row for each way, with its parts', () => {
    const table = pollTable({
      counts,
      overhead,
      streams: [{ law: '', about: '', everySeconds: 300, ticks: aWay, woken: aWay }],
    });
    expect(table).toMatch(/\| jobwatch, poll "unchanged" \| 0\.2\d \| SQS 0\.08, DynamoDB 0\.1\d, Lambda 0\.00 \|/);
    expect(table).toMatch(
      /\| Step Functions Standard, a job's reported end and 10 polls \| 8\d\d \| Step Functions 850, /,
    );
  });

  it('fill their places, and no other', () => {
    expect(filledCosts('a\n<!-- jobs -->\nold\n<!-- /jobs -->\nb', { jobs: 'new' })).toBe(
      'a\n<!-- jobs -->\nnew\n<!-- /jobs -->\nb',
    );
    expect(() => filledCosts('<!-- gone -->\n<!-- /gone -->', {})).toThrow('there is no table gone');
  });
});

describe('the page of cost and the README', () => {
  it('say what is computed from what was counted and is packaged; if not, npm run bench -- cost writes them', async () => {
    await packageStack(ROOT);
    const pages = COST_PAGES.map((path) => readFileSync(path, 'utf8'));
    for (const page of pages) expect(filledCosts(page, costTables(readCosts()))).toBe(page);
    const [page = ''] = pages;
    // A price outside of the tables would be held by nobody.
    expect(page.replace(/<!-- (\w+) -->[\s\S]*?<!-- \/\1 -->/g, '').match(/\d+\.\d\d?\b(?!\d)/g)).toBeNull();
  });

  it('keep the goals of an idle month, and of one with something always under watch', () => {
    const costs = readCosts();
    expect(packagedFacts().isWoken).toBe(true);
    expect(idleDollars(costs)).toBeLessThan(2.2);
    expect(watchingDollars(costs)).toBeLessThan(6);
  });
});

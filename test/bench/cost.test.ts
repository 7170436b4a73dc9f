import { describe, expect, it } from 'vitest';
import {
  ASSUMPTIONS,
  add,
  breakEven,
  durableBill,
  idleBill,
  jobBill,
  lonePoll,
  pollBill,
  stepFunctionsBill,
  times,
  total,
  writeUnits,
} from '../../bench/cost/cost.ts';
import { savesOf } from '../../bench/cost/saves.ts';
import { monthTable, pollTable } from '../../bench/cost/section.ts';
import { SHAPES } from '../../bench/delay/laws.ts';

const poll = { requests: { 'sqs:ReceiveMessage': 0.1, 'sqs:DeleteMessageBatch': 0.1 }, recordBytes: 1000, cpuMs: 0 };
const counts = { date: '2026-11-21', kinds: { first: poll, unchanged: poll, saved: poll, ended: poll } };
const MILLION = 1_000_000;

describe('the cost of a poll', () => {
  it('is requests times list prices', () => {
    const bill = times(pollBill('unchanged', poll), MILLION);
    expect(bill['SQS']).toBeCloseTo(0.2 * 0.4, 10);
    // One consistent read below 4 kB, and no write.
    expect(bill['DynamoDB']).toBeCloseTo(0.125, 10);
    expect(bill['Lambda']).toBe(0);
  });

  it('of a job that is due alone pays three requests to SQS', () => {
    expect(
      times(pollBill('unchanged', lonePoll({ ...poll, requests: { 'sqs:ReceiveMessage': 0.1 } })), MILLION)['SQS'],
    ).toBeCloseTo(1.2, 10);
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

describe('the tables of cost', () => {
  it('tell an idle stack of about five dollars', () => {
    expect(total(idleBill())).toBeGreaterThan(5);
    expect(total(idleBill())).toBeLessThan(5.5);
  });

  it('have a row for each way, with its parts', () => {
    const table = pollTable(counts);
    expect(table).toMatch(/\| jobwatch, poll "unchanged" \| 0\.2\d \| SQS 0\.08, DynamoDB 0\.1\d, Lambda 0\.00 \|/);
    expect(table).toMatch(/\| Step Functions Standard \| 8\d\.\d\d \| Step Functions 82\.50, /);
    expect(monthTable(counts).split('\n')).toHaveLength(2 + 4);
  });
});

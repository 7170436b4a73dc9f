import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  bucketsOf,
  delayOf,
  type End,
  RANGES,
  type Range,
  rangeBegin,
  type Sent,
} from '../../../lib/api/history/buckets.ts';
import { sentOf } from '../../../lib/api/history/deliveries.ts';
import { endOf } from '../../../lib/api/history/ends.ts';
import { toIso, toMs } from '../../../lib/base/time.ts';
import { DELIVERY_STATES } from '../../../lib/deliver/delivery.ts';
import type { Job } from '../../../lib/job/job.ts';
import { PHASES } from '../../../lib/job/phase.ts';
import { START_MS } from '../../fakes/clock.ts';
import { aDetail, aJob } from '../../fakes/records.ts';

const HOUR_MS = 3_600_000;
const NOW = toMs('2026-11-20T10:20:00.000Z');

const anEnd = (at: string, more: Partial<End> = {}): End => ({
  phase: 'succeeded',
  atMs: toMs(at),
  delayMs: null,
  polls: 2,
  ...more,
});

describe('buckets', () => {
  test.each([
    ['24h', '2026-11-19T11:00:00.000Z', '2026-11-20T11:00:00.000Z', 24],
    ['7d', '2026-11-13T12:00:00.000Z', '2026-11-20T12:00:00.000Z', 28],
  ] as const)('of %s begin at %s and end at %s', (range, from, to, count) => {
    const { buckets } = bucketsOf(range, NOW, [], []);
    expect([buckets[0]?.from, buckets.at(-1)?.to, buckets.length]).toEqual([from, to, count]);
    expect(toIso(rangeBegin(range, NOW))).toBe(from);
  });

  test.each([
    ['2026-11-20T10:00:00.000Z', 23],
    ['2026-11-20T10:59:59.999Z', 23],
    ['2026-11-20T09:59:59.999Z', 22],
    ['2026-11-19T11:00:00.000Z', 0],
    ['2026-11-19T10:59:59.999Z', null],
    ['2026-11-20T11:00:00.000Z', null],
  ])('of 24 h have an end at %s in number %s', (at, index) => {
    const { buckets, total } = bucketsOf('24h', NOW, [anEnd(at)], []);
    const found = buckets.findIndex(({ ends }) => ends.succeeded === 1);
    expect(found).toBe(index ?? -1);
    expect(total.ends).toEqual(index === null ? {} : { succeeded: 1 });
  });

  test('count by phase and state, sum up polls, and measure what can be measured', () => {
    const ends = [
      anEnd('2026-11-20T10:01:00.000Z', { delayMs: 4000, polls: 3 }),
      anEnd('2026-11-20T10:02:00.000Z', { delayMs: 1500 }),
      anEnd('2026-11-20T10:03:00.000Z', { phase: 'lost', polls: 7 }),
    ];
    const deliveries: Sent[] = [
      { state: 'delivered', atMs: NOW, delayMs: 200 },
      { state: 'waiting', atMs: NOW, delayMs: null },
      { state: 'exhausted', atMs: NOW, delayMs: null },
    ];
    const { buckets, total } = bucketsOf('24h', NOW, ends, deliveries);
    const figures = {
      ends: { lost: 1, succeeded: 2 },
      polls: 12,
      detectionDelay: { count: 2, p50Seconds: 1.5, p95Seconds: 4 },
      deliveries: { delivered: 1, exhausted: 1, waiting: 1 },
      deliveryDelay: { count: 1, p50Seconds: 0.2, p95Seconds: 0.2 },
    };
    expect(total).toEqual(figures);
    expect(buckets.at(-1)).toEqual({ from: '2026-11-20T10:00:00.000Z', to: '2026-11-20T11:00:00.000Z', ...figures });
    const nothing = { ends: {}, polls: 0, detectionDelay: null, deliveries: {}, deliveryDelay: null };
    expect(buckets[0]).toMatchObject(nothing);
  });
});

const someRange = fc.constantFrom<Range>('24h', '7d');
const someMs = fc.integer({ min: NOW - 9 * 24 * HOUR_MS, max: NOW + 24 * HOUR_MS });
const someDelay = fc.option(fc.integer({ min: 0, max: 900_000 }));
const someEnd = fc.record({
  phase: fc.constantFrom(...PHASES),
  atMs: someMs,
  delayMs: someDelay,
  polls: fc.integer({ min: 0, max: 500 }),
});
const someSent = fc.record({ state: fc.constantFrom(...DELIVERY_STATES), atMs: someMs, delayMs: someDelay });

const sum = (counts: Readonly<Record<string, number>>) => Object.values(counts).reduce((all, one) => all + one, 0);

test('every end and delivery of the time is in one bucket, every other in none, in whatever order they come', () => {
  fc.assert(
    fc.property(someRange, someMs, fc.array(someEnd), fc.array(someSent), (range, nowMs, ends, sent) => {
      const { buckets, total } = bucketsOf(range, nowMs, ends, sent);
      const { bucketMs } = RANGES[range];
      for (const [index, { from, to, ...figures }] of buckets.entries()) {
        const isIn = ({ atMs }: { atMs: number }) => atMs >= toMs(from) && atMs < toMs(to);
        expect(toMs(to) - toMs(from)).toBe(bucketMs);
        expect(toMs(from) % bucketMs).toBe(0);
        if (index > 0) expect(buckets[index - 1]?.to).toBe(from);
        expect(sum(figures.ends)).toBe(ends.filter(isIn).length);
        expect(sum(figures.deliveries)).toBe(sent.filter(isIn).length);
      }
      expect(nowMs).toBeGreaterThanOrEqual(toMs(buckets.at(-1)?.from ?? ''));
      expect(nowMs).toBeLessThan(toMs(buckets.at(-1)?.to ?? ''));
      expect(sum(total.ends)).toBe(buckets.reduce((all, one) => all + sum(one.ends), 0));
      expect(total.polls).toBe(buckets.reduce((all, { polls }) => all + polls, 0));
      const turned = bucketsOf(range, nowMs, ends.toReversed(), sent.toReversed());
      expect(JSON.stringify(turned)).toBe(JSON.stringify({ buckets, total }));
    }),
  );
});

test('a quantile is one of the delays, and so many of them are no longer', () => {
  fc.assert(
    fc.property(fc.array(someDelay), (delays) => {
      const known = delays.filter((delay) => delay !== null);
      const delay = delayOf(delays.map((delayMs) => ({ delayMs })));
      expect(delay?.count ?? 0).toBe(known.length);
      if (delay === null) return;
      for (const [share, seconds] of [
        [0.5, delay.p50Seconds],
        [0.95, delay.p95Seconds],
      ] as const) {
        expect(known).toContain(Math.round(seconds * 1000));
        expect(known.filter((ms) => ms <= seconds * 1000 + 0.5).length).toBeGreaterThanOrEqual(share * known.length);
        expect(known.filter((ms) => ms < seconds * 1000 - 0.5).length).toBeLessThan(share * known.length);
      }
    }),
  );
});

describe('an end is seen', () => {
  const at = (seconds: number) => toIso(START_MS + seconds * 1000);
  const ended = (phase: Job['phase'], more: Partial<Job>) => endOf(aJob({ phase, endedAt: at(60), polls: 3, ...more }));
  const vendor = (seconds: number) => ({ detail: aDetail({ endedAt: at(seconds) }) });

  test.each<[string, Job['phase'], Partial<Job>, number | null]>([
    ['so long after the vendor’s own end', 'succeeded', vendor(55), 5000],
    ['likewise if it failed', 'failed', vendor(58), 2000],
    ['at once', 'succeeded', vendor(60), 0],
    ['after the submission, if that was later', 'succeeded', { ...vendor(10), submittedAt: at(50) }, 10_000],
    ['before it, by a clock that is ahead', 'succeeded', vendor(61), null],
    ['without a time of the vendor’s', 'succeeded', {}, null],
    ['with a time that is none', 'succeeded', { detail: aDetail({ endedAt: 'soon' }) }, null],
    ['by jobwatch itself: timed out', 'timed_out', vendor(55), null],
    ['by jobwatch itself: lost', 'lost', vendor(55), null],
    ['by jobwatch itself: stopped', 'stopped', vendor(55), null],
  ])('%s', (_, phase, more, delayMs) => {
    expect(ended(phase, more)).toEqual({ phase, atMs: START_MS + 60_000, delayMs, polls: 3 });
  });

  test('not while it is open', () => {
    expect(endOf(aJob())).toBe('open');
    expect(endOf(aJob({ phase: 'running', ...vendor(5) }))).toBe('open');
  });
});

test.each([
  ['delivered', 0, 1500],
  ['delivered', 2, null],
  ['exhausted', 0, null],
  ['waiting', 0, null],
] as const)('a delivery that is %s, after %s earlier attempts, took %s ms', (state, earlierAttempts, delayMs) => {
  const endedAt = state === 'waiting' ? null : toIso(START_MS + 1500);
  expect(sentOf({ state, createdAt: toIso(START_MS), endedAt, earlierAttempts })).toEqual({
    state,
    atMs: START_MS,
    delayMs,
  });
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { toIso } from '../../lib/base/time.ts';
import { BINS, binOf } from '../../lib/cadence/bins.ts';
import type { Counts } from '../../lib/cadence/counts.ts';
import { evidenceOf, jobsIn, lifetimeOf, quantile, summarize } from '../../lib/cadence/durations.ts';
import { blend, PRIOR_RATES } from '../../lib/cadence/hazard.ts';
import { weightsOf } from '../../lib/cadence/weights.ts';
import { START_MS } from '../fakes/clock.ts';
import { aDetail, aJob } from '../fakes/records.ts';

const at = (seconds: number) => toIso(START_MS + seconds * 1000);
const DAY_MS = 24 * 3_600_000;

describe('what a job that has ended tells', () => {
  const ended = { phase: 'succeeded' as const, endedAt: at(70), lastRunningAt: at(50) };
  test.each([
    ['the two polls between which it ended', ended, { kind: 'ended', fromSeconds: 50, toSeconds: 70 }],
    [
      "the vendor's own times where they fit what was seen",
      { ...ended, detail: aDetail({ beganAt: at(2), endedAt: at(61) }) },
      { kind: 'ended', fromSeconds: 59, toSeconds: 59 },
    ],
    [
      'the polls, where the vendor has a clock of another zone',
      { ...ended, detail: aDetail({ beganAt: at(-28_798), endedAt: at(-28_739) }) },
      { kind: 'ended', fromSeconds: 50, toSeconds: 70 },
    ],
    [
      "the polls, counted from the vendor's begin, where its end contradicts them",
      { ...ended, detail: aDetail({ beganAt: at(2), endedAt: at(20) }) },
      { kind: 'ended', fromSeconds: 48, toSeconds: 68 },
    ],
    [
      'that it was short, if the first poll found it ended',
      { ...ended, lastRunningAt: null },
      { kind: 'ended', fromSeconds: 0, toSeconds: 70 },
    ],
    [
      'the time since we heard of it, if the deployer has a clock that is ahead',
      { ...ended, submittedAt: at(60) },
      { kind: 'ended', fromSeconds: 50, toSeconds: 70 },
    ],
    ['nothing, if that first poll came late', { ...ended, lastRunningAt: null, endedAt: at(700) }, null],
    [
      'that it lasted so long at least, if the watch was given up',
      { ...ended, phase: 'timed_out' as const },
      { kind: 'censored', atSeconds: 50 },
    ],
    [
      'nothing, if it was given up without ever having been seen',
      { ...ended, phase: 'lost' as const, lastRunningAt: null },
      null,
    ],
    ['nothing, while it goes on', { phase: 'running' as const }, null],
  ])('is %s', (_, overrides, expected) => {
    expect(lifetimeOf(aJob(overrides))).toEqual(expected);
  });

  test('is one job in all, whatever the interval', () => {
    const seconds = fc.double({ min: 0, max: 700_000, noNaN: true });
    fc.assert(
      fc.property(seconds, seconds, (a, b) => {
        const { ends, censored } = weightsOf(
          { kind: 'ended', fromSeconds: Math.min(a, b), toSeconds: Math.max(a, b) },
          { rates: PRIOR_RATES, lean: 0 },
        );
        expect([...ends.values()].reduce((sum, part) => sum + part, 0)).toBeCloseTo(1, 9);
        expect(censored.size).toBe(0);
        for (const bin of ends.keys()) {
          expect(bin).toBeGreaterThanOrEqual(binOf(Math.min(a, b)));
          expect(bin).toBeLessThanOrEqual(binOf(Math.max(a, b)));
        }
      }),
    );
  });
});

test('an interval that holds a sharp hump counts for the hump', () => {
  const ends = new Array<number>(BINS).fill(0);
  ends[binOf(60)] = 100;
  const rates = blend([{ evidence: { ends, censored: new Array<number>(BINS).fill(0) }, priorWeight: 0.7 }]);
  const { ends: parts } = weightsOf({ kind: 'ended', fromSeconds: 40, toSeconds: 80 }, { rates, lean: 0 });
  const near = [...parts].filter(([bin]) => Math.abs(bin - binOf(60)) <= 2).reduce((sum, [, part]) => sum + part, 0);
  expect(near).toBeGreaterThan(0.9);
});

function counts(seconds: readonly number[], overrides: Partial<Counts> = {}, learnedMs = START_MS): Counts {
  const ends = new Array<number>(BINS).fill(0);
  for (const one of seconds) ends[binOf(one)] = (ends[binOf(one)] ?? 0) + 1;
  const censored = new Array<number>(BINS).fill(0);
  return {
    api: 'test.api',
    operation: 'CREATE',
    region: 'eu-1',
    count: seconds.length,
    sinceMs: learnedMs,
    lean: 0,
    faded: seconds.length,
    ends,
    censored,
    ...overrides,
  };
}

describe('evidence', () => {
  test('fades by half in seven days', () => {
    const learned = [counts([10, 20])];
    expect(jobsIn(evidenceOf(learned, START_MS))).toBeCloseTo(2, 9);
    expect(jobsIn(evidenceOf(learned, START_MS + 7 * DAY_MS))).toBeCloseTo(1, 9);
    const later = START_MS + 3650 * DAY_MS;
    expect(jobsIn(evidenceOf([counts([10, 20], {}, later)], later))).toBeCloseTo(2, 9);
  });

  test('is summed up per api and operation, over regions, and names what it came from', () => {
    const learned = [
      counts([30, 30, 30]),
      counts([30, 30, 120], { region: 'eu-2' }),
      counts([5], { operation: null }),
      counts([], { operation: 'NEVER' }),
    ];
    const [unnamed, create, ...others] = summarize(learned, START_MS);
    expect(others).toEqual([]);
    expect(unnamed).toMatchObject({ api: 'test.api', operation: null, count: 1 });
    expect(create).toMatchObject({ operation: 'CREATE', count: 6 });
    expect(Math.abs((create?.p50Seconds ?? 0) - 30)).toBeLessThan(1.5);
    expect(Math.abs((create?.p99Seconds ?? 0) - 120)).toBeLessThan(6);
    expect(create?.histogram.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 9);
  });

  test('quantiles grow with their share, and there is none of nothing', () => {
    expect(quantile(evidenceOf([], START_MS), 0.5)).toBeNull();
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 700_000, noNaN: true }), { minLength: 1, maxLength: 40 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (seconds, a, b) => {
          const evidence = evidenceOf([counts(seconds)], START_MS);
          const low = quantile(evidence, Math.min(a, b)) ?? Number.NaN;
          expect(low).toBeLessThanOrEqual(quantile(evidence, Math.max(a, b)) ?? Number.NaN);
        },
      ),
    );
  });
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BINS, binOf } from '../../lib/cadence/bins.ts';
import { type Counts, countsOfJob, together, withLater } from '../../lib/cadence/counts.ts';
import { blend, PRIOR_RATES, sum } from '../../lib/cadence/hazard.ts';
import { weightsOf } from '../../lib/cadence/weights.ts';
import { START_MS } from '../fakes/clock.ts';

const KIND = { api: 'test.api', operation: 'CREATE', region: 'eu-1' };
const none = () => new Array<number>(BINS).fill(0);
/** Two hundred jobs that took 150 s, more or less. */
const known = () => {
  const ends = none();
  for (let job = 0; job < 200; job++) ends[binOf(125 + job / 4)] = (ends[binOf(125 + job / 4)] ?? 0) + 1;
  return blend([{ evidence: { ends, censored: none() }, priorWeight: 0.7 }]);
};
const endedBefore = (seconds: number, ends: ReadonlyMap<number, number>) =>
  [...ends].filter(([bin]) => bin < binOf(seconds)).reduce((total, [, part]) => total + part, 0);

describe('a job that had ended when it was first polled', () => {
  const firstPoll = { kind: 'ended', fromSeconds: 0, toSeconds: 130 } as const;

  test('counts as what is known says, while jobs are as they were', () => {
    const { ends, fades, lean } = weightsOf(firstPoll, { rates: known(), lean: 0 });
    expect(endedBefore(100, ends)).toBeLessThan(0.2);
    expect(fades).toBe(1);
    expect(lean).toBeLessThan(-0.05);
  });

  test('counts over its whole time, and makes the old ones fade, once the latest jobs have all ended early', () => {
    const { ends, fades } = weightsOf(firstPoll, { rates: known(), lean: -0.45 });
    expect(endedBefore(60, ends)).toBeGreaterThan(0.4);
    expect(fades).toBeGreaterThan(30);
  });
});

const seconds = fc.double({ min: 0, max: 100_000, noNaN: true });
const lifetime = fc
  .tuple(seconds, seconds)
  .map(([a, b]) => ({ kind: 'ended', fromSeconds: Math.min(a, b), toSeconds: Math.max(a, b) }) as const);
const lean = fc.double({ min: -1, max: 1, noNaN: true });

test('a job is one job, whatever is known and wherever the latest ended; it fades others by 1 to 61', () => {
  fc.assert(
    fc.property(lifetime, lean, fc.boolean(), (one, leaning, isKnown) => {
      const { ends, ...rest } = weightsOf(one, { rates: isKnown ? known() : PRIOR_RATES, lean: leaning });
      expect([...ends.values()].reduce((total, part) => total + part, 0)).toBeCloseTo(1, 9);
      expect(Math.min(...ends.values())).toBeGreaterThanOrEqual(0);
      expect(rest.fades).toBeGreaterThanOrEqual(1);
      expect(rest.fades).toBeLessThanOrEqual(61);
      expect(Math.abs(rest.lean)).toBeLessThanOrEqual(1 / 16 + 1e-12);
    }),
  );
});

test('what is counted leans by a half at most, and holds no more jobs than have ended', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(lifetime, fc.boolean()), { minLength: 1, maxLength: 30 }), (jobs) => {
      let counts: Counts | null = null;
      for (const [index, [one, isTogether]] of jobs.entries()) {
        const belief = { rates: PRIOR_RATES, lean: counts?.lean ?? 0 };
        const job = countsOfJob(KIND, weightsOf(one, belief), START_MS + index * 60_000);
        const add: typeof together = isTogether ? together : withLater;
        counts = counts === null ? job : add(counts, job);
        expect(Math.abs(counts.lean)).toBeLessThanOrEqual(0.5 + 1e-9);
        expect(counts.count).toBe(index + 1);
        expect(sum(counts.ends)).toBeLessThanOrEqual(index + 1 + 1e-6);
      }
    }),
  );
});

test('a clock that is behind makes nothing weigh more', () => {
  const job = countsOfJob(
    KIND,
    weightsOf({ kind: 'ended', fromSeconds: 9, toSeconds: 9 }, { rates: known(), lean: 0 }),
    START_MS,
  );
  const later = withLater(job, { ...job, sinceMs: START_MS - 86_400_000 });
  expect(later.sinceMs).toBe(START_MS);
  expect(sum(later.ends)).toBeLessThanOrEqual(2);
});

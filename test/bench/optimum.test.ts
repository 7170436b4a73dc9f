import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { exponential, makeLaw, uniform } from '../../bench/delay/laws.ts';
import { type Ended, endedOf, gridOf, leastDelay, makeOptimum } from '../../bench/delay/optimum.ts';
import { makeJobs, scoreSchedule } from '../../bench/delay/score.ts';

/** Goal: the optimum is that of the literature where there is one, and no other schedule is better. */
const MEAN = 60;
const memoryless: Ended = {
  share: (age) => -Math.expm1(-age / MEAN),
  integral: (age) => age + MEAN * Math.expm1(-age / MEAN),
};
const even: Ended = { share: (age) => Math.min(age / 100, 1), integral: (age) => age ** 2 / 200 };
const steps = (to: number, count: number) => Array.from({ length: count + 1 }, (_, index) => (index / count) * to);
const gapsOf = (ages: readonly number[]) => ages.map((age, index) => age - (ages[index - 1] ?? 0));

describe('the optimum', () => {
  it.each([0.5, 2, 10])(
    'polls at equal intervals about jobs that end at a constant rate, a call costing %d s',
    (cost) => {
      const { ages, costSeconds } = makeOptimum(memoryless, steps(MEAN * 15, 3000))(cost);
      const perInterval = (interval: number) => (cost + interval) / -Math.expm1(-interval / MEAN) - MEAN;
      const best = steps(120, 12_000)
        .slice(1)
        .reduce((a, b) => (perInterval(b) < perInterval(a) ? b : a));
      expect(costSeconds).toBeCloseTo(perInterval(best), 2);
      for (const gap of gapsOf(ages).slice(0, 10)) expect(Math.abs(gap / best - 1)).toBeLessThan(0.05);
    },
  );

  it.each([
    [2, 2],
    [1, 3],
    [0.5, 5],
  ])('polls ever sooner about jobs that end evenly over 100 s, the gaps differing by a call of %d s', (cost) => {
    const { ages } = makeOptimum(even, steps(100, 2000))(cost);
    // For the uniform distribution each gap is shorter than the one before by the cost of a call (Barlow and Proschan).
    const gaps = gapsOf(ages);
    for (const [index, gap] of gaps.slice(1).entries()) expect((gaps[index] ?? 0) - gap).toBeCloseTo(cost, 0);
    expect(ages.at(-1)).toBe(100);
  });

  it('costs no more than any other schedule', () => {
    const jobs = makeJobs(makeLaw('', '', uniform(20, 100), 500).durations);
    const grid = gridOf(jobs, 800);
    const solve = makeOptimum(endedOf(jobs), grid);
    const { costSeconds } = solve(3);
    const later = grid.slice(1, -1);
    fc.assert(
      fc.property(fc.subarray(later, { minLength: 1, maxLength: 20 }), (ages) => {
        const { calls, delaySeconds } = scoreSchedule(jobs, [...ages, grid.at(-1) ?? 0]);
        expect(delaySeconds + 3 * calls).toBeGreaterThanOrEqual(costSeconds - 1e-9);
      }),
    );
  });

  it('scores its own schedule as the jobs do', () => {
    const jobs = makeJobs(makeLaw('', '', exponential(40), 1000).durations);
    const { ages, calls, delaySeconds, costSeconds } = makeOptimum(endedOf(jobs), gridOf(jobs, 600))(2);
    const scored = scoreSchedule(jobs, ages);
    expect(scored.calls).toBeCloseTo(calls, 9);
    expect(scored.delaySeconds).toBeCloseTo(delaySeconds, 9);
    expect(delaySeconds + 2 * calls).toBeCloseTo(costSeconds, 9);
  });

  it('keeps the bounds of the gaps', () => {
    const gaps = { minSeconds: 4, maxSeconds: 30 };
    const { ages } = makeOptimum(memoryless, steps(600, 1200), gaps)(0.01);
    // At the end of the grid everybody has ended: the last poll is made there, whatever the bounds.
    for (const gap of gapsOf(ages).slice(0, -1)) expect(gap).toBeGreaterThanOrEqual(4);
    const seldom = makeOptimum(memoryless, steps(600, 1200), gaps)(1000);
    for (const gap of gapsOf(seldom.ages).slice(0, -1)) expect(gap).toBeLessThanOrEqual(30);
  });

  it('bounds the delay at a number of calls from below', () => {
    const solve = makeOptimum(memoryless, steps(MEAN * 15, 1500));
    const optima = [0.5, 1, 2, 4, 8].map((callSeconds) => ({ callSeconds, ...solve(callSeconds) }));
    for (const { calls, delaySeconds } of optima) expect(leastDelay(optima, calls)).toBeCloseTo(delaySeconds, 9);
    const between = ((optima[1]?.calls ?? 0) + (optima[2]?.calls ?? 0)) / 2;
    expect(leastDelay(optima, between)).toBeLessThan(optima[2]?.delaySeconds ?? 0);
    expect(leastDelay(optima, between)).toBeGreaterThan(optima[1]?.delaySeconds ?? 0);
  });
});

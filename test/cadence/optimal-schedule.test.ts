import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BINS, binOf, EDGES } from '../../lib/cadence/bins.ts';
import { blend, PRIOR_RATES } from '../../lib/cadence/hazard.ts';
import { leastCostSchedule } from '../../lib/cadence/optimal-schedule.ts';

const age = fc.double({ min: 0, max: 700_000, noNaN: true });
const none = () => new Array<number>(BINS).fill(0);
const terms = { pollCostSeconds: 0.5, minSeconds: 2, maxSeconds: 300 };

function historyOf(...seconds: readonly number[]) {
  const ends = none();
  for (const one of seconds) ends[binOf(one)] = (ends[binOf(one)] ?? 0) + 1;
  return blend([{ evidence: { ends, censored: none() }, priorWeight: 0.7 }]);
}

function agesOf(rates: readonly number[], until: number, settings = terms): number[] {
  const schedule = leastCostSchedule(rates, settings);
  const ages: number[] = [];
  for (let age = schedule.nextPollAge(0); age < until; age = schedule.nextPollAge(age)) ages.push(age);
  return ages;
}

describe('the schedule', () => {
  test('for a rate that never changes is equal waits of √(2k/h), as the theory says', () => {
    const rates = none().map(() => 1 / 60);
    const ages = agesOf(rates, 600);
    const waits = ages.slice(1).map((age, at) => age - (ages[at] ?? 0));
    const mean = waits.reduce((sum, wait) => sum + wait, 0) / waits.length;
    expect(mean).toBeGreaterThan(0.9 * Math.sqrt(60));
    expect(mean).toBeLessThan(1.2 * Math.sqrt(60));
  });

  test.each([
    [0.1, 2000],
    [0.1, 5500],
    [0.5, 5500],
  ])(
    'keeps to that where its points lie further apart: a poll worth %d s, from an age of %d s',
    (pollCostSeconds, from) => {
      const rates = none().map(() => 1 / 300);
      const schedule = leastCostSchedule(rates, { ...terms, pollCostSeconds });
      let age = from;
      for (let poll = 0; poll < 50; poll++) age = schedule.nextPollAge(age);
      const best = Math.sqrt(600 * pollCostSeconds);
      expect((age - from) / 50).toBeGreaterThan(0.9 * best);
      expect((age - from) / 50).toBeLessThan(1.2 * best);
    },
  );

  test('polls a job whose like end after a minute next to never before, and often around then', () => {
    const seconds = Array.from({ length: 200 }, (_, at) => 55 + at / 20);
    const ages = agesOf(historyOf(...seconds), 100);
    expect(ages.filter((age) => age < 53).length).toBeLessThanOrEqual(1);
    expect(ages.filter((age) => age >= 53 && age <= 70).length).toBeGreaterThanOrEqual(4);
  });

  test('waits from the first hump of a history to the second', () => {
    const seconds = Array.from({ length: 200 }, (_, at) => (at % 2 === 0 ? 24 + at / 50 : 240 + at / 5));
    const ages = agesOf(historyOf(...seconds), 300);
    expect(ages.filter((age) => age > 45 && age < 220).length).toBeLessThanOrEqual(2);
    expect(ages.some((age) => age > 220)).toBe(true);
  });

  test('polls more often where a poll costs less', () => {
    const often = agesOf(PRIOR_RATES, 300, { ...terms, pollCostSeconds: 0.1, minSeconds: 1 });
    expect(often.length).toBeGreaterThan(1.5 * agesOf(PRIOR_RATES, 300).length);
  });

  const history = fc.array(fc.double({ min: 0, max: 700_000, noNaN: true }), { maxLength: 30 });
  const limits = fc.record({
    pollCostSeconds: fc.double({ min: 0.05, max: 60, noNaN: true }),
    minSeconds: fc.integer({ min: 1, max: 60 }),
    more: fc.integer({ min: 0, max: 3600 }),
  });

  test('never waits longer than the bound, nor much shorter, whatever the history and the age', () => {
    fc.assert(
      fc.property(history, limits, age, (seconds, { pollCostSeconds, minSeconds, more }, ageSeconds) => {
        const settings = { pollCostSeconds, minSeconds, maxSeconds: minSeconds + more };
        const wait = leastCostSchedule(historyOf(...seconds), settings).nextPollAge(ageSeconds) - ageSeconds;
        expect(wait).toBeGreaterThan(0);
        // Points are a 64th of an octave apart; `cadence` cuts the rest off.
        expect(wait).toBeLessThanOrEqual(
          1.05 * (settings.maxSeconds + (settings.maxSeconds + minSeconds) / 4) + 0.05 * ageSeconds,
        );
      }),
      { numRuns: 60 },
    );
  });

  test('a misleading history costs a bounded factor: no wait is longer than 20 times that of a stranger', () => {
    const schedule = leastCostSchedule(historyOf(...new Array<number>(1000).fill(1740)), {
      ...terms,
      maxSeconds: 3600,
    });
    for (const ageSeconds of [0, 10, 100, 500]) {
      const stranger = Math.sqrt((2 * terms.pollCostSeconds * (75 + ageSeconds)) / 1.5);
      expect(schedule.nextPollAge(ageSeconds) - ageSeconds).toBeLessThanOrEqual(20 * stranger * 1.05);
    }
  });
});

describe('what is known', () => {
  test('is the prior where no job got, and the history where many did', () => {
    const rates = historyOf(...new Array<number>(200).fill(60));
    const far = binOf(1000);
    expect(rates[far]).toBeCloseTo(PRIOR_RATES[far] ?? 0, 6);
    const early = binOf(20);
    expect(rates[early]).toBeLessThan((PRIOR_RATES[early] ?? 0) / 50);
    expect(rates[binOf(60)]).toBeGreaterThan(0.1);
  });

  test('takes jobs whose end was not seen as survivors: they lower the rate, they end nothing', () => {
    const ends = none();
    ends[binOf(30)] = 10;
    const censored = none();
    censored[binOf(600)] = 90;
    const seen = blend([{ evidence: { ends, censored: none() }, priorWeight: 0.7 }]);
    const withCensored = blend([{ evidence: { ends, censored }, priorWeight: 0.7 }]);
    const at = binOf(30);
    expect(withCensored[at]).toBeLessThan((seen[at] ?? 0) / 3);
    expect(withCensored[binOf(100)]).toBeLessThan((seen[binOf(100)] ?? 0) / 10);
  });

  test('of a region outweighs that of its operation only when there is enough of it', () => {
    const operation = none();
    operation[binOf(60)] = 200;
    const inRegion = (jobs: number) => {
      const region = none();
      region[binOf(300)] = jobs;
      return blend([
        { evidence: { ends: operation, censored: none() }, priorWeight: 0.7 },
        { evidence: { ends: region, censored: none() }, priorWeight: 10 },
      ]);
    };
    const at = binOf(60);
    expect(inRegion(2)[at]).toBeGreaterThan((inRegion(0)[at] ?? 0) / 2);
    expect(inRegion(200)[at]).toBeLessThan((inRegion(0)[at] ?? 0) / 5);
  });

  test('bins follow each other without a gap, and every duration has one', () => {
    fc.assert(
      fc.property(age, (seconds) => {
        const bin = binOf(seconds);
        expect(EDGES[bin]).toBeLessThanOrEqual(seconds * (1 + 1e-9));
        expect(bin === BINS - 1 || (EDGES[bin + 1] ?? 0) > seconds * (1 - 1e-9)).toBe(true);
      }),
    );
    expect([binOf(-1), binOf(Number.NaN), binOf(0.99), binOf(1), binOf(1e9)]).toEqual([0, 0, 0, 1, BINS - 1]);
  });
});

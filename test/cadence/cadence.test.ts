import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { toIso, toMs } from '../../lib/base/time.ts';
import { BINS, binOf } from '../../lib/cadence/bins.ts';
import { makeCadence, SOLO_CALL } from '../../lib/cadence/cadence.ts';
import type { Counts } from '../../lib/cadence/counts.ts';
import { START_MS } from '../fakes/clock.ts';
import { aDetail, aJob } from '../fakes/records.ts';

const SECOND = 1000;
const settings = { pollMinMs: 2000, pollMaxMs: 300_000, pollCostSeconds: 0.5 };
const detail = aDetail({ operation: 'CREATE' });
const job = aJob({ detail });

function learned(seconds: number, jobs: number, overrides: Partial<Counts> = {}): Counts {
  const ends = new Array<number>(BINS).fill(0);
  // Five neighbours, so that it is no single bin.
  for (let at = -2; at <= 2; at++) ends[binOf(seconds) + at] = jobs / 5;
  return {
    api: 'test.api',
    operation: 'CREATE',
    region: 'eu-1',
    count: jobs,
    sinceMs: START_MS,
    lean: 0,
    faded: jobs,
    ends,
    censored: new Array<number>(BINS).fill(0),
    ...overrides,
  };
}

function cadenceOf(...counts: readonly Counts[]) {
  const cadence = makeCadence(settings);
  cadence.refit(counts, START_MS);
  return cadence;
}

describe('without a history', () => {
  test('a job is polled after about six seconds, and then ever more seldom', () => {
    const cadence = makeCadence(settings);
    const waits: number[] = [];
    let nowMs = cadence.firstPollMs(job);
    waits.push((nowMs - START_MS) / SECOND);
    while (nowMs < START_MS + 3_600_000) {
      const waitMs = cadence.nextPollInMs(job, nowMs, SOLO_CALL);
      waits.push(waitMs / SECOND);
      nowMs += waitMs;
    }
    expect(waits[0]).toBeGreaterThan(5);
    expect(waits[0]).toBeLessThan(7);
    expect(waits.at(-1)).toBeGreaterThan(35);
    expect(waits.at(-1)).toBeLessThan(85);
  });

  test('a deployer whose clock is five minutes ahead waits no longer than others', () => {
    const ahead = aJob({ ...job, submittedAt: toIso(START_MS + 300 * SECOND) });
    expect(makeCadence(settings).firstPollMs(ahead)).toBe(makeCadence(settings).firstPollMs(job));
  });

  test('nothing is expected and nothing is overdue', () => {
    expect(makeCadence(settings).outlook(job, START_MS + 1e9)).toEqual({ expectedEndAt: null, isOverdue: false });
  });
});

describe('with a history', () => {
  test('the first poll comes when the first of such jobs end', () => {
    const operation = aJob({ detail: aDetail() });
    // What the job does is not known before the first poll: every operation of the api counts.
    const firstMs = cadenceOf(learned(60, 200)).firstPollMs(operation) - START_MS;
    expect(firstMs / SECOND).toBeGreaterThan(45);
    expect(firstMs / SECOND).toBeLessThan(65);
  });

  test('an operation follows its own history, not that of the others', () => {
    const cadence = cadenceOf(learned(26, 200), learned(1740, 200, { operation: 'UPGRADE' }));
    const upgrade = aJob({ detail: aDetail({ operation: 'UPGRADE' }) });
    const atMs = START_MS + 20 * SECOND;
    expect(cadence.nextPollInMs(job, atMs, SOLO_CALL)).toBeLessThan(10 * SECOND);
    expect(cadence.nextPollInMs(upgrade, atMs, SOLO_CALL)).toBeGreaterThan(60 * SECOND);
  });

  test('of other apis nothing is learned', () => {
    const cadence = cadenceOf(learned(1740, 200, { api: 'other.api' }));
    expect(cadence.firstPollMs(job)).toBe(makeCadence(settings).firstPollMs(job));
  });

  test.each([
    [4, null],
    [5, 60],
    [200, 60],
  ])('of %i jobs the expected end is %j s after the begin', (jobs, seconds) => {
    const { expectedEndAt } = cadenceOf(learned(60, jobs)).outlook(job, START_MS);
    if (seconds === null || expectedEndAt === null) return expect(expectedEndAt).toBe(seconds);
    expect(Math.abs((toMs(expectedEndAt) - START_MS) / SECOND - seconds)).toBeLessThan(8);
  });

  test.each([
    ['with 19 jobs there is no mark', 19, 1000, false],
    ['with 20 jobs a job that is older than nearly all became is overdue', 20, 70, true],
    ['and one that is not is not', 20, 55, false],
  ])('%s', (_, jobs, ageSeconds, isOverdue) => {
    const outlook = cadenceOf(learned(60, jobs)).outlook(job, START_MS + ageSeconds * SECOND);
    expect(outlook.isOverdue).toBe(isOverdue);
  });

  test("the age counts from the vendor's begin, unless that is a clock that is off", () => {
    const cadence = cadenceOf(learned(60, 20));
    const began = (seconds: number) =>
      aJob({ detail: aDetail({ operation: 'CREATE', beganAt: toIso(START_MS + seconds * SECOND) }) });
    expect(cadence.outlook(began(30), START_MS + 75 * SECOND).isOverdue).toBe(false);
    expect(cadence.outlook(began(-60), START_MS + 10 * SECOND).isOverdue).toBe(true);
    expect(cadence.outlook(began(-28_800), START_MS + 10 * SECOND).isOverdue).toBe(false);
  });

  test('a thousand regions that nothing is known of are thought about once, and polled as the operation is', () => {
    let thoughts = 0;
    const { ends, ...rest } = learned(60, 200);
    const history: Counts = {
      ...rest,
      get ends() {
        thoughts += 1;
        return ends;
      },
    };
    const cadence = cadenceOf(history);
    const pollAt = (region: string) => {
      const one = { ...job, region };
      cadence.outlook(one, START_MS);
      return cadence.firstPollMs(one);
    };
    const pollsAt = pollAt('nowhere-0');
    const afterOne = thoughts;
    for (let region = 1; region < 1000; region++) expect(pollAt(`nowhere-${region}`)).toBe(pollsAt);
    expect(thoughts).toBe(afterOne);
  });

  test('only kinds of which there is news are thought about again, the others within the hour', () => {
    let thoughts = 0;
    const known = (index: number, jobs = 200): Counts => {
      const { ends, ...rest } = learned(60 + index, jobs, { operation: `op-${index}` });
      return {
        ...rest,
        get ends() {
          thoughts += 1;
          return ends;
        },
      };
    };
    const all = Array.from({ length: 120 }, (_, index) => known(index));
    const cadence = cadenceOf(...all);
    const pollAll = () => {
      thoughts = 0;
      for (let index = 0; index < 120; index++)
        cadence.firstPollMs(aJob({ detail: aDetail({ operation: `op-${index}` }) }));
      return thoughts;
    };
    const atFirst = pollAll();
    expect(pollAll()).toBe(0);
    cadence.refit(all.with(7, known(7, 201)), START_MS + 60_000);
    const ofOne = pollAll();
    expect(ofOne).toBeGreaterThan(0);
    expect(ofOne).toBeLessThan(atFirst / 60);
    cadence.refit(all, START_MS + 3_700_000);
    expect(pollAll()).toBeGreaterThan(atFirst / 2);
  });

  test('a first poll may come before the shortest wait, where such jobs have ended by then', () => {
    expect(cadenceOf(learned(1.2, 200)).firstPollMs(job) - START_MS).toBeLessThan(2 * SECOND);
  });

  test('a poll that is worth less comes sooner', () => {
    const first = (pollCostSeconds: number) =>
      makeCadence({ ...settings, pollCostSeconds }).firstPollMs(job) - START_MS;
    expect(first(2) / first(0.5)).toBeGreaterThan(1.6);
    expect(first(0.5) / first(0.125)).toBeGreaterThan(1.6);
  });

  test('what is learned later takes the place of what was known', () => {
    const cadence = cadenceOf(learned(26, 200));
    cadence.refit([learned(600, 205)], START_MS);
    expect(cadence.nextPollInMs(job, START_MS + 20 * SECOND, SOLO_CALL)).toBeGreaterThan(60 * SECOND);
  });
});

describe('jobs that can share a call', () => {
  const callShare = { jobs: 1, requests: 1, canShare: true };

  test('meet: a hundred that began within half a minute are polled together', () => {
    const cadence = makeCadence(settings);
    const instants = new Set<number>();
    for (let at = 0; at < 100; at++) {
      const one = aJob({ submittedAt: toIso(START_MS - at * 300) });
      const nowMs = START_MS + 10 * SECOND + at * 17;
      instants.add(nowMs + cadence.nextPollInMs(one, nowMs, callShare));
    }
    expect(instants.size).toBeLessThanOrEqual(5);
  });

  test('those of a long wait at some of the instants of a short one', () => {
    const cadence = makeCadence(settings);
    const at = (ageSeconds: number) =>
      START_MS +
      cadence.nextPollInMs(aJob({ submittedAt: toIso(START_MS - ageSeconds * SECOND) }), START_MS, callShare);
    expect(at(7 * 3600) % (8 * SECOND)).toBe(0);
    expect(at(60) % (2 * SECOND)).toBe(0);
  });

  test('a poll that is shared is worth more polls', () => {
    const cadence = makeCadence(settings);
    const nowMs = START_MS + 60 * SECOND;
    const shared = cadence.nextPollInMs(job, nowMs, { jobs: 20, requests: 1, canShare: false });
    expect(shared).toBeLessThan(0.6 * cadence.nextPollInMs(job, nowMs, SOLO_CALL));
  });
});

test('the wait keeps within the bounds, whatever the age, the history, the call and the settings', () => {
  const property = fc.property(
    fc.record({ pollMinMs: fc.integer({ min: 1, max: 60 }), more: fc.integer({ min: 0, max: 600 }) }),
    fc.integer({ min: -1e8, max: 7e8 }),
    fc.record({
      jobs: fc.integer({ min: 1, max: 2000 }),
      requests: fc.integer({ min: 1, max: 50 }),
      canShare: fc.boolean(),
    }),
    fc.constantFrom(null, 3, 60, 1740, 90_000),
    (bounds, ageMs, shared, seconds) => {
      const pollMinMs = bounds.pollMinMs * SECOND;
      const cadence = makeCadence({ ...settings, pollMinMs, pollMaxMs: pollMinMs + bounds.more * SECOND });
      cadence.refit(seconds === null ? [] : [learned(seconds, 50)], START_MS);
      const waitMs = cadence.nextPollInMs(job, START_MS + ageMs, shared);
      expect(waitMs).toBeGreaterThanOrEqual(pollMinMs);
      // Where the bounds leave no grid instant between them, the shortest wait is kept and the longest passed by less
      // than a grid.
      expect(waitMs).toBeLessThanOrEqual((pollMinMs + bounds.more * SECOND) * 1.25 + SECOND);
    },
  );
  fc.assert(property, { numRuns: 100 });
});

import { describe, expect, it } from 'vitest';
import { askedAge, DEPLOYMENT, scoreDeployed } from '../../bench/delay/deployed.ts';
import { bestFixed, callsAtDelay, delayAtCalls, fixedIntervals, refine } from '../../bench/delay/equal-calls.ts';
import { makeLaw, uniform } from '../../bench/delay/laws.ts';
import { makeJobs, scoreSchedule, scoreStrategy } from '../../bench/delay/score.ts';
import { fixedInterval, pollAges } from '../../bench/delay/strategy.ts';
import { makeSeededRandom as seeded } from '../../local/simulator/faults.ts';

const SWEEP = [
  { callSeconds: 1, calls: 16, delaySeconds: 1 },
  { callSeconds: 4, calls: 8, delaySeconds: 2 },
  { callSeconds: 16, calls: 4, delaySeconds: 4 },
];

describe('a comparison at equal calls', () => {
  it('reads the delay between two points of the sweep along logarithms', () => {
    expect(delayAtCalls(SWEEP, 8)).toEqual({ seconds: 2, fewer: false });
    expect(delayAtCalls(SWEEP, Math.sqrt(32))?.seconds).toBeCloseTo(Math.sqrt(8), 9);
  });

  it('says when a watcher never makes so many calls, and when it needs more', () => {
    expect(delayAtCalls(SWEEP, 20)).toEqual({ seconds: 1, fewer: true });
    expect(delayAtCalls(SWEEP, 3)).toBeNull();
  });

  it('never gives a longer delay for more calls', () => {
    const odd = [...SWEEP, { callSeconds: 64, calls: 4, delaySeconds: 50 }];
    expect(delayAtCalls(odd, 4)?.seconds).toBe(4);
    expect(delayAtCalls(odd, 5)?.seconds).toBeLessThanOrEqual(4);
  });

  it('finds the fewest calls for a delay', () => {
    expect(callsAtDelay(SWEEP, 2.5)).toBe(8);
    expect(callsAtDelay(SWEEP, 0.5)).toBeNull();
  });

  it('finds the fixed interval with the least delay for the calls', () => {
    const jobs = makeJobs(makeLaw('', '', uniform(0, 100), 2000).durations);
    const best = bestFixed(fixedIntervals(jobs), 5.5);
    // An interval d polls jobs that end evenly over 100 s 50 / d + 0.5 times, and finds them d / 2 late.
    expect(best?.intervalSeconds).toBeCloseTo(10, 0);
    expect(best?.delaySeconds).toBeCloseTo(5, 0);
    expect(bestFixed(fixedIntervals(jobs), 0.5)).toBeNull();
  });
});

describe('a score', () => {
  const jobs = makeJobs(Float64Array.of(1, 5, 5, 12));

  it('counts every poll and the time from the end to the poll that finds it', () => {
    // Polled at 4, 8 and 12: 1, 2, 2 and 3 calls; delays of 3, 3, 3 and 0 s.
    expect(scoreSchedule(jobs, [4, 8, 12])).toEqual({ calls: 2, delaySeconds: 2.25 });
    expect(scoreStrategy(jobs, fixedInterval('', 4), seeded(1), 1)).toEqual({
      calls: 2,
      delaySeconds: 2.25,
      p95Seconds: 3,
    });
  });

  it('refuses a schedule that leaves jobs unasked', () => {
    expect(() => scoreSchedule(jobs, [4, 8])).toThrow('before the longest job');
  });

  it('refuses a strategy that never gets on', () => {
    expect(() => pollAges(fixedInterval('stuck', 0), seeded(1), 1)).toThrow('stuck polls more than');
  });
});

describe('the model of a deployment', () => {
  const calm = { ...DEPLOYMENT, receiveSeconds: 0, foundShare: 1, askSeconds: 0 };

  it('rounds a wait up to whole seconds', () => {
    expect(askedAge(calm, { ageSeconds: 3, waitSeconds: 2.1, phaseSeconds: 0.5 }, seeded(1))).toBeCloseTo(6, 9);
  });

  it('polls what is due between two ticks at the beginning of the next', () => {
    expect(askedAge(calm, { ageSeconds: 0, waitSeconds: 50, phaseSeconds: 3 }, seeded(1))).toBeCloseTo(57, 9);
  });

  it('adds to the delay, and nothing if ticks have no gap and nothing is missed', () => {
    const durations = Array.from({ length: 400 }, (_, index) => 20 + index / 10);
    const bare = scoreDeployed(durations, fixedInterval('', 5), { ...calm, watchSeconds: 60 }, seeded(1));
    expect(bare.delaySeconds).toBeCloseTo(
      scoreStrategy(makeJobs(Float64Array.from(durations)), fixedInterval('', 5), seeded(1), 1).delaySeconds,
      6,
    );
    const real = scoreDeployed(durations, fixedInterval('', 5), DEPLOYMENT, seeded(1));
    expect(real.delaySeconds).toBeGreaterThan(bare.delaySeconds + 1);
  });
});

describe('a sweep', () => {
  it('is made finer where the delay changes much around what will be read', () => {
    const measured: number[] = [];
    const measure = (callSeconds: number) => {
      measured.push(callSeconds);
      return { callSeconds, calls: 16 / Math.sqrt(callSeconds), delaySeconds: Math.sqrt(callSeconds) };
    };
    const coarse = [1, 16, 256].map(measure);
    measured.length = 0;
    const fine = refine(coarse, [5], measure);
    expect(measured[0]).toBe(4);
    expect(measured.every((callSeconds) => callSeconds > 1 && callSeconds < 16)).toBe(true);
    expect(delayAtCalls(fine, 5)?.seconds).toBeCloseTo(16 / 5, 6);
    expect(refine(coarse, [500], measure)).toHaveLength(3);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makePace } from '../../lib/admission/pace.ts';

const settings = { callsPerSecond: 5, inFlightMax: 50 };
const pace = () => makePace(settings, () => 0);

describe('the pace', () => {
  it('lets one second of calls begin at once and gives the others slots, one after another', () => {
    const limiter = pace();
    const admissions = Array.from({ length: 9 }, () => limiter.admit('s', 0));
    expect(admissions.map((one) => (one.kind === 'go' ? 'go' : one.untilMs))).toEqual([
      'go',
      'go',
      'go',
      'go',
      'go',
      200,
      400,
      600,
      800,
    ]);
  });

  it('keeps scopes apart', () => {
    const limiter = pace();
    for (let call = 0; call < 9; call++) limiter.admit('s', 0);
    expect(limiter.admit('t', 0).kind).toBe('go');
  });

  it('never makes anybody wait for more than fifteen minutes', () => {
    const limiter = pace();
    const waits = Array.from({ length: 10_000 }, () => limiter.admit('s', 0)).map((one) =>
      one.kind === 'wait' ? one.untilMs : 0,
    );
    expect(Math.max(...waits)).toBe(15 * 60_000);
  });

  it('never lets more begin in any second than the pace and its burst', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 400 }), { minLength: 1, maxLength: 300 }), (gaps) => {
        const limiter = pace();
        let nowMs = 0;
        const begun: number[] = [];
        for (const gap of gaps) {
          nowMs += gap;
          if (limiter.admit('s', nowMs).kind === 'go') {
            begun.push(nowMs);
            limiter.settle('s', { kind: 'answered' }, nowMs);
          }
        }
        for (const from of begun) {
          const inTenSeconds = begun.filter((ms) => ms >= from && ms < from + 10_000).length;
          expect(inTenSeconds).toBeLessThanOrEqual(5 + 50);
        }
      }),
    );
  });

  it.each([
    [700, 700],
    [null, 2000],
    [10 ** 9, 15 * 60_000],
  ])('cools down for what the vendor asks: %s ms makes %i ms', (retryAfterMs, waitMs) => {
    const limiter = pace();
    limiter.admit('s', 0);
    limiter.settle('s', { kind: 'throttled', retryAfterMs }, 0);
    expect(limiter.admit('s', waitMs - 1).kind).toBe('wait');
    expect(limiter.admit('s', waitMs).kind).toBe('go');
  });

  it('doubles the cool-down from 2 s to 60 s while the vendor goes on throttling', () => {
    const limiter = pace();
    let nowMs = 0;
    const waits: number[] = [];
    for (let round = 0; round < 7; round++) {
      const admitted = limiter.admit('s', nowMs);
      expect(admitted.kind).toBe('go');
      limiter.settle('s', { kind: 'throttled', retryAfterMs: null }, nowMs);
      const denied = limiter.admit('s', nowMs);
      const untilMs = denied.kind === 'wait' ? denied.untilMs : 0;
      waits.push(untilMs - nowMs);
      nowMs = untilMs;
    }
    expect(waits).toEqual([2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]);
  });

  it('probes by one call before it returns to full pace', () => {
    const limiter = pace();
    limiter.admit('s', 0);
    limiter.settle('s', { kind: 'throttled', retryAfterMs: 1000 }, 0);
    expect([limiter.admit('s', 5000).kind, limiter.admit('s', 5000).kind]).toEqual(['go', 'wait']);
    limiter.settle('s', { kind: 'answered' }, 5100);
    expect([limiter.admit('s', 5100).kind, limiter.admit('s', 5100).kind]).toEqual(['go', 'go']);
  });

  it('cools down after three calls in a row that found nobody, not after one', () => {
    const limiter = pace();
    for (let call = 0; call < 3; call++) {
      expect(limiter.admit('s', call).kind).toBe('go');
      limiter.settle('s', { kind: 'unreachable' }, call);
    }
    expect(limiter.admit('s', 10).kind).toBe('wait');
  });

  it('bounds the calls of a scope that are under way', () => {
    const limiter = makePace({ callsPerSecond: 1000, inFlightMax: 2 }, () => 0);
    expect([limiter.admit('s', 0).kind, limiter.admit('s', 0).kind, limiter.admit('s', 0).kind]).toEqual([
      'go',
      'go',
      'wait',
    ]);
    limiter.settle('s', { kind: 'answered' }, 10);
    expect(limiter.admit('s', 10).kind).toBe('go');
  });

  it.each([
    [5, 4],
    [5, 3],
    [4, 4],
    [7, 2],
    [1, 1],
    [1000, 4],
  ])('of %i calls a second is kept in sum by %i workers, and so is its burst', (callsPerSecond, workers) => {
    const gaps = fc.array(fc.tuple(fc.integer({ min: 0, max: 300 }), fc.nat(workers - 1)), { maxLength: 300 });
    fc.assert(
      fc.property(gaps, (tries) => {
        const crew = Array.from({ length: workers }, () => makePace({ callsPerSecond, inFlightMax: 50 }, () => 0));
        for (const one of crew) one.share(workers);
        const begun: number[] = [];
        let nowMs = 0;
        for (const [gapMs, worker] of tries) {
          nowMs += gapMs;
          if (crew[worker]?.spend('s', nowMs)) begun.push(nowMs);
        }
        for (const from of begun) {
          const within = (ms: number) => begun.filter((at) => at >= from && at < from + ms).length;
          expect(within(1000)).toBeLessThanOrEqual(2 * callsPerSecond);
          expect(within(10_000)).toBeLessThanOrEqual(11 * callsPerSecond);
        }
      }),
    );
  });

  it('gives one worker of four its quarter, and no call that it had not yet', () => {
    const limiter = pace();
    limiter.share(4);
    const begun = Array.from({ length: 10_000 }, (_, ms) => limiter.spend('s', ms)).filter((went) => went).length;
    expect(begun).toBe(13);
  });

  it('follows the workers of each tick, and lets a slow scope be asked at all', () => {
    const limiter = makePace({ callsPerSecond: 1, inFlightMax: 50 }, () => 0);
    limiter.share(4);
    expect([limiter.spend('s', 0), limiter.spend('s', 3999), limiter.spend('s', 4000)]).toEqual([true, false, true]);
    limiter.share(1);
    expect([limiter.spend('s', 7999), limiter.spend('s', 8000), limiter.spend('s', 9000)]).toEqual([false, true, true]);
  });

  it('forgets scopes at rest before names without end fill the memory, and none that cools down', () => {
    const limiter = makePace({ callsPerSecond: 5, inFlightMax: 50 }, () => 0);
    limiter.admit('hot', 0);
    limiter.settle('hot', { kind: 'throttled', retryAfterMs: 600_000 }, 0);
    for (let scope = 0; scope < 30_000; scope++) limiter.spend(`s${scope}`, scope);
    expect(limiter.admit('hot', 30_000)).toMatchObject({ kind: 'wait' });
    expect(limiter.scopes()).toBeLessThanOrEqual(10_000);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makePace, type Pace } from '../../lib/admission/pace.ts';

const settings = { callsPerSecond: 5, inFlightMax: 50 };
const ALONE = { workers: 1 };
const OF_FOUR = { workers: 4 };
const pace = () => makePace(settings, () => 0);

/** What so many calls at once are told, of those that may not begin. */
const busyOnes = (limiter: ReturnType<typeof pace>, calls: number) =>
  Array.from({ length: calls }, () => limiter.acquire('s', ALONE, 0)).filter((one) => one.kind === 'busy');

/** Begins a call that must be admitted; its epoch. */
function begin(limiter: Pace, nowMs: number, scope = 's'): number {
  const admission = limiter.acquire(scope, ALONE, nowMs);
  if (admission.kind !== 'go') throw new Error(`expected go, got ${admission.kind}`);
  return admission.epoch;
}

describe('the pace', () => {
  it('lets one second of calls begin at once and says when the next one may', () => {
    const limiter = pace();
    const admissions = Array.from({ length: 7 }, () => limiter.acquire('s', ALONE, 0));
    const said = admissions.map((one) => (one.kind === 'busy' ? one.retryMs : one.kind));
    expect(said).toEqual(['go', 'go', 'go', 'go', 'go', 200, 200]);
    expect([limiter.acquire('s', ALONE, 199).kind, limiter.acquire('s', ALONE, 200).kind]).toEqual(['busy', 'go']);
  });

  it('gives what goes back slots, one after another', () => {
    const limiter = pace();
    const slots = busyOnes(limiter, 9).map((busy) => busy.slot(1000, 0).untilMs);
    expect(slots).toEqual([1000, 1200, 1400, 1600]);
  });

  it('keeps the next request for a call that was begun and waits, as long as it waits', () => {
    const limiter = pace();
    for (let call = 0; call < 5; call++) limiter.acquire('s', ALONE, 0);
    expect(limiter.take('s', ALONE, 100)).toBe(false);
    expect(limiter.acquire('s', ALONE, 200)).toMatchObject({ kind: 'busy', retryMs: 500 });
    expect(limiter.take('s', ALONE, 300)).toBe(true);
    expect(limiter.acquire('s', ALONE, 400).kind).toBe('go');
  });

  it.each([
    [0.5, 1, 2000],
    [0.5, 4, 8000],
    [1, 1, 1000],
    [50, 1, 200],
  ])(
    'of an api that allows %d calls a second, over %i workers, lets one begin every %i ms',
    (rate, workers, everyMs) => {
      const limiter = pace();
      const share = { workers, atMostPerSecond: rate };
      while (limiter.acquire('s', share, 0).kind === 'go');
      const begun = Array.from({ length: 240 }, (_, at) => at * 100 + 100).filter(
        (ms) => limiter.acquire('s', share, ms).kind === 'go',
      );
      expect(begun.slice(0, 3)).toEqual([everyMs, 2 * everyMs, 3 * everyMs]);
      expect(limiter.intervalMs(share)).toBe(everyMs);
    },
  );

  it('keeps a wait that a good answer names, the longest of those under way, and no back-off with it', () => {
    const limiter = pace();
    const [one, other] = [begin(limiter, 0), begin(limiter, 0)];
    limiter.release('s', { kind: 'answered', restMs: 3000 }, 100, one);
    limiter.release('s', { kind: 'answered' }, 200, other);
    expect(limiter.isCooling('s', 3099)).toBe(true);
    expect(limiter.acquire('s', ALONE, 3099)).toMatchObject({ kind: 'wait', untilMs: 3100 });
    begin(limiter, 3100);
    expect(limiter.acquire('s', ALONE, 3100).kind).toBe('go');
  });

  it('ends a back-off by a good answer, and still keeps the wait that it names', () => {
    const limiter = pace();
    limiter.release('s', { kind: 'throttled', retryAfterMs: null }, 0, begin(limiter, 0));
    const probe = begin(limiter, 2000);
    limiter.release('s', { kind: 'answered', restMs: 500 }, 2000, probe);
    expect(limiter.acquire('s', ALONE, 2499).kind).toBe('wait');
    expect([begin(limiter, 2500), limiter.acquire('s', ALONE, 2500).kind]).toEqual([expect.any(Number), 'go']);
  });

  it('keeps scopes apart', () => {
    const limiter = pace();
    for (let call = 0; call < 9; call++) limiter.acquire('s', ALONE, 0);
    expect(limiter.acquire('t', ALONE, 0).kind).toBe('go');
  });

  it('never makes anybody wait for more than fifteen minutes', () => {
    const limiter = pace();
    const waits = busyOnes(limiter, 10_000).map((busy) => busy.slot(0, 0).untilMs);
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
          const admission = limiter.acquire('s', ALONE, nowMs);
          if (admission.kind !== 'go') continue;
          begun.push(nowMs);
          limiter.release('s', { kind: 'answered' }, nowMs, admission.epoch);
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
    limiter.release('s', { kind: 'throttled', retryAfterMs }, 0, begin(limiter, 0));
    expect(limiter.acquire('s', ALONE, waitMs - 1).kind).toBe('wait');
    expect(limiter.acquire('s', ALONE, waitMs).kind).toBe('go');
  });

  it('doubles the cool-down from 2 s to 60 s while the vendor goes on throttling', () => {
    const limiter = pace();
    let nowMs = 0;
    const waits: number[] = [];
    for (let round = 0; round < 7; round++) {
      limiter.release('s', { kind: 'throttled', retryAfterMs: null }, nowMs, begin(limiter, nowMs));
      const denied = limiter.acquire('s', ALONE, nowMs);
      const untilMs = denied.kind === 'wait' ? denied.untilMs : 0;
      waits.push(untilMs - nowMs);
      nowMs = untilMs;
    }
    expect(waits).toEqual([2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]);
  });

  it('probes by one call before it returns to full pace', () => {
    const limiter = pace();
    limiter.release('s', { kind: 'throttled', retryAfterMs: 1000 }, 0, begin(limiter, 0));
    const probe = begin(limiter, 5000);
    expect(limiter.acquire('s', ALONE, 5000).kind).toBe('busy');
    limiter.release('s', { kind: 'answered' }, 5100, probe);
    expect([limiter.acquire('s', ALONE, 5100).kind, limiter.acquire('s', ALONE, 5100).kind]).toEqual(['go', 'go']);
  });

  it.each([
    ['the wait that the vendor named', 5000, 5000],
    ['its own back-off', null, 2000],
  ])('keeps to %s, though a call that was under way is answered after it', (_, retryAfterMs, waitMs) => {
    const limiter = pace();
    const [late, throttled] = [begin(limiter, 0), begin(limiter, 0)];
    limiter.release('s', { kind: 'throttled', retryAfterMs }, 10, throttled);
    limiter.release('s', { kind: 'answered' }, 20, late);
    expect(limiter.isCooling('s', 9 + waitMs)).toBe(true);
    expect(limiter.acquire('s', ALONE, 9 + waitMs).kind).toBe('wait');
    begin(limiter, 10 + waitMs);
    expect(limiter.acquire('s', ALONE, 10 + waitMs).kind).toBe('busy');
  });

  it('lets one call probe alone, though another one that was under way ends meanwhile', () => {
    const limiter = pace();
    const [late, throttled] = [begin(limiter, 0), begin(limiter, 0)];
    limiter.release('s', { kind: 'throttled', retryAfterMs: 1000 }, 10, throttled);
    const probe = begin(limiter, 2000);
    limiter.release('s', { kind: 'unreachable' }, 2100, late);
    expect(limiter.acquire('s', ALONE, 2200).kind).toBe('busy');
    limiter.release('s', { kind: 'answered' }, 2300, probe);
    begin(limiter, 2300);
  });

  it('keeps to the longest wait that the vendor named to calls that were under way together', () => {
    const limiter = pace();
    const calls = [begin(limiter, 0), begin(limiter, 0), begin(limiter, 0)];
    for (const [index, epoch] of calls.entries())
      limiter.release('s', { kind: 'throttled', retryAfterMs: [1000, 9000, null][index] ?? null }, 0, epoch);
    expect([limiter.isCooling('s', 8999), limiter.isCooling('s', 9000)]).toEqual([true, false]);
  });

  it('puts nobody off for longer than a minute after an outage, whatever chance says', () => {
    for (const chance of [0, 0.5, 0.999]) {
      const limiter = makePace(settings, () => chance);
      let nowMs = 0;
      for (let call = 0; call < 12; call++) {
        limiter.release('s', { kind: 'unreachable' }, nowMs, begin(limiter, nowMs));
        const beganMs = nowMs;
        while (limiter.isCooling('s', nowMs)) nowMs += 100;
        expect(nowMs - beganMs).toBeLessThanOrEqual(60_000);
      }
    }
  });

  it('cools down after three calls in a row that found nobody, not after one', () => {
    const limiter = pace();
    for (let call = 0; call < 3; call++) {
      limiter.release('s', { kind: 'unreachable' }, call, begin(limiter, call));
    }
    expect(limiter.acquire('s', ALONE, 10).kind).toBe('wait');
  });

  it('bounds the calls of a scope that are under way', () => {
    const limiter = makePace({ callsPerSecond: 1000, inFlightMax: 2 }, () => 0);
    expect([
      limiter.acquire('s', ALONE, 0).kind,
      limiter.acquire('s', ALONE, 0).kind,
      limiter.acquire('s', ALONE, 0).kind,
    ]).toEqual(['go', 'go', 'busy']);
    limiter.release('s', { kind: 'answered' }, 10, 0);
    expect(limiter.acquire('s', ALONE, 10).kind).toBe('go');
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
        const begun: number[] = [];
        let nowMs = 0;
        for (const [gapMs, worker] of tries) {
          nowMs += gapMs;
          if (crew[worker]?.take('s', { workers }, nowMs)) begun.push(nowMs);
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
    const begun = Array.from({ length: 10_000 }, (_, ms) => limiter.take('s', OF_FOUR, ms)).filter(
      (went) => went,
    ).length;
    expect(begun).toBe(13);
  });

  it('follows the workers of each tick, and lets a slow scope be polled at all', () => {
    const limiter = makePace({ callsPerSecond: 1, inFlightMax: 50 }, () => 0);
    const take = (share: { workers: number }, ms: number) => limiter.take('s', share, ms);
    expect([take(OF_FOUR, 0), take(OF_FOUR, 3999), take(OF_FOUR, 4000)]).toEqual([true, false, true]);
    expect([take(ALONE, 7999), take(ALONE, 8000), take(ALONE, 9000)]).toEqual([false, true, true]);
  });

  it('forgets scopes at rest before names without end fill the memory, and none that cools down', () => {
    const limiter = makePace({ callsPerSecond: 5, inFlightMax: 50 }, () => 0);
    limiter.release('hot', { kind: 'throttled', retryAfterMs: 600_000 }, 0, begin(limiter, 0, 'hot'));
    for (let scope = 0; scope < 30_000; scope++) limiter.take(`s${scope}`, ALONE, scope);
    expect(limiter.acquire('hot', ALONE, 30_000)).toMatchObject({ kind: 'wait' });
    expect(limiter.scopes()).toBeLessThanOrEqual(10_000);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nextAskInMs } from '../lib/cadence.ts';
import type { Observation } from '../lib/observation.ts';
import { isOverdue, isWorthWriting, nextLookMs } from '../lib/schedule.ts';
import { toIso } from '../lib/time.ts';
import { START_MS } from './fakes/clock.ts';
import { aDetail, aJob } from './fakes/records.ts';

const SECOND = 1000;
const MINUTE = 60_000;
const settings = { pollMinMs: 2000, pollMaxMs: 300_000 };
const running: Observation = { kind: 'status', word: 'RUNNING', detail: aDetail() };

describe('the cadence', () => {
  it('begins at 2 s, grows by half, and stops growing at a minute', () => {
    let nowMs = START_MS;
    const waits = Array.from({ length: 12 }, () => {
      const waitMs = nextAskInMs(aJob(), nowMs, settings, () => 0.5);
      nowMs += waitMs;
      return waitMs / SECOND;
    });
    expect(waits.map((seconds) => Math.round(seconds * 10) / 10)).toEqual([
      2, 3, 4.5, 6.8, 10.1, 15.2, 22.8, 34.2, 51.3, 60, 60, 60,
    ]);
  });

  it('keeps within the bounds, whatever the age and the jitter', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -1e9, max: 1e10 }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (ageMs, chance) => {
          const waitMs = nextAskInMs(aJob(), START_MS + ageMs, { pollMinMs: 5000, pollMaxMs: 20_000 }, () => chance);
          expect(waitMs).toBeGreaterThanOrEqual(5000);
          expect(waitMs).toBeLessThanOrEqual(20_000);
        },
      ),
    );
  });
});

describe('the next look', () => {
  const when = { nowMs: START_MS, cadenceMs: 10 * SECOND, withinMs: null };
  const inSeconds = (
    observation: Observation,
    overrides: Partial<typeof when> | { withinMs: number } = {},
    job = aJob(),
  ) => (nextLookMs(job, observation, { ...when, ...overrides }) - START_MS) / SECOND;

  it('follows the cadence, or the vendor, or the reason for waiting', () => {
    expect(inSeconds(running)).toBe(10);
    expect(inSeconds(running, { withinMs: 4000 })).toBe(4);
    expect(inSeconds({ kind: 'throttled', retryAfterMs: 30_000, reason: '' })).toBe(30);
    expect(inSeconds({ kind: 'throttled', retryAfterMs: 700, reason: '' })).toBe(10);
    expect(inSeconds({ kind: 'denied', what: 'key', reason: '' })).toBe(60);
  });

  it('is never later than the deadline, nor than the ten minutes after it', () => {
    const soon = aJob({ deadlineAt: toIso(START_MS + 4 * SECOND) });
    expect(inSeconds(running, {}, soon)).toBe(4);
    const past = aJob({ deadlineAt: toIso(START_MS - 599 * SECOND) });
    expect(inSeconds({ kind: 'denied', what: 'key', reason: '' }, {}, past)).toBe(1);
  });
});

describe('what is worth writing', () => {
  const stored = aJob();
  it.each([
    ['nothing new, a second later', {}, SECOND, false],
    ['nothing new, a minute later', {}, MINUTE, true],
    ['a transition', { seq: 1 }, SECOND, true],
    ['a miss', { misses: { count: 1, firstAt: toIso(START_MS) } }, SECOND, true],
    ['a first FAIL', { failSeenAt: toIso(START_MS) }, SECOND, true],
    ['a next look within the minute', { nextPollAt: toIso(START_MS + MINUTE) }, SECOND, false],
    ['a next look past the minute', { nextPollAt: toIso(START_MS + MINUTE + 1) }, SECOND, true],
    ['one more poll', { polls: 1 }, SECOND, false],
  ])('%s', (_, change, laterMs, worth) => {
    expect(isWorthWriting(stored, { ...stored, ...change }, START_MS + laterMs)).toBe(worth);
  });

  it('never lets a job that is looked at in time seem overdue to another message', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 900 }), { minLength: 1, maxLength: 50 }), (waits) => {
        let nowMs = START_MS;
        let record = aJob();
        for (const seconds of waits) {
          const next = { ...record, nextPollAt: toIso(nowMs + seconds * SECOND) };
          if (isWorthWriting(record, next, nowMs)) record = { ...next, savedAt: toIso(nowMs) };
          nowMs += seconds * SECOND;
          const latest = nowMs + 2 * MINUTE;
          expect(isOverdue(record, latest)).toBe(false);
        }
      }),
    );
  });
});

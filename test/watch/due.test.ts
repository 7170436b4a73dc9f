import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toIso } from '../../lib/base/time.ts';
import type { Observation } from '../../lib/job/observation.ts';
import { isStale, isWorthWriting, nextDueMs } from '../../lib/watch/due.ts';
import { START_MS } from '../fakes/clock.ts';
import { aDetail, aJob } from '../fakes/records.ts';

const SECOND = 1000;
const MINUTE = 60_000;
const running: Observation = { kind: 'status', word: 'RUNNING', detail: aDetail() };

describe('the next look', () => {
  const when = { nowMs: START_MS, cadenceMs: 10 * SECOND, withinMs: null };
  const inSeconds = (
    observation: Observation,
    overrides: Partial<typeof when> | { withinMs: number } = {},
    job = aJob(),
  ) => (nextDueMs(job, observation, { ...when, ...overrides }) - START_MS) / SECOND;

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
          expect(isStale(record, latest)).toBe(false);
        }
      }),
    );
  });
});

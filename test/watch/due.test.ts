import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toIso, toMs } from '../../lib/base/time.ts';
import { withNextPoll } from '../../lib/job/check-by.ts';
import type { Job } from '../../lib/job/job.ts';
import type { Observation } from '../../lib/job/observation.ts';
import { dueSinceMs, isStale, isWorthWriting, nextDueMs, STALE_MS } from '../../lib/watch/due.ts';
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
  const at = (ms: number) => toIso(START_MS + ms);
  const waiting = (ms: number) => ({ nextPollAt: at(ms), waiting: { reason: 'slow down', until: at(ms) } });
  it.each([
    ['nothing new, a second later', {}, SECOND, false],
    ['nothing new, nine minutes later', {}, 9 * MINUTE, false],
    ['a transition', { seq: 1 }, SECOND, true],
    ['a miss', { misses: { count: 1, firstAt: toIso(START_MS) } }, SECOND, true],
    ['a first FAIL', { failSeenAt: toIso(START_MS) }, SECOND, true],
    ['one more poll', { polls: 1 }, SECOND, false],
    ['a reason to wait for seconds, in a record of a second', waiting(10 * SECOND), SECOND, false],
    ['a reason to wait for a minute, in a record of a second', waiting(MINUTE), SECOND, true],
    ['a reason to wait, in a record of a minute', waiting(2 * MINUTE), MINUTE, true],
    ['that a vendor wants to be left alone for two minutes', waiting(2 * MINUTE), SECOND, true],
    ['sub-jobs, in a record of a minute', { detail: aDetail({ operation: 'UPGRADE' }) }, MINUTE, true],
    ['the id of another request', { detail: aDetail({ requestId: 'r' }) }, MINUTE, false],
  ])('%s', (_, change, laterMs, worth) => {
    expect(isWorthWriting(stored, { ...stored, ...change }, START_MS + laterMs)).toBe(worth);
  });

  it('the same reason to wait, minute by minute, is not', () => {
    const record = { ...stored, ...waiting(MINUTE) };
    for (let minute = 1; minute < 9; minute += 1)
      expect(isWorthWriting(record, { ...record, ...waiting((minute + 1) * MINUTE) }, START_MS + minute * MINUTE)).toBe(
        false,
      );
  });

  it.each([
    ['within ten minutes', 10 * MINUTE, false],
    ['after them', 10 * MINUTE + 1, true],
  ])('a next poll %s', (_, nextMs, worth) => {
    expect(isWorthWriting(stored, withNextPoll(stored, START_MS + nextMs, START_MS), START_MS)).toBe(worth);
  });

  const playWaits = (
    waits: readonly number[],
    onPoll: (record: Job, nowMs: number, waitMs: number) => void,
  ): number => {
    let nowMs = START_MS;
    let record = aJob();
    let writes = 0;
    for (const seconds of waits) {
      const next = withNextPoll(record, nowMs + seconds * SECOND, nowMs);
      if (isWorthWriting(record, next, nowMs)) {
        record = { ...next, savedAt: toIso(nowMs) };
        writes += 1;
      }
      onPoll(record, nowMs, seconds * SECOND);
      nowMs += seconds * SECOND;
    }
    return writes;
  };

  it('never lets a job that is polled in time seem lost, nor a lost one seem watched for long', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 900 }), { minLength: 1, maxLength: 50 }), (waits) => {
        let longestMs = 0;
        playWaits(waits, (record, nowMs, waitMs) => {
          longestMs = Math.max(longestMs, waitMs);
          expect(isStale(record, nowMs + waitMs + STALE_MS)).toBe(false);
          expect(toMs(record.checkBy) - nowMs).toBeLessThanOrEqual(Math.max(10 * MINUTE, 8 * longestMs));
        });
      }),
    );
  });

  it.each([
    [2, 1800, 6],
    [30, 240, 12],
    [75, 96, 12],
    [300, 24, 3],
  ])('that time has passed, with a poll every %i s, of %i polls in no more than %i', (seconds, polls, most) => {
    const writes = playWaits(new Array<number>(polls).fill(seconds), () => undefined);
    expect(writes).toBeLessThanOrEqual(most);
    expect(writes).toBeGreaterThan(0);
  });
});

describe('since when a job is due that this process has not polled', () => {
  it.each([
    ['a first poll goes by its record', {}, -90 * SECOND],
    ['a later one by its message', { lastPolledAt: toIso(START_MS) }, -2 * SECOND],
    ['one that waits for something by its message', { waiting: { reason: 'a key', until: '' } }, -2 * SECOND],
  ])('%s', (_, change, expected) => {
    const job = aJob({ nextPollAt: toIso(START_MS - 90 * SECOND), ...change });
    expect(dueSinceMs(job, { receivedMs: START_MS - 2 * SECOND }) - START_MS).toBe(expected);
  });
});

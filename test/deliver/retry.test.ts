import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { HttpFailure, HttpResponse } from '../../lib/base/http.ts';
import { toMs } from '../../lib/base/time.ts';
import {
  afterFailure,
  RETRY_WAITS_SECONDS,
  stepSeconds,
  VISIBILITY_STEP_MAX_SECONDS,
} from '../../lib/deliver/retry.ts';
import { judgeStatus } from '../../lib/deliver/sinks/http-outcome.ts';

const waitsSeconds = [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400];
const nowMs = toMs('2026-11-20T10:00:00.000Z');
const answer = (status: number, retryAfter?: string): HttpResponse => ({
  kind: 'response',
  status,
  headers: retryAfter === undefined ? {} : { 'retry-after': retryAfter },
  body: '',
});
const silence: HttpFailure = { kind: 'failure', error: 'timeout', code: null, reason: 'no answer' };
const judged = (outcome: HttpResponse | HttpFailure) => judgeStatus(outcome, { beganMs: nowMs - 20, endedMs: nowMs });
const verdictOf = (outcome: HttpResponse | HttpFailure, attempt = 1, random = 0) => {
  const sent = judged(outcome);
  return sent.kind === 'failed' ? afterFailure(sent, attempt, { waitsSeconds, random, nowMs }) : { kind: sent.kind };
};

describe('an attempt', () => {
  test.each([200, 201, 202, 204, 299])('that is answered %i is delivered', (status) => {
    expect(verdictOf(answer(status))).toEqual({ kind: 'delivered' });
  });

  test.each([199, 300, 301, 302, 307, 308, 400, 401, 404, 410, 429, 500, 503])(
    'that is answered %i has failed',
    (status) => {
      expect(verdictOf(answer(status)).kind).toBe('retry');
    },
  );

  test('without an answer has failed', () => {
    expect(verdictOf(silence)).toEqual({ kind: 'retry', waitMs: 5000 });
  });

  test('alone of all answers 410 means that the endpoint is gone', () => {
    const outcomes = [...[200, 404, 409, 410, 411, 500].map((status) => answer(status)), silence];
    const gone = outcomes.map(judged).filter((sent) => sent.kind === 'failed' && sent.isGone);
    expect(gone).toMatchObject([{ detail: { status: 410 } }]);
  });

  test.each([
    [silence, true],
    [{ ...silence, error: 'connect', code: 'ETIMEDOUT' } as const, true],
    [{ ...silence, error: 'connect', code: 'ETIMEOUT' } as const, true],
    [{ ...silence, error: 'connect', code: 'ECONNREFUSED' } as const, false],
    [{ ...silence, error: 'reset' } as const, false],
    [answer(504), false],
  ])('has held its worker to the end, or not: %j', (outcome, isTimeout) => {
    expect(judged(outcome)).toMatchObject({ kind: 'failed', isTimeout });
  });

  test('that no later one can better is the last', () => {
    const final = { retryAfterMs: 60_000, isFinal: true };
    expect(afterFailure(final, 1, { waitsSeconds, random: 0, nowMs })).toEqual({ kind: 'exhausted' });
  });
});

test('the schedule, and after its last wait one attempt more', () => {
  expect(RETRY_WAITS_SECONDS).toEqual(waitsSeconds);
  const waits = waitsSeconds.map((_, at) => verdictOf(silence, at + 1));
  expect(waits).toEqual(waitsSeconds.map((seconds) => ({ kind: 'retry', waitMs: seconds * 1000 })));
  expect(verdictOf(silence, 10)).toEqual({ kind: 'exhausted' });
  expect(verdictOf(silence, 12)).toEqual({ kind: 'exhausted' });
  expect(afterFailure({ retryAfterMs: null, isFinal: false }, 1, { waitsSeconds: [], random: 0, nowMs })).toEqual({
    kind: 'exhausted',
  });
});

test('jitter only lengthens, by a tenth at most', () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0, max: 0.999999, noNaN: true }),
      fc.integer({ min: 1, max: 9 }),
      (random, attempt) => {
        const verdict = verdictOf(silence, attempt, random);
        const base = (waitsSeconds[attempt - 1] ?? 0) * 1000;
        return verdict.kind === 'retry' && verdict.waitMs >= base && verdict.waitMs <= base * 1.1;
      },
    ),
  );
});

describe('Retry-After', () => {
  test.each([
    [429, '60', 60_000],
    [503, '60', 60_000],
    [503, ' 60 ', 60_000],
    [503, '3', 5000],
    [503, '0', 5000],
    [503, '999999999', 86_400_000],
    [503, 'Fri, 20 Nov 2026 10:02:00 GMT', 120_000],
    [503, 'Fri, 20 Nov 2026 09:00:00 GMT', 5000],
    [503, 'Sun, 20 Nov 2033 10:02:00 GMT', 86_400_000],
    [503, 'Fri, 31 Feb 2027 10:02:00 GMT', 5000],
    [503, 'Fri, 20 Nox 2026 10:02:00 GMT', 5000],
    [503, 'Friday, 20-Nov-26 10:02:00 GMT', 5000],
    [503, '-60', 5000],
    [503, '1e3', 5000],
    [503, '60.5', 5000],
    [503, '60, 60', 5000],
    [503, '99999999999999999999', 5000],
    [503, '', 5000],
    [500, '60', 5000],
    [404, '60', 5000],
    [301, '60', 5000],
  ])('of a %i, %j, makes the wait %i ms', (status, header, waitMs) => {
    expect(verdictOf(answer(status, header))).toEqual({ kind: 'retry', waitMs });
  });

  test('never shortens the wait of the schedule', () => {
    expect(verdictOf(answer(503, '60'), 3)).toEqual({ kind: 'retry', waitMs: 1_800_000 });
  });

  test('gives no attempt beyond the schedule', () => {
    expect(verdictOf(answer(503, '60'), 10)).toEqual({ kind: 'exhausted' });
  });
});

test.each([
  [-5, 1],
  [0, 1],
  [1, 1],
  [1000, 1],
  [1001, 2],
  [39_600_000, VISIBILITY_STEP_MAX_SECONDS],
  [86_400_000, VISIBILITY_STEP_MAX_SECONDS],
])('a wait of %i ms delays the message for %i s', (waitMs, seconds) => {
  expect(stepSeconds(waitMs)).toBe(seconds);
});

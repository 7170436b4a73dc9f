import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { asciiBytes, asciiJson } from '../../lib/base/ascii-json.ts';
import {
  boundDetail,
  clipText,
  DETAIL_MAX_BYTES,
  ID_MAX_BYTES,
  MESSAGE_MAX_BYTES,
  SUB_JOBS_MAX,
} from '../../lib/job/detail.ts';
import { type Detail, NO_DETAIL, type SubJob } from '../../lib/job/observation.ts';

function aSubJob(status: string | null, more: Partial<SubJob> = {}): SubJob {
  return {
    jobId: null,
    operation: null,
    status,
    resourceId: null,
    beganAt: null,
    endedAt: null,
    error: null,
    entities: [],
    ...more,
  };
}

const text = fc.string({
  unit: fc.constantFrom('a', '"', '\\', '\n', '\u0001', 'é', '漢', '\u{1f600}', '\ud800', '\uffff'),
  maxLength: 400,
});
const maybe = fc.option(text);
const error = fc.option(fc.record({ code: maybe, message: maybe }));
const entities = fc.array(fc.record({ id: text, type: maybe }), { maxLength: 4 });
const subJob = fc.record({
  jobId: maybe,
  operation: maybe,
  status: fc.option(fc.constantFrom('FAIL', 'fail', 'SUCCESS', 'RUNNING', 'CANCEL')),
  resourceId: maybe,
  beganAt: fc.constant(null),
  endedAt: fc.constant(null),
  error,
  entities,
});
const detail: fc.Arbitrary<Detail> = fc.record({
  operation: maybe,
  resourceId: maybe,
  resourceType: maybe,
  beganAt: fc.constant('2026-11-20T10:04:11.120Z'),
  endedAt: fc.constant(null),
  error,
  subJobs: fc.array(subJob, { maxLength: 60 }),
  requestId: maybe,
});

const statusesOf = ({ subJobs }: Detail) => new Set(subJobs.map(({ status }) => status?.toLowerCase()));

describe('boundDetail', () => {
  test('leaves what is within the limits as it is', () => {
    const small: Detail = {
      ...NO_DETAIL,
      operation: 'UPGRADE',
      error: { code: 'E', message: 'é' },
      subJobs: [aSubJob('FAIL'), aSubJob('FAIL'), aSubJob(null)],
    };
    expect(boundDetail(small)).toEqual(small);
  });

  test('keeps within 8 kB of ASCII JSON and 50 sub-jobs, and one sub-job of each status, whatever it is given', () => {
    fc.assert(
      fc.property(detail, (given) => {
        const bounded = boundDetail(given);
        expect(asciiJson(bounded).length).toBeLessThanOrEqual(DETAIL_MAX_BYTES);
        expect(bounded.subJobs.length).toBeLessThanOrEqual(SUB_JOBS_MAX);
        expect(statusesOf(bounded)).toEqual(statusesOf(given));
        expect(boundDetail(bounded)).toEqual(bounded);
      }),
      { numRuns: 100 },
    );
  });

  test('drops repeated statuses from the end before it touches messages', () => {
    const message = 'x'.repeat(900);
    const subJobs = Array.from({ length: 20 }, (_, index) =>
      aSubJob(index === 15 ? 'FAIL' : 'SUCCESS', { jobId: `s${index}`, error: { code: null, message } }),
    );
    const bounded = boundDetail({ ...NO_DETAIL, error: { code: 'E', message }, subJobs });
    expect(bounded.subJobs.map(({ jobId }) => jobId)).toEqual(['s0', 's1', 's2', 's3', 's4', 's15']);
    expect(bounded.error?.message).toBe(message);
    expect(bounded.subJobs.every((sub) => sub.error?.message === message)).toBe(true);
  });

  test('shortens messages where one sub-job of each status is still too much', () => {
    const subJobs = Array.from({ length: 12 }, (_, index) =>
      aSubJob(`S${index}`, { error: { code: null, message: 'x'.repeat(2000) } }),
    );
    const bounded = boundDetail({ ...NO_DETAIL, subJobs });
    expect(bounded.subJobs).toHaveLength(12);
    expect(bounded.subJobs[0]?.error?.message?.length).toBeGreaterThan(50);
  });

  test('leaves nothing but the statuses of sub-jobs where all else is too much', () => {
    const long = 'x'.repeat(256);
    const part = { jobId: long, operation: long, resourceId: long, entities: [{ id: long, type: long }] };
    const subJobs = Array.from({ length: 20 }, (_, index) => aSubJob(`S${index}`, part));
    const bounded = boundDetail({ ...NO_DETAIL, operation: 'UPGRADE', subJobs });
    expect(bounded.subJobs).toEqual(subJobs.map(({ status }) => aSubJob(status)));
    expect(bounded.operation).toBe('UPGRADE');
  });

  test('even 5000 statuses that are all different end within the limits', () => {
    const subJobs = Array.from({ length: 5000 }, (_, index) =>
      aSubJob(`${index}`.padStart(300, 'é'), { jobId: 'j'.repeat(999) }),
    );
    expect(asciiBytes(boundDetail({ ...NO_DETAIL, subJobs }))).toBeLessThanOrEqual(DETAIL_MAX_BYTES);
  });

  test('bounds every text', () => {
    const long = 'x'.repeat(5000);
    const bounded = boundDetail({
      ...NO_DETAIL,
      operation: long,
      requestId: long,
      error: { code: long, message: long },
    });
    expect(bounded.operation).toHaveLength(ID_MAX_BYTES);
    expect(bounded.requestId).toHaveLength(ID_MAX_BYTES);
    expect(bounded.error?.code).toHaveLength(ID_MAX_BYTES);
    expect(bounded.error?.message).toHaveLength(MESSAGE_MAX_BYTES);
  });
});

describe('clipText', () => {
  test.each([
    ['abc', 3, 'abc'],
    ['abcd', 3, 'abc'],
    ['aé', 7, 'aé'],
    ['aé', 6, 'a'],
    ['\u{1f600}b', 12, '\u{1f600}'],
    ['\u{1f600}b', 11, ''],
    ['"\\\n', 4, '"\\'],
    ['a', 0, ''],
    ['', 0, ''],
  ])('%j within %i bytes is %j', (given, maxBytes, expected) => {
    expect(clipText(given, maxBytes)).toBe(expected);
  });

  test('is the longest beginning that fits', () => {
    fc.assert(
      fc.property(text, fc.nat(100), (given, maxBytes) => {
        const clipped = clipText(given, maxBytes);
        expect(given.startsWith(clipped)).toBe(true);
        expect(asciiBytes(clipped) - 2).toBeLessThanOrEqual(maxBytes);
        const next = [...given.slice(clipped.length)][0];
        if (next !== undefined) expect(asciiBytes(clipped + next) - 2).toBeGreaterThan(maxBytes);
      }),
    );
  });
});

import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { fields } from '../../client/lenient.ts';
import { durations, health, job, problem } from '../../client/responses.ts';
import * as api from '../../lib/api/responses.ts';
import { jobView } from '../../lib/api/views.ts';
import { aJob } from '../fakes/records.ts';

const JOB = jobView(aJob({}));

describe('a client reads the response of', () => {
  test('an API of its own version, and keeps what it does not read', () => {
    expect(v.parse(job, JOB)).toEqual(JOB);
  });

  test('a newer API: more fields, at any depth, and more words', () => {
    const newer = {
      ...JOB,
      phase: 'paused',
      pausedBy: 'somebody',
      waiting: { reason: 'r', until: JOB.createdAt, attempt: 2 },
      detail: { ...JOB.detail, zone: 'a', subJobs: [{ ...aSubJob, zone: 'a' }] },
    };
    expect(v.parse(job, newer)).toEqual(newer);
  });

  test('an older API: fields that came later are missing', () => {
    const { expectedEndAt: _, ...older } = JOB;
    expect(v.parse(job, older)).toEqual(older);
    const learned = { api: 'alibaba.alb', operation: null, count: 3, p50Seconds: 1.5, p90Seconds: 2 };
    expect(v.is(durations, { durations: [learned] })).toBe(true);
    const state = { status: 'ok', lastTickAt: null, oldestDueAt: null, queues: null, deniedAccounts: null };
    expect(v.parse(health, state)).toEqual({ ...state, unread: [] });
    expect(v.is(problem, { detail: 'No job with this id.' })).toBe(true);
  });

  test('somebody else never', () => {
    expect(v.is(job, { ...JOB, polls: '3' })).toBe(false);
    expect(v.is(job, { ...JOB, history: [{}] })).toBe(false);
    expect(v.is(job, { ...JOB, labels: { team: 1 } })).toBe(false);
    expect(v.is(job, {})).toBe(false);
    expect(v.is(job, null)).toBe(false);
  });
});

test('every response of the API can be read leniently', () => {
  const objects = Object.values(api);
  expect(objects.length).toBeGreaterThan(15);
  for (const schema of objects) {
    const names = Object.keys(schema.entries) as never[];
    expect(Object.keys(fields(schema, names))).toEqual(names);
  }
});

const aSubJob = {
  jobId: 'b',
  operation: null,
  status: 'Processing',
  resourceId: null,
  beganAt: null,
  endedAt: null,
  error: null,
};

import * as v from 'valibot';
import { expect, test } from 'vitest';
import { addTransitions, bareRecord } from '../../lib/job/history.ts';
import type { Job } from '../../lib/job/job.ts';
import { jobRecord } from '../../lib/job/record-schema.ts';
import { stopJob } from '../../lib/job/transition.ts';
import { START_MS } from '../fakes/clock.ts';
import { aDetail, aJob } from '../fakes/records.ts';

const SUB = { jobId: 'b', operation: null, status: 'SUCCESS', resourceId: null, beganAt: null, endedAt: null };

const rich = (): Job =>
  stopJob(
    aJob({
      detail: aDetail({
        error: { code: 'Quota', message: null },
        subJobs: [{ ...SUB, error: null, entities: [{ id: 'lb-1', type: null }] }],
      }),
      labels: { team: 'net' },
    }),
    START_MS,
  );

const withoutNulls = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value, (_, part: unknown) => (part === null ? undefined : part)));

test.each([
  ['as it is written', rich()],
  ['written bare', bareRecord(rich(), 0)],
  ['that was not polled yet', addTransitions(aJob(), [])],
])('a record %s is read as it was', (_, job) => {
  expect(v.parse(jobRecord, job)).toEqual(job);
});

test('what is absent is null, in the record and in what it holds', () => {
  expect(v.parse(jobRecord, withoutNulls(rich()))).toEqual(rich());
});

test('fields that this build does not know stay where they are', () => {
  const job = rich();
  const newer = {
    ...job,
    mood: 'good',
    detail: { ...job.detail, zone: 'a' },
    history: job.history.map((entry) => ({ ...entry, by: 'somebody' })),
  };
  expect(v.parse(jobRecord, newer)).toEqual(newer);
});

test.each([
  ['phase', { phase: 'of a later version' }],
  ['version', { version: '1' }],
  ['nextPollAt', { nextPollAt: null }],
  ['history.0.phase', { history: [{ ...rich().history[0], phase: 'odd' }] }],
  ['detail.subJobs.0.entities', { detail: aDetail({ subJobs: [{ ...SUB, error: null, entities: 3 as never }] }) }],
  ['labels.team', { labels: { team: 7 } }],
  ['waiting.until', { waiting: { reason: 'pace' } }],
])('a record whose %s can not be understood is not read', (path, fields) => {
  const { issues = [] } = v.safeParse(jobRecord, { ...rich(), ...fields });
  expect(issues.map((issue) => v.getDotPath(issue))).toEqual([path]);
});

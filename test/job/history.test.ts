import { describe, expect, it } from 'vitest';
import { asciiBytes } from '../../lib/base/ascii-json.ts';
import { addTransitions, bareRecord } from '../../lib/job/history.ts';
import type { Job, Transition } from '../../lib/job/job.ts';
import { aJob, anEntry } from '../fakes/records.ts';

const subJob = {
  jobId: 's',
  operation: 'X',
  status: 'RUNNING',
  resourceId: null,
  beganAt: null,
  endedAt: null,
  error: null,
  entities: [],
};

/** A job that flaps, told after every transition unless `told` is false. */
function flap(times: number, told = true, overrides: Partial<Transition> = {}): Job {
  let job = aJob();
  for (let seq = 1; seq <= times; seq++) {
    job = addTransitions(job, [anEntry(seq, overrides)]);
    if (told) job = { ...job, notifiedSeq: seq };
  }
  return job;
}

describe('the history', () => {
  it('keeps the first 50 and the last 150 of a job that flaps for days, and counts what it dropped', () => {
    const small = { operation: null, resourceId: null, vendorStatus: 'A' };
    const job = flap(1000, true, small);
    expect(job.history.length).toBeLessThanOrEqual(200);
    expect(job.history.length).toBeGreaterThanOrEqual(190);
    expect(job.history.map(({ seq }) => seq).slice(0, 50)).toEqual(Array.from({ length: 50 }, (_, index) => index + 1));
    expect(job.history.at(-1)?.seq).toBe(1000);
    expect(job.droppedTransitions).toBe(1000 - job.history.length);
    expect(asciiBytes(job)).toBeLessThanOrEqual(64_000);
  });

  it('never drops what is still owed', () => {
    const job = flap(300, false);
    expect(job.history.map(({ seq }) => seq)).toEqual(Array.from({ length: 300 }, (_, index) => index + 1));
  });

  it('keeps the sub-jobs of what is owed and sheds those of what was told', () => {
    const told = flap(3, true, { subJobs: [subJob] });
    const job = addTransitions(told, [anEntry(4, { subJobs: [subJob] })]);
    expect(job.history.map(({ subJobs }) => subJobs.length)).toEqual([0, 0, 0, 1]);
  });

  it('stays within 64 kB when errors are long', () => {
    const job = flap(400, true, { error: { code: 'E', message: 'x'.repeat(1000) } });
    expect(asciiBytes(job)).toBeLessThanOrEqual(64_000);
  });

  it('leaves what may have been told as it is, however large it is', () => {
    const large = { subJobs: Array.from({ length: 50 }, () => subJob) };
    const stored = flap(12, false, large);
    const job = addTransitions(stored, [anEntry(13, large)]);
    expect(job.history.slice(0, 12)).toEqual(stored.history);
    expect(job.history.at(-1)?.subJobs).toEqual([]);
  });

  it('has a bare form that keeps phase, status, seq and times', () => {
    const job = flap(2, false, { subJobs: [subJob], error: { code: 'E', message: 'text' } });
    const bare = bareRecord({ ...job, labels: { a: 'b' } }, 0);
    expect(bare).toMatchObject({ phase: job.phase, seq: 2, labels: {}, deadlineAt: job.deadlineAt });
    expect(bare.history.every(({ subJobs, error }) => subJobs.length === 0 && error?.message === null)).toBe(true);
  });

  it('is bare but for what is stored and may have been told', () => {
    const job = { ...flap(3, false, { subJobs: [subJob], error: { code: 'E', message: 'text' } }), notifiedSeq: 1 };
    const [first, second, third] = bareRecord(job, 2).history;
    expect(second).toEqual(job.history[1]);
    for (const one of [first, third]) expect(one).toMatchObject({ subJobs: [], error: { code: 'E', message: null } });
  });
});

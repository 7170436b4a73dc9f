import { describe, expect, it } from 'vitest';
import { makeCompany } from '../../lib/watch/company.ts';
import type { Due } from '../../lib/watch/ports.ts';
import { makeWorld } from '../fakes/world.ts';

const MINUTE_MS = 60_000;

/** Goal: only who can meet somebody waits for the whole second, or keeps a worker that was woken. */
describe('the company of a job', () => {
  function start(batchMax = 20) {
    const { vendor, clock } = makeWorld();
    const grouping = { batchMax, listPageMax: 0 };
    const company = makeCompany({ vendors: new Map([[vendor.api, { ...vendor, grouping }]]), clock });
    const due = (jobId: string, region = 'eu-1') =>
      ({ job: { api: vendor.api, account: 'default', region, projectId: null, jobId } }) as Due;
    const met = (...all: readonly Due[]) => company.meeting(all).map(({ job }) => job.jobId);
    return { company, clock, due, met };
  }

  it('is another job of its scope, here or seen before', () => {
    const { due, met } = start();
    expect(met(due('a'))).toEqual([]);
    expect(met(due('a'))).toEqual([]);
    expect(met(due('b'))).toEqual(['b']);
    expect(met(due('a'))).toEqual(['a']);
    expect(met(due('c', 'eu-2'))).toEqual([]);
    expect(met(due('d', 'eu-3'), due('e', 'eu-3'))).toEqual(['d', 'e']);
  });

  it('is nobody that has ended', () => {
    const { company, due, met } = start();
    expect(met(due('a'), due('b'))).toEqual(['a', 'b']);
    company.leave(due('a').job);
    expect(met(due('b'))).toEqual([]);
    company.leave(due('b').job);
    expect(met(due('c'))).toEqual([]);
  });

  it('is nobody that was seen long ago', async () => {
    const { clock, due, met } = start();
    met(due('a'));
    await clock.sleep(9 * MINUTE_MS);
    expect(met(due('b'))).toEqual(['b']);
    await clock.sleep(11 * MINUTE_MS);
    expect(met(due('b'))).toEqual([]);
  });

  it('is kept of a crowd in part, and of all its jobs one after another', () => {
    const { company, due, met } = start();
    const crowd = Array.from({ length: 100 }, (_, index) => due(`job-${index}`));
    met(...crowd);
    for (const { job } of crowd.slice(0, 99)) company.leave(job);
    expect(met(due('job-99'))).toEqual([]);
    expect(met(due('new'))).toEqual(['new']);
  });

  it('is none where each job is a call of its own', () => {
    const { due, met } = start(0);
    expect(met(due('a'), due('b'))).toEqual([]);
  });
});

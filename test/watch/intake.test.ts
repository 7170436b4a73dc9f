import { describe, expect, it } from 'vitest';
import { ItemError } from '../../lib/base/item-error.ts';
import { toIso } from '../../lib/base/time.ts';
import { jobIdOf } from '../../lib/job/identity.ts';
import { parseWatchBody } from '../../lib/job/watch-message.ts';
import type { WatchPorts } from '../../lib/watch/ports.ts';
import { passOf } from '../crash/hooks.ts';
import { START_MS } from '../fakes/clock.ts';
import { aJob } from '../fakes/records.ts';
import { BODY, makeWorld, type World } from '../fakes/world.ts';

const MINUTE = 60_000;

/** What a newer version has left behind: an api that this one does not have. */
const NEWER = { api: 'newer.api', account: 'default', region: 'eu-1', projectId: null, jobId: 'n' };
const NEWER_ID = jobIdOf(NEWER);
const NEWER_BODY = JSON.stringify({ api: 'newer.api', region: 'eu-1', jobId: 'n' });

async function aNewerJob(fields: Parameters<typeof aJob>[0] = {}): Promise<World> {
  const world = makeWorld();
  const now = toIso(world.clock());
  const times = { createdAt: now, openedAt: now, submittedAt: now, savedAt: now, nextPollAt: now };
  const deadlineAt = toIso(world.clock() + 60 * MINUTE);
  await world.jobs.create(aJob({ ...NEWER, id: NEWER_ID, owner: null, ...times, deadlineAt, ...fields }));
  return world;
}

async function passMinutes(world: World, minutes: number): Promise<void> {
  for (let minute = 0; minute < minutes; minute += 5) {
    await passOf(world);
    const nextMs = world.clock() + 5 * MINUTE;
    await world.runMinutes(5);
    world.clock.set(Math.max(world.clock(), nextMs));
  }
}

describe('a job of an api that this version does not have', () => {
  it('is left alone until its deadline, and then ends as timed out, with the reason', async () => {
    const world = await aNewerJob();
    await passMinutes(world, 65);
    expect(world.job(NEWER_ID)).toMatchObject({
      phase: 'pending',
      waiting: { reason: expect.stringContaining('newer.api') },
    });
    expect(world.rejected).toEqual([]);
    expect(world.pending.size()).toBe(1);
    await passMinutes(world, 20);
    expect(world.job(NEWER_ID)).toMatchObject({ phase: 'timed_out', notifiedSeq: 1 });
    expect(world.job(NEWER_ID)?.history.at(-1)?.error?.message).toContain('does not know the api newer.api');
    expect(world.job(NEWER_ID)?.endedAt).toBe(toIso(START_MS + 70 * MINUTE));
    expect([world.rejected.length, world.pending.size()]).toEqual([0, 0]);
    expect(world.told.map(({ type }) => type)).toEqual(['jobwatch.job.timed_out']);
  });

  it("keeps its clock message, a deployer's too, and writes seldom", async () => {
    const world = await aNewerJob();
    const messageId = world.pending.send(NEWER_BODY);
    await world.runMinutes(50);
    expect(world.rejected).toEqual([]);
    expect(world.job(NEWER_ID)?.owner).toBe(messageId);
    expect(world.job(NEWER_ID)?.version).toBeLessThan(8);
    expect(await passOf(world)).toMatchObject({ open: 1, woken: 0 });
  });

  it('publishes what is pending, and its stop', async () => {
    const world = await aNewerJob({
      phase: 'stopped',
      seq: 1,
      notifiedSeq: 0,
      endedAt: toIso(START_MS),
      history: [{ ...aJob().history[0], ...STOPPED }],
    });
    await world.pending.wake(NEWER_ID, NEWER);
    await world.runMinutes(2);
    expect(world.told.map(({ type }) => type)).toEqual(['jobwatch.job.stopped']);
    expect([world.rejected.length, world.pending.size()]).toEqual([0, 0]);
  });

  it('without a record is rejected, as a typing error is', async () => {
    const world = makeWorld();
    world.pending.send(NEWER_BODY);
    await world.pending.wake(NEWER_ID, NEWER);
    await world.runMinutes(2);
    expect(world.rejected.map(({ reason }) => reason)).toEqual([
      'api: expected one of test.api.',
      'api: expected one of test.api.',
    ]);
  });

  it('is rejected if another field is wrong as well: then nobody knows whom it is about', async () => {
    const world = await aNewerJob();
    world.pending.send(JSON.stringify({ ...JSON.parse(NEWER_BODY), typo: 1 }));
    await world.runMinutes(1);
    expect(world.rejected).toHaveLength(1);
    expect(parseWatchBody(NEWER_BODY, new Map()).ok).toBe(false);
  });
});

const BODY_OF_ODD = { ...BODY, jobId: 'odd' };
const STOPPED = {
  seq: 1,
  at: toIso(START_MS),
  kind: 'changed' as const,
  phase: 'stopped' as const,
  previousPhase: 'pending' as const,
  vendorStatus: null,
  operation: null,
  resourceId: null,
  error: null,
  subJobs: [],
  submittedAt: toIso(START_MS),
  vendorBeganAt: null,
  vendorEndedAt: null,
  polls: 0,
  expectedEndAt: null,
};

describe('a record that can not be understood', () => {
  it('keeps its clock message, which comes back every five minutes and is no fault', async () => {
    const world = await aNewerJob();
    const get: WatchPorts['jobs']['get'] = () => Promise.reject(new ItemError('phase: odd'));
    const worker = world.makeWorker((ports) => ({ ...ports, jobs: { ...ports.jobs, get } }));
    world.pending.send(JSON.stringify(BODY_OF_ODD));
    expect(await worker.tick()).toMatchObject({ messages: 1, faults: 0 });
    expect(world.pending.alive().map(({ visibleMs }) => visibleMs - START_MS)).toEqual([5 * MINUTE]);
    expect(world.rejected).toEqual([]);
  });
});

describe('repeats that meet in one round', () => {
  it('leave the labels of each, before the end is told', async () => {
    const world = makeWorld();
    world.vendor.script('a', [{ fromMs: 0, word: 'RUNNING' }]);
    const id = world.submit('a', { labels: { first: '1' } });
    const worker = world.makeWorker();
    await worker.tick();
    world.clock.advance(MINUTE);
    for (const label of ['b', 'c', 'd']) world.submit('a', { labels: { [label]: '1' } });
    world.vendor.script('a', [{ fromMs: 0, word: 'SUCCESS' }]);
    await worker.tick();
    expect(Object.keys(world.job(id)?.labels ?? {}).toSorted()).toEqual(['b', 'c', 'd', 'first']);
    const data = world.ends(id)[0]?.data as { job: { labels: object } } | undefined;
    expect(Object.keys(data?.job.labels ?? {}).toSorted()).toEqual(['b', 'c', 'd', 'first']);
    expect(world.pending.size()).toBe(0);
  });

  it('leave the labels of each when nobody watches the job yet', async () => {
    const world = makeWorld();
    world.vendor.script('a', [{ fromMs: 0, word: 'RUNNING' }]);
    const id = world.submit('a', { labels: { first: '1' } });
    for (const label of ['b', 'c']) world.submit('a', { labels: { [label]: '1' } });
    await world.makeWorker().tick();
    expect(Object.keys(world.job(id)?.labels ?? {}).toSorted()).toEqual(['b', 'c', 'first']);
    expect(world.pending.size()).toBe(1);
  });

  it('do not go on for ever if the record never stands still', async () => {
    const world = makeWorld();
    world.vendor.script('a', [{ fromMs: 0, word: 'RUNNING' }]);
    world.submit('a');
    await world.makeWorker().tick();
    world.submit('a', { labels: { b: '1' } });
    let saves = 0;
    const save: WatchPorts['jobs']['save'] = async () => {
      saves += 1;
      return { kind: 'conflict' };
    };
    const moving = (ports: WatchPorts): WatchPorts => ({
      ...ports,
      jobs: { ...ports.jobs, save },
    });
    await world.makeWorker(moving).tick();
    expect(saves).toBeGreaterThan(1);
    expect(saves).toBeLessThan(20);
    expect(world.pending.size()).toBe(2);
  });
});

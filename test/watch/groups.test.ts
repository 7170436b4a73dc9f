import { describe, expect, it } from 'vitest';
import type { GroupEventData } from '../../lib/events/group-event.ts';
import { GROUP_SIZE_MAX, type GroupRef } from '../../lib/job/group/group.ts';
import { stopJob } from '../../lib/job/transition.ts';
import type { WatchPorts } from '../../lib/watch/ports.ts';
import { goOn, MINUTE, passOf } from '../crash/hooks.ts';
import { idOf, makeWorld, type World } from '../fakes/world.ts';

const GROUP: GroupRef = { id: 'release/42', size: 2 };
const ends = (word: string, fromMs = 0) => [
  { fromMs: 0, word: 'RUNNING' },
  { fromMs, word },
];

/** Each once, as a subscriber gets them. */
function groupEvents(world: World) {
  const all = world.told.filter(({ type }) => type.startsWith('jobwatch.group.'));
  expect(new Set(all.map((event) => JSON.stringify(event))).size).toBe(new Set(all.map(({ id }) => id)).size);
  const first = new Map(all.toReversed().map((event) => [event.id, event]));
  return [...first.values()].toReversed().map((event) => ({ ...event, data: event.data as GroupEventData }));
}
const typesOf = (world: World) => groupEvents(world).map(({ type }) => type.replace('jobwatch.group.', ''));

/** How often each function of the store of groups is called. */
function counting() {
  const calls: string[] = [];
  const wrap = (ports: WatchPorts): WatchPorts => ({
    ...ports,
    groups: Object.fromEntries(
      Object.entries(ports.groups).map(([name, work]) => [
        name,
        (...args: never[]) => {
          calls.push(name);
          return (work as (...given: never[]) => unknown)(...args);
        },
      ]),
    ) as unknown as WatchPorts['groups'],
  });
  return { calls, wrap };
}

async function playOut(world: World, minutes = 20): Promise<void> {
  await goOn(world, minutes);
  await passOf(world);
}

describe('a group of jobs', () => {
  it('is told to be completed once all have ended, with what became of them', async () => {
    const world = makeWorld();
    world.vendor.script('a', ends('SUCCESS', 3000));
    world.vendor.script('b', ends('SUCCESS', 90_000));
    world.submit('a', { group: GROUP, labels: { release: '42', part: 'a' } });
    world.submit('b', { group: GROUP, labels: { release: '42', part: 'b' } });
    await world.runMinutes(1);
    expect(world.job(idOf('a'))?.phase).toBe('succeeded');
    expect(typesOf(world)).toEqual([]);
    await playOut(world);
    const [event] = groupEvents(world);
    expect(typesOf(world)).toEqual(['completed']);
    const endedAt = world.job(idOf('b'))?.endedAt;
    expect(event).toMatchObject({ subject: GROUP.id, source: '/jobwatch/test', specversion: '1.0' });
    expect(event?.data).toEqual({
      group: { ...GROUP, labels: { release: '42' } },
      outcome: 'succeeded',
      phases: { succeeded: 2 },
      badEnds: [],
      submittedAt: world.job(idOf('a'))?.submittedAt,
      endedAt,
    });
    expect(world.groups.open()).toEqual([]);
  });

  it('is told to be failing at the first bad end, once, and names the bad ends when it is completed', async () => {
    const world = makeWorld();
    const group = { id: 'g', size: 3 };
    world.vendor.script('a', ends('FAIL', 3000));
    world.vendor.script('b', ends('FAIL', 30_000));
    world.vendor.script('c', ends('SUCCESS', 90_000));
    for (const name of ['a', 'b', 'c']) world.submit(name, { group });
    await playOut(world);
    expect(typesOf(world)).toEqual(['failing', 'completed']);
    const [failing, completed] = groupEvents(world);
    expect(failing?.data).toMatchObject({ outcome: null, endedAt: null, phases: { failed: 1 } });
    expect(failing?.data.badEnds).toMatchObject([{ id: idOf('a'), api: 'test.api', jobId: 'a', phase: 'failed' }]);
    expect(completed?.data).toMatchObject({ outcome: 'failed', phases: { failed: 2, succeeded: 1 } });
    expect(completed?.data.badEnds.map(({ jobId }) => jobId)).toEqual(['a', 'b']);
  });

  it('of one job fails and is completed by the same end', async () => {
    const world = makeWorld();
    world.vendor.script('a', ends('FAIL'));
    world.submit('a', { group: { id: 'g', size: 1 } });
    await playOut(world);
    expect(typesOf(world)).toEqual(['failing', 'completed']);
  });

  it('is not completed before its last member is submitted, however early the others end', async () => {
    const world = makeWorld();
    for (const name of ['a', 'b']) world.vendor.script(name, ends('SUCCESS'));
    world.submit('a', { group: GROUP });
    await playOut(world);
    expect(typesOf(world)).toEqual([]);
    world.submit('b', { group: GROUP });
    await playOut(world);
    expect(typesOf(world)).toEqual(['completed']);
  });

  it('of 500 members that end in one tick is told once, and is read a few times', async () => {
    const world = makeWorld();
    const group = { id: 'g', size: GROUP_SIZE_MAX };
    for (let at = 0; at < GROUP_SIZE_MAX; at += 1) {
      world.vendor.script(`j${at}`, [{ fromMs: 0, word: at % 100 === 7 ? 'FAIL' : 'SUCCESS' }]);
      world.submit(`j${at}`, { group });
    }
    const { calls, wrap } = counting();
    await world.makeWorker(wrap).tick();
    await playOut(world);
    expect(typesOf(world)).toEqual(['failing', 'completed']);
    expect(groupEvents(world)[1]?.data).toMatchObject({ outcome: 'failed', phases: { succeeded: 495, failed: 5 } });
    const count = (name: string) => calls.filter((call) => call === name).length;
    expect(count('join')).toBe(500);
    expect(count('setMember')).toBe(500);
    expect(count('read')).toBeLessThan(250);
  });

  it('asks for nothing where no job has one, and costs an end three requests, that of the group one more', async () => {
    const world = makeWorld();
    const { calls, wrap } = counting();
    world.vendor.script('a', ends('FAIL', 3000));
    world.submit('a');
    world.submit('a', { labels: { again: 'yes' } });
    await world.runMinutes(3, world.makeWorker(wrap));
    expect(world.ends(idOf('a'))).toHaveLength(1);
    expect(calls).toEqual([]);
    for (const [name, last] of [
      ['b', []],
      ['c', ['told']],
    ] as const) {
      world.vendor.script(name, ends('FAIL', 3000));
      world.submit(name, { group: GROUP });
      const worker = world.makeWorker(wrap);
      await worker.tick();
      world.submit(name, { group: GROUP });
      await world.runMinutes(3, worker);
      expect(calls.splice(0)).toEqual(['join', 'setMember', 'read', 'decide', ...last]);
    }
    expect(typesOf(world)).toEqual(['failing', 'completed']);
  });
});

describe('a message for a group', () => {
  it.each([
    ['of another size', 'b', { ...GROUP, size: 3 }, 'group.size: expected 2, as in the other messages of the group.'],
    ['beyond its size', 'c', GROUP, 'group.size: expected no more jobs than that: the group is full.'],
    ['of a job of another', 'a', { id: 'h', size: 2 }, 'group.id: expected the group that the job is already in.'],
    ['of a job with another size', 'a', { ...GROUP, size: 9 }, 'group.size: expected 2, as in the other messages'],
  ])('%s is rejected and names the field', async (_what, name, group, reason) => {
    const world = makeWorld();
    for (const one of ['a', 'b', 'c']) world.vendor.script(one, ends('SUCCESS', 200_000));
    world.submit('a', { group: GROUP });
    await world.runMinutes(1);
    if (name === 'c') world.submit('b', { group: GROUP });
    await world.runMinutes(1);
    world.submit(name, { group });
    await world.runMinutes(1);
    expect(world.rejected.map((one) => one.reason)).toEqual([expect.stringContaining(reason)]);
    await playOut(world);
    expect(world.ends(idOf('a'))).toHaveLength(1);
    expect(typesOf(world)).toEqual(name === 'c' ? ['completed'] : []);
  });

  it('that is sent twice merges as ever', async () => {
    const world = makeWorld();
    world.vendor.script('a', ends('SUCCESS', 60_000));
    world.submit('a', { group: { ...GROUP, size: 1 } });
    world.submit('a', { group: { ...GROUP, size: 1 }, labels: { more: 'yes' } });
    await playOut(world);
    expect(world.job(idOf('a'))?.labels).toEqual({ more: 'yes' });
    expect(groupEvents(world)[0]?.data.group.labels).toEqual({ more: 'yes' });
    expect(typesOf(world)).toEqual(['completed']);
  });

  it('puts a job that is watched already into it', async () => {
    const world = makeWorld();
    world.vendor.script('a', ends('SUCCESS', 120_000));
    world.submit('a');
    await world.runMinutes(1);
    world.submit('a', { group: { id: 'g', size: 1 } });
    await playOut(world);
    expect(typesOf(world)).toEqual(['completed']);
  });

  it.each(['handled', 'lost'])('puts a job that has ended into it, also if the message is %s', async (fate) => {
    const world = makeWorld();
    world.vendor.script('a', ends('FAIL'));
    world.submit('a', { timeoutSeconds: 3600 });
    await playOut(world);
    world.submit('a', { group: { id: 'g', size: 1 }, timeoutSeconds: 3600 });
    if (fate === 'lost') {
      const dying = world.makeWorker((ports) => ({
        ...ports,
        groups: { ...ports.groups, setMember: () => Promise.reject(new Error('lost')) },
      }));
      await dying.tick();
      world.pending.purge();
    }
    await playOut(world, 90);
    expect(typesOf(world)).toEqual(['failing', 'completed']);
    expect(groupEvents(world).at(-1)?.data).toMatchObject({ outcome: 'failed', phases: { failed: 1 } });
    expect(world.groups.open()).toEqual([]);
    expect(world.jobs.open()).toEqual([]);
  });
});

describe('a group whose deadline comes', () => {
  it('is incomplete, once and for good: a late member is watched and changes nothing', async () => {
    const world = makeWorld();
    const group = { id: 'g', size: 3 };
    for (const name of ['a', 'c']) world.vendor.script(name, ends('SUCCESS', 3000));
    world.vendor.script('b', ends('FAIL', 3000));
    for (const name of ['a', 'b']) world.submit(name, { group, timeoutSeconds: 3600 });
    await playOut(world, 30);
    expect(typesOf(world)).toEqual(['failing']);
    await playOut(world, 60);
    expect(typesOf(world)).toEqual(['failing', 'completed']);
    expect(groupEvents(world).at(-1)?.data).toMatchObject({
      outcome: 'incomplete',
      phases: { succeeded: 1, failed: 1 },
      badEnds: [{ jobId: 'b' }],
    });
    world.submit('c', { group });
    await playOut(world);
    expect(world.ends(idOf('c'))).toHaveLength(1);
    expect(world.rejected).toEqual([]);
    expect(typesOf(world)).toHaveLength(2);
    expect(world.groups.open()).toEqual([]);
  });

  it('waits for a member with a later deadline', async () => {
    const world = makeWorld();
    const group = { id: 'g', size: 3 };
    world.vendor.script('a', ends('SUCCESS', 3000));
    world.vendor.script('b', ends('SUCCESS', 100 * MINUTE));
    world.submit('a', { group, timeoutSeconds: 600 });
    world.submit('b', { group, timeoutSeconds: 7200 });
    await playOut(world, 110);
    expect(typesOf(world)).toEqual([]);
    await playOut(world, 60);
    expect(groupEvents(world).at(-1)?.data).toMatchObject({ outcome: 'incomplete', phases: { succeeded: 2 } });
  });

  it('is completed by jobs that end at that very time', async () => {
    const world = makeWorld();
    for (const name of ['a', 'b']) world.vendor.script(name, [{ fromMs: 0, word: 'RUNNING' }]);
    for (const name of ['a', 'b']) world.submit(name, { group: GROUP, timeoutSeconds: 600 });
    await playOut(world, 60);
    expect(typesOf(world)).toEqual(['failing', 'completed']);
    expect(groupEvents(world).at(-1)?.data).toMatchObject({ outcome: 'failed', phases: { timed_out: 2 } });
  });

  it('is told by the next pass if the one that ended it dies', async () => {
    const world = makeWorld();
    world.vendor.script('a', ends('SUCCESS', 3000));
    world.submit('a', { group: GROUP, timeoutSeconds: 600 });
    await world.runMinutes(5);
    world.clock.advance(10 * MINUTE);
    const told = world.groups.told;
    world.groups.told = () => Promise.reject(new Error('died'));
    await expect(passOf(world)).rejects.toThrow('died');
    world.groups.told = told;
    expect(world.groups.open()).toEqual([GROUP.id]);
    world.clock.advance(1000);
    await passOf(world);
    expect(world.told.filter(({ type }) => type === 'jobwatch.group.completed')).toHaveLength(2);
    expect(typesOf(world)).toEqual(['completed']);
    expect(world.groups.open()).toEqual([]);
  });
});

describe('a member that is opened again', () => {
  it('is open again before the end of the group, and counts by its next end', async () => {
    const world = makeWorld();
    for (const name of ['a', 'b']) world.vendor.script(name, ends('SUCCESS', 10 * MINUTE));
    const id = world.submit('a', { group: GROUP });
    await world.runMinutes(1);
    const job = world.job(id);
    if (job !== undefined) await world.jobs.save(stopJob(job, world.clock()));
    await world.pending.wake(id, { ...job } as never);
    await world.runMinutes(1);
    expect(typesOf(world)).toEqual(['failing']);
    world.clock.advance(1000);
    world.submit('a', { group: GROUP });
    await world.runMinutes(1);
    expect(world.groups.members(GROUP.id)).toMatchObject([{ phase: 'pending', endedAt: null }]);
    world.submit('b', { group: GROUP });
    await playOut(world, 30);
    expect(typesOf(world)).toEqual(['failing', 'completed']);
    expect(groupEvents(world).at(-1)?.data).toMatchObject({ outcome: 'succeeded', phases: { succeeded: 2 } });
  });
});

import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import * as responses from '../../lib/api/responses.ts';
import { memberChange } from '../../lib/job/group/summary.ts';
import { jobIdOf } from '../../lib/job/identity.ts';
import { stopJob } from '../../lib/job/transition.ts';
import { MESSAGE, makeApiWorld } from '../fakes/api-world.ts';

const GROUP = { id: 'shop/release 42 ü', size: 2 };
const PATH = `/v1/groups/${encodeURIComponent(GROUP.id)}`;
const idOf = (jobId: string) => jobIdOf({ ...MESSAGE, account: 'default', projectId: null, jobId });
type World = ReturnType<typeof makeApiWorld>;
const post = (world: World, body: unknown) => world.request('POST', '/v1/jobs', { body });
const aJob = (jobId: string, more: object = {}) => ({ ...MESSAGE, jobId, ...more });

describe('jobs of a group are submitted', () => {
  test('each with a place in it before its record, and its record before its message', async () => {
    const world = makeApiWorld();
    const { status, body } = await post(world, { group: GROUP, jobs: [aJob('a')] });
    expect([status, body.rejected]).toEqual([202, []]);
    expect(world.effects).toEqual(['join a', 'record a', 'send a']);
    expect(JSON.parse(world.watchBodies[0] ?? '')).toMatchObject({ group: GROUP });
    expect(await world.jobs.get(idOf('a'))).toMatchObject({ group: GROUP });
  });

  test('without a group nothing is asked of the table of groups', async () => {
    const world = makeApiWorld();
    await post(world, { jobs: [aJob('a'), aJob('b')] });
    expect(world.effects.toSorted()).toEqual(['record a', 'record b', 'send a', 'send b']);
  });

  test('again, without asking for a place again', async () => {
    const world = makeApiWorld();
    await post(world, aJob('a', { group: GROUP }));
    world.effects.splice(0);
    expect((await post(world, aJob('a', { group: GROUP }))).status).toBe(202);
    expect(world.effects).toEqual(['record a', 'send a']);
  });

  test('what a message says of its group goes before what is said once for all', async () => {
    const world = makeApiWorld();
    await post(world, { group: GROUP, jobs: [aJob('a'), aJob('b', { group: { id: 'other', size: 1 } })] });
    expect((await world.jobs.get(idOf('b')))?.group).toEqual({ id: 'other', size: 1 });
    expect((await world.jobs.get(idOf('a')))?.group).toEqual(GROUP);
  });

  test('beyond its size, or with another size, they are rejected with the field’s name', async () => {
    const world = makeApiWorld();
    const { body } = await post(world, { group: GROUP, jobs: ['a', 'b', 'c'].map((name) => aJob(name)) });
    expect(body.accepted).toHaveLength(2);
    expect(body.rejected).toEqual([{ index: 2, reason: expect.stringMatching(/^group\.size: /), retryable: false }]);
    expect(world.effects).not.toContain('record c');
    expect(world.effects).not.toContain('send c');
    const refused = await post(world, aJob('d', { group: { ...GROUP, size: 3 } }));
    expect(refused.status).toBe(400);
    expect(refused.body.errors).toEqual([{ field: 'group.size', problem: expect.stringContaining('expected 2') }]);
    const other = await post(world, { jobs: [aJob('a', { group: { id: 'h', size: 2 } })] });
    expect(other.body.errors).toEqual([{ field: 'jobs[0].group.id', problem: expect.any(String) }]);
  });

  test('a group that is wrong is named once where it was said once', async () => {
    const world = makeApiWorld();
    const { status, body } = await post(world, { group: { id: '', size: 501, sise: 3 }, jobs: [aJob('a'), aJob('b')] });
    expect(status).toBe(400);
    const fields = body.errors.map(({ field }: { field: string }) => field);
    expect(fields.toSorted()).toEqual(['group.id', 'group.sise', 'group.size']);
    const alone = await post(world, aJob('a', { group: 'g' }));
    expect(alone.body.errors).toEqual([{ field: 'group', problem: expect.any(String) }]);
    const half = await post(world, aJob('a', { group: { id: 'g' } }));
    expect(half.body.errors).toEqual([{ field: 'group.size', problem: 'required' }]);
  });

  test('a store of groups that fails is worth another try', async () => {
    const world = makeApiWorld(({ groups }) => ({
      groups: { ...groups, join: () => Promise.reject(new Error('throttled')) },
    }));
    const { status, body } = await post(world, { jobs: [aJob('a', { group: GROUP }), aJob('b')] });
    expect(status).toBe(202);
    expect(body.accepted).toHaveLength(1);
    expect(body.rejected).toMatchObject([{ index: 0, retryable: true }]);
  });
});

describe('a group is read', () => {
  test('with its members and what is known of each', async () => {
    const world = makeApiWorld();
    await post(world, { group: GROUP, jobs: [aJob('a', { labels: { release: '42', part: 'a' } })] });
    world.clock.advance(1000);
    await post(world, { group: GROUP, jobs: [aJob('b', { labels: { release: '42' } })] });
    const job = await world.jobs.get(idOf('a'));
    if (job === null) throw new Error('there is no record');
    const ended = stopJob(job, world.clock());
    await world.jobs.save(ended);
    const [end] = ended.history;
    if (end !== undefined) await world.groups.setMember(memberChange(GROUP.id, ended, end));
    const b = await world.jobs.get(idOf('b'));
    const waiting = { reason: 'its key is denied', until: '2026-11-20T10:01:00.000Z', denied: true };
    const expectedEndAt = '2026-11-20T10:09:00.000Z';
    if (b !== null) await world.jobs.save({ ...b, phase: 'running', expectedEndAt, waiting });
    const { status, body } = await world.request('GET', PATH);
    expect(status).toBe(200);
    expect(v.parse(responses.group, body)).toEqual(body);
    expect(body).toMatchObject({
      ...GROUP,
      joined: 2,
      outcome: null,
      phases: { stopped: 1, running: 1 },
      badEnds: [{ jobId: 'a', phase: 'stopped' }],
      labels: { release: '42' },
      expectedEndAt: '2026-11-20T10:09:00.000Z',
    });
    expect(body.members.map(({ jobId, phase }: { jobId: string; phase: string }) => [jobId, phase])).toEqual([
      ['a', 'stopped'],
      ['b', 'running'],
    ]);
    expect(body.members.map((member: { waiting: unknown }) => member.waiting)).toEqual([null, waiting]);
  });

  test('by its id, however a gateway has written it', async () => {
    const world = makeApiWorld();
    await post(world, aJob('a', { group: { id: 'shop/42%20', size: 1 } }));
    for (const path of ['shop/42%20', 'shop%2F42%2520', 'shop/42%2520'])
      expect((await world.request('GET', `/v1/groups/${path}`)).body.id).toBe('shop/42%20');
    expect((await world.request('GET', '/v1/groups/none')).status).toBe(404);
    expect((await world.request('GET', `/v1/groups/${'x'.repeat(300)}`)).status).toBe(404);
    expect((await world.request('GET', '/v1/groups/%E0%A4%A')).status).toBe(404);
    expect((await world.request('GET', PATH, { token: null })).status).toBe(401);
    expect((await world.request('GET', '/v1/groups', { query: 'state=open' })).status).toBe(400);
  });

  test('in a list, page by page, the newest first', async () => {
    const world = makeApiWorld();
    for (const name of ['a', 'b', 'c']) {
      await post(world, aJob(name, { group: { id: `g/${name}`, size: 1 } }));
      world.clock.advance(1000);
    }
    const first = await world.request('GET', '/v1/groups', { query: 'limit=2' });
    expect(v.parse(responses.groups, first.body)).toEqual(first.body);
    expect(first.body.groups.map(({ id }: { id: string }) => id)).toEqual(['g/c', 'g/b']);
    const second = await world.request('GET', '/v1/groups', { query: `limit=2&cursor=${first.body.nextCursor}` });
    expect(second.body.groups).toMatchObject([{ id: 'g/a', joined: 1, outcome: null }]);
    expect(second.body.nextCursor).toBeUndefined();
    expect((await world.request('GET', '/v1/groups', { query: 'cursor=odd' })).status).toBe(400);
  });
});

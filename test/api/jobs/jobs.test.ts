import { expect, test } from 'vitest';
import { toIso } from '../../../lib/base/time.ts';
import { aJob, fill } from '../../fakes/api-jobs.ts';
import { makeApiWorld } from '../../fakes/api-world.ts';
import { START_MS } from '../../fakes/clock.ts';

test('a record is shown without what is only bookkeeping', async () => {
  const world = makeApiWorld();
  const job = aJob('a', START_MS, { waiting: { reason: 'the key is refused', until: toIso(START_MS + 60_000) } });
  await fill(world, { ...job, ...{ openShard: 'open#3', createdDay: '2026-11-20' } });
  const { body } = await world.request('GET', `/v1/jobs/${job.id}`);
  expect(body).toMatchObject({ id: job.id, waiting: job.waiting, history: [], notifiedSeq: 0, owner: null });
  for (const hidden of ['openShard', 'createdDay', 'savedAt', 'unknownWords', 'rolledBack', 'failSeenAt'])
    expect(body).not.toHaveProperty(hidden);
});

test.each(['job_none', 'job_aaaaaaaaaaaaaaaaaaaaaaaaaa', 'x', '%2e%2e', 'a'.repeat(5000)])(
  'there is no job %s',
  async (id) => {
    const { request } = makeApiWorld();
    expect((await request('GET', `/v1/jobs/${id}`)).status).toBe(404);
    expect((await request('POST', `/v1/jobs/${id}/stop`)).status).toBe(404);
  },
);

test('stop writes the transition, then wakes the job, and answers the record', async () => {
  const world = makeApiWorld();
  const job = aJob('a', START_MS - 5000);
  await fill(world, job);
  const response = await world.request('POST', `/v1/jobs/${job.id}/stop`);
  expect(response.status).toBe(200);
  expect(response.body).toMatchObject({
    phase: 'stopped',
    seq: 1,
    notifiedSeq: 0,
    version: 2,
    endedAt: toIso(START_MS),
  });
  expect(response.body.history).toMatchObject([
    { seq: 1, kind: 'changed', phase: 'stopped', previousPhase: 'pending', by: 'all' },
  ]);
  expect(world.woken).toEqual([job.id]);
  expect(await world.jobs.get(job.id)).toMatchObject({ phase: 'stopped', version: 2 });
});

test('a job that has ended is answered as it is; it is woken only while something is owed', async () => {
  const world = makeApiWorld();
  const told = aJob('a', START_MS, { phase: 'succeeded', seq: 2, notifiedSeq: 2 });
  const owed = aJob('b', START_MS, { phase: 'succeeded', seq: 2, notifiedSeq: 1 });
  await fill(world, told, owed);
  for (const job of [told, owed]) {
    const response = await world.request('POST', `/v1/jobs/${job.id}/stop`);
    expect([response.status, response.body.phase, response.body.version]).toEqual([200, 'succeeded', 1]);
  }
  expect(world.woken).toEqual([owed.id]);
});

test('stop reads again after a conflict, and gives up after five', async () => {
  let conflicts = 4;
  const world = makeApiWorld((ports) => ({
    jobs: {
      ...ports.jobs,
      save: async (job) => {
        conflicts -= 1;
        if (conflicts < 0) return ports.jobs.save(job);
        const stored = await ports.jobs.get(job.id);
        if (stored !== null) await ports.jobs.save({ ...stored, polls: stored.polls + 1 });
        return { kind: 'conflict' };
      },
    },
  }));
  const job = aJob('a', START_MS);
  await fill(world, job);
  expect((await world.request('POST', `/v1/jobs/${job.id}/stop`)).body).toMatchObject({
    phase: 'stopped',
    polls: 4,
    version: 6,
  });
  const other = aJob('b', START_MS);
  await fill(world, other);
  conflicts = 5;
  const response = await world.request('POST', `/v1/jobs/${other.id}/stop`);
  expect([response.status, response.headers['retry-after']]).toEqual([409, '1']);
});

test('a write that took effect and lost its reply still wakes the job', async () => {
  const world = makeApiWorld((ports) => ({
    jobs: {
      ...ports.jobs,
      save: async (job) => {
        await ports.jobs.save(job);
        return { kind: 'conflict' };
      },
    },
  }));
  const job = aJob('a', START_MS);
  await fill(world, job);
  expect((await world.request('POST', `/v1/jobs/${job.id}/stop`)).body).toMatchObject({ phase: 'stopped', seq: 1 });
  expect(world.woken).toEqual([job.id]);
});

test('a wake message that can not be sent does not undo the stop', async () => {
  const world = makeApiWorld((ports) => ({
    pending: {
      ...ports.pending,
      wake: async () => {
        throw new Error('SQS is away');
      },
    },
  }));
  const job = aJob('a', START_MS);
  await fill(world, job);
  expect((await world.request('POST', `/v1/jobs/${job.id}/stop`)).status).toBe(200);
  expect(world.jobs.open()).toEqual([job.id]);
  expect(world.lines.map(({ message }) => message)).toContain('api.stop');
});

test('a record that is refused as too large is stopped without its details', async () => {
  const world = makeApiWorld();
  const job = aJob('a', START_MS, { labels: { big: 'x'.repeat(9000) } });
  await fill(world, job);
  world.jobs.refuseAbove(6000);
  expect((await world.request('POST', `/v1/jobs/${job.id}/stop`)).body).toMatchObject({ phase: 'stopped', labels: {} });
});

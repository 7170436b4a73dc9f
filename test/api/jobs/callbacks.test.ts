import { describe, expect, test } from 'vitest';
import { callbackHash } from '../../../lib/job/callbacks.ts';
import { callbackEventId } from '../../../lib/job/identity.ts';
import { stopJob } from '../../../lib/job/transition.ts';
import { MESSAGE, makeApiWorld } from '../../fakes/api-world.ts';

const task = (token: string) => ({ kind: 'stepfunctions' as const, token });
const hash = (token: string) => callbackHash(task(token));

async function submitted(world: ReturnType<typeof makeApiWorld>, ...tokens: string[]) {
  const { status, body } = await world.request('POST', '/v1/jobs', {
    body: { ...MESSAGE, callbacks: tokens.map(task) },
  });
  return { status, body, id: String(body.accepted?.[0]?.id) };
}

/** The job's end, told or not. */
async function ended(world: ReturnType<typeof makeApiWorld>, id: string, isTold = true) {
  const job = await world.jobs.get(id);
  if (job === null) throw new Error('there is no job');
  await world.jobs.save({ ...stopJob(job, world.clock()), phase: 'failed' });
  if (isTold) await world.jobs.published(id, 1, { expiresAt: 4_000_000_000 });
}

describe('submitted with callbacks', () => {
  test('a job names them by their hash, and the token is nowhere but with the secrets and in its message', async () => {
    const world = makeApiWorld();
    const { status, id } = await submitted(world, 'canary-a');
    expect(status).toBe(202);
    const shown = await world.request('GET', `/v1/jobs/${id}`);
    expect(shown.body.callbacks).toEqual([
      {
        kind: 'stepfunctions',
        hash: hash('canary-a'),
        heartbeat: false,
        eventId: callbackEventId(id, hash('canary-a')),
      },
    ]);
    const list = await world.request('GET', '/v1/jobs');
    expect([shown.text, list.text, JSON.stringify([world.lines, world.jobs.all()])].join()).not.toContain('canary');
    expect(await world.callbackTokens.read(hash('canary-a'))).toBe('canary-a');
    expect(JSON.parse(world.watchBodies[0] ?? '').callbacks).toEqual([task('canary-a')]);
  });

  test('an open job has them before the answer, up to three', async () => {
    const world = makeApiWorld();
    const { id } = await submitted(world, 'a');
    await submitted(world, 'a', 'b', 'c');
    expect((await world.jobs.get(id))?.callbacks?.map((one) => one.hash)).toEqual(['a', 'b', 'c'].map(hash));
    const { status, body } = await submitted(world, 'd');
    expect([status, body.rejected]).toEqual([
      202,
      [
        {
          index: 0,
          reason: 'callbacks: at most 3 callbacks may wait for a job, and it has some already.',
          retryable: false,
        },
      ],
    ]);
  });

  test('a job that has ended is told at once, and its record goes on as it was', async () => {
    const world = makeApiWorld();
    const { id } = await submitted(world, 'a');
    await ended(world, id);
    expect((await submitted(world, 'late')).status).toBe(202);
    const deliveries = await world.request('GET', `/v1/jobs/${id}/deliveries`);
    expect(deliveries.body.deliveries).toMatchObject([
      { seq: 1, subscription: 'callbacks', eventId: callbackEventId(id, hash('late')), state: 'waiting' },
    ]);
    expect(world.sentDeliveries).toMatchObject([{ subscription: 'callbacks', round: 0 }]);
    expect(world.jobs.open()).toEqual([]);
  });

  test('a kind that the stack does not close is refused', async () => {
    const world = makeApiWorld((ports) => ({ callbacks: { ...ports.callbacks, kinds: new Set() } }));
    const { status, body } = await submitted(world, 'canary');
    expect([status, body.errors]).toMatchObject([400, [{ field: 'callbacks' }]]);
    expect(world.callbackTokens.stored.size).toBe(0);
  });
});

describe('deliveries of callbacks', () => {
  test('are listed, shown without a token, and sent again as those of a subscription are', async () => {
    const world = makeApiWorld();
    const { id } = await submitted(world, 'canary');
    await ended(world, id);
    await submitted(world, 'canary');
    const eventId = callbackEventId(id, hash('canary'));
    const list = await world.request('GET', '/v1/subscriptions/callbacks/deliveries');
    expect(list.body.deliveries).toMatchObject([{ eventId, eventType: 'jobwatch.job.stopped', attempts: [] }]);
    const one = await world.request('GET', `/v1/subscriptions/callbacks/deliveries/${eventId}`);
    expect(one.body.request).toMatchObject({ url: `stepfunctions:${hash('canary')}`, headers: {} });
    const again = await world.request('POST', `/v1/subscriptions/callbacks/deliveries/${eventId}/redeliver`);
    expect([again.status, again.body.round]).toEqual([202, 1]);
    const since = await world.request('POST', '/v1/subscriptions/callbacks/redeliver', {
      body: { since: '2020-01-01T00:00:00Z' },
    });
    expect(since.status).toBe(202);
    expect([list.text, one.text, again.text, since.text].join()).not.toContain('canary');
  });

  test('belong to nothing that could be changed, tested or deleted', async () => {
    const world = makeApiWorld();
    for (const [method, path] of [
      ['GET', ''],
      ['DELETE', ''],
      ['POST', '/test'],
      ['POST', '/enable'],
      ['POST', '/rotate-secret'],
    ] as const)
      expect((await world.request(method, `/v1/subscriptions/callbacks${path}`)).status, path).toBe(404);
  });
});

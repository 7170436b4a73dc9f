import { expect, test } from 'vitest';
import { toIso } from '../../../lib/base/time.ts';
import { aDelivery, aDeliveryWorld as aWorld } from '../../fakes/api-deliveries.ts';
import { START_MS } from '../../fakes/clock.ts';
import { aSubscription } from '../../fakes/subscriptions.ts';

const PATH = '/v1/subscriptions/sub_a';

test('deliveries are listed newest first with their attempts, without the event', async () => {
  const world = await aWorld([
    aDelivery('evt_old', { createdAt: toIso(START_MS - 7_200_000) }),
    aDelivery('evt_new', { state: 'waiting', endedAt: null, nextAttemptAt: toIso(START_MS + 5000) }),
  ]);
  const attempt = {
    number: 3,
    at: toIso(START_MS),
    status: 503,
    durationMs: 40,
    error: 'the endpoint answered 503',
    answer: 'no',
  };
  await world.deliveries.addAttempt('sub_a', 'evt_new', attempt);
  const { status, body, text } = await world.request('GET', `${PATH}/deliveries`);
  expect(status).toBe(200);
  expect(body.nextCursor).toBeUndefined();
  expect(body.deliveries).toMatchObject([
    {
      eventId: 'evt_new',
      state: 'waiting',
      nextAttemptAt: toIso(START_MS + 5000),
      attemptCount: 3,
      attempts: [attempt],
    },
    { eventId: 'evt_old', state: 'exhausted', nextAttemptAt: null, attempts: [] },
  ]);
  expect(text).not.toContain('inside');
});

test('pages of deliveries give each once', async () => {
  const world = await aWorld(Array.from({ length: 7 }, (_, index) => aDelivery(`evt_${index}`)));
  const seen: string[] = [];
  let cursor = '';
  for (let turn = 0; turn < 10; turn += 1) {
    const { body } = await world.request('GET', `${PATH}/deliveries`, { query: `limit=3${cursor}` });
    seen.push(...body.deliveries.map(({ eventId }: { eventId: string }) => eventId));
    if (body.nextCursor === undefined) break;
    cursor = `&cursor=${body.nextCursor}`;
  }
  expect(seen).toEqual(['evt_6', 'evt_5', 'evt_4', 'evt_3', 'evt_2', 'evt_1', 'evt_0']);
});

const about = (jobId: string) =>
  JSON.stringify({
    data: {
      job: { id: `job_${jobId}`, api: 'alibaba.alb', jobId, operation: null, labels: { team: 'net' }, region: 'x' },
    },
  });

test('a delivery names its job', async () => {
  const world = await aWorld([
    aDelivery('evt_1', { eventType: 'jobwatch.job.failed', eventJson: about('one') }),
    aDelivery('evt_2', { eventType: 'jobwatch.job.failed', eventJson: '{"data":{"job"' }),
    aDelivery('evt_3'),
  ]);
  const { body } = await world.request('GET', `${PATH}/deliveries`);
  const job = { id: 'job_one', api: 'alibaba.alb', jobId: 'one', operation: null, labels: { team: 'net' } };
  expect(body.deliveries.map((one: { job: unknown }) => one.job)).toEqual([null, null, job]);
});

test('deliveries are filtered by state, type, job and time, and pages of them give each once', async () => {
  const world = await aWorld(
    Array.from({ length: 620 }, (_, index) =>
      aDelivery(`evt_${String(index).padStart(3, '0')}`, {
        createdAt: toIso(START_MS - 3_600_000 + index),
        state: index % 3 === 0 ? 'exhausted' : index % 3 === 1 ? 'delivered' : 'skipped',
        eventType: index % 2 === 0 ? 'jobwatch.job.failed' : 'jobwatch.job.lost',
        eventJson: about(index < 5 ? 'old' : 'new'),
      }),
    ),
  );
  const all = async (filter: string, limit = 100) => {
    const seen: string[] = [];
    let pages = 0;
    for (let cursor = ''; pages < 30; pages += 1) {
      const query = `${filter}&limit=${limit}${cursor}`;
      const { status, body } = await world.request('GET', `${PATH}/deliveries`, { query });
      expect(status).toBe(200);
      seen.push(...body.deliveries.map(({ eventId }: { eventId: string }) => eventId));
      if (body.nextCursor === undefined) break;
      cursor = `&cursor=${body.nextCursor}`;
    }
    expect(new Set(seen).size).toBe(seen.length);
    return { count: seen.length, pages };
  };
  expect(await all('state=exhausted')).toEqual({ count: 207, pages: 2 });
  expect((await all('state=exhausted,skipped', 47)).count).toBe(413);
  expect((await all('type=jobwatch.job.lost&state=delivered')).count).toBe(104);
  expect((await all('type=jobwatch.job.*')).count).toBe(620);
  // Behind 615 that do not match: the first response looks at 500 of them and is empty.
  expect(await all('job=old')).toEqual({ count: 5, pages: 1 });
  expect((await all('job=job_old&state=delivered')).count).toBe(2);
  expect((await all(`since=${toIso(START_MS - 3_600_000 + 610)}`)).count).toBe(10);
  for (const query of ['state=failed', 'state=', 'type=none', 'job=', 'since=today']) {
    expect([query, (await world.request('GET', `${PATH}/deliveries`, { query })).status]).toEqual([query, 400]);
  }
});

test('a cursor of another subscription is refused', async () => {
  const world = await aWorld([aDelivery('evt_1'), aDelivery('evt_2')]);
  await world.subscriptions.create(aSubscription({ id: 'sub_b' }));
  const { body } = await world.request('GET', `${PATH}/deliveries`, { query: 'limit=1' });
  const query = `cursor=${body.nextCursor}`;
  expect((await world.request('GET', `${PATH}/deliveries`, { query })).status).toBe(200);
  expect((await world.request('GET', '/v1/subscriptions/sub_b/deliveries', { query })).status).toBe(400);
});

test.each(['delivered', 'exhausted', 'canceled', 'skipped', 'waiting'] as const)(
  'a delivery that is %s is sent again in a new round',
  async (state) => {
    const world = await aWorld([aDelivery('evt_1', { state, round: 2 })]);
    const response = await world.request('POST', `${PATH}/deliveries/evt_1/redeliver`);
    expect(response.status).toBe(202);
    expect(response.body).toMatchObject({
      eventId: 'evt_1',
      state: 'waiting',
      round: 3,
      nextAttemptAt: toIso(START_MS),
      endedAt: null,
    });
    expect(await world.deliveries.get('sub_a', 'evt_1')).toMatchObject({
      state: 'waiting',
      round: 3,
      owner: null,
      version: 5,
    });
    expect(world.sentDeliveries).toEqual([{ subscription: 'sub_a', eventId: 'evt_1', round: 3 }]);
  },
);

test('nothing is sent to a disabled subscription', async () => {
  const world = await aWorld([aDelivery('evt_1')]);
  await world.request('PATCH', PATH, { body: { state: 'disabled' } });
  expect((await world.request('POST', `${PATH}/deliveries/evt_1/redeliver`)).status).toBe(409);
  expect((await world.request('POST', `${PATH}/redeliver`, { body: { since: toIso(0) } })).status).toBe(409);
  expect(world.sentDeliveries).toEqual([]);
  expect(await world.deliveries.get('sub_a', 'evt_1')).toMatchObject({ state: 'exhausted', round: 0 });
});

test.each(['evt_none', 'x', 'y'.repeat(3000)])('there is no delivery of %s', async (eventId) => {
  const world = await aWorld([]);
  expect((await world.request('POST', `${PATH}/deliveries/${eventId}/redeliver`)).status).toBe(404);
});

test('the record is open before its message is sent: a send that fails is said, and found later', async () => {
  const world = await aWorld([aDelivery('evt_1')], () => ({ sendDeliveries: async () => [false] }));
  expect((await world.request('POST', `${PATH}/deliveries/evt_1/redeliver`)).status).toBe(503);
  expect(await world.deliveries.get('sub_a', 'evt_1')).toMatchObject({ state: 'waiting', round: 1 });
});

test('a redelivery that meets another write begins again, five times at most', async () => {
  let conflicts = 2;
  const world = await aWorld([aDelivery('evt_1')], (ports) => ({
    deliveries: {
      ...ports.deliveries,
      save: async (delivery) => {
        conflicts -= 1;
        return conflicts >= 0 ? 'conflict' : ports.deliveries.save(delivery);
      },
    },
  }));
  expect((await world.request('POST', `${PATH}/deliveries/evt_1/redeliver`)).body).toMatchObject({ round: 1 });
  conflicts = 5;
  expect((await world.request('POST', `${PATH}/deliveries/evt_1/redeliver`)).status).toBe(409);
});

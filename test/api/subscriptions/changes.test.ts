import { expect, test } from 'vitest';
import { ItemError } from '../../../lib/base/item-error.ts';
import { toIso } from '../../../lib/base/time.ts';
import { makeApiWorld } from '../../fakes/api-world.ts';
import { START_MS } from '../../fakes/clock.ts';
import { aSubscription } from '../../fakes/subscriptions.ts';

const URL = 'https://hooks.example.com/jobs';
const NOW = toIso(START_MS);
type World = ReturnType<typeof makeApiWorld>;

const create = (world: World, body: unknown = { url: URL }) => world.request('POST', '/v1/subscriptions', { body });

async function created(world: World, body?: unknown): Promise<string> {
  return (await create(world, body)).body.id;
}

test('a patch replaces what it names, each field as a whole, and leaves the rest', async () => {
  const world = makeApiWorld();
  const id = await created(world, {
    url: URL,
    types: ['jobwatch.test'],
    filter: { account: 'a', labels: { team: 'x' } },
    description: 'one',
  });
  const response = await world.request('PATCH', `/v1/subscriptions/${id}`, {
    body: { filter: { labels: { env: 'y' } }, description: '' },
  });
  expect(response.status).toBe(200);
  expect(response.body).toMatchObject({ url: URL, types: ['jobwatch.test'], description: '' });
  expect(response.body.filter).toEqual({ labels: { env: 'y' } });
});

test('a patch is checked as a creation is', async () => {
  const world = makeApiWorld();
  const id = await created(world);
  const patch = (body: unknown) => world.request('PATCH', `/v1/subscriptions/${id}`, { body });
  expect((await patch({ url: 'http://a' })).body.errors[0].field).toBe('url');
  expect(
    (await patch({ id: 'sub_other', state: 'gone' })).body.errors.map(({ field }: { field: string }) => field).sort(),
  ).toEqual(['id', 'state']);
  expect((await patch({})).status).toBe(200);
});

test('another address is another endpoint: what was known of the old one is forgotten', async () => {
  const world = makeApiWorld();
  const sick = { openUntil: NOW, failingSince: NOW };
  await world.subscriptions.create(aSubscription({ id: 'sub_a', url: URL, ...sick }));
  expect((await world.request('PATCH', '/v1/subscriptions/sub_a', { body: { url: URL } })).body).toMatchObject(sick);
  const response = await world.request('PATCH', '/v1/subscriptions/sub_a', { body: { url: `${URL}/2` } });
  expect(response.body).toMatchObject({ openUntil: null, failingSince: null });
});

test('a subscription is disabled by a patch and enabled again by either way', async () => {
  const world = makeApiWorld();
  const id = await created(world);
  const path = `/v1/subscriptions/${id}`;
  const off = await world.request('PATCH', path, { body: { state: 'disabled' } });
  expect(off.body).toMatchObject({
    state: 'disabled',
    disabled: { at: NOW, by: 'api', reason: expect.any(String), token: 'all' },
  });
  expect((await world.request('PATCH', path, { body: { state: 'active' } })).body).toMatchObject({
    state: 'active',
    disabled: null,
  });
  await world.request('PATCH', path, { body: { state: 'disabled' } });
  expect((await world.request('POST', `${path}/enable`)).body).toMatchObject({
    state: 'active',
    disabled: null,
    failingSince: null,
  });
});

test('that a subscription was disabled is published once, however often the request is repeated', async () => {
  const world = makeApiWorld();
  const id = await created(world);
  const types = ['jobwatch.endpoint.disabled'];
  await world.subscriptions.create(aSubscription({ id: 'sub_b', types }));
  const off = () => world.request('PATCH', `/v1/subscriptions/${id}`, { body: { state: 'disabled', types } });
  await off();
  world.clock.advance(1000);
  await off();
  expect(world.deliveries.all()).toMatchObject([{ subscription: 'sub_b', eventType: 'jobwatch.endpoint.disabled' }]);
  const said = world.lines.filter(({ message }) => message === 'subscription.disabled');
  expect(said[0]?.fields).toMatchObject({ subscription: id, reason: 'Disabled through the API.' });
});

test('a change that meets another one begins again from it', async () => {
  let meddle = true;
  const world = makeApiWorld((ports) => ({
    subscriptions: {
      ...ports.subscriptions,
      save: async (subscription) => {
        if (meddle) await ports.subscriptions.save({ ...subscription, description: '', types: ['jobwatch.test'] });
        meddle = false;
        return ports.subscriptions.save(subscription);
      },
    },
  }));
  const id = await created(world);
  const response = await world.request('PATCH', `/v1/subscriptions/${id}`, { body: { description: 'mine' } });
  expect(response.body).toMatchObject({ description: 'mine', types: ['jobwatch.test'] });
});

test('a subscription that keeps changing makes 409', async () => {
  const world = makeApiWorld((ports) => ({ subscriptions: { ...ports.subscriptions, save: async () => 'conflict' } }));
  const id = await created(world);
  expect((await world.request('POST', `/v1/subscriptions/${id}/enable`)).status).toBe(409);
});

test('a deleted subscription is gone, with its secret', async () => {
  const world = makeApiWorld();
  const id = await created(world);
  const response = await world.request('DELETE', `/v1/subscriptions/${id}`);
  expect([response.status, response.text]).toEqual([204, '']);
  expect(await world.secrets.get(id)).toBeNull();
  expect((await world.request('GET', `/v1/subscriptions/${id}`)).status).toBe(404);
});

test('a subscription that can not be understood can be deleted all the same', async () => {
  const odd = () => Promise.reject(new ItemError('state: odd'));
  const world = makeApiWorld((ports) => ({ subscriptions: { ...ports.subscriptions, get: odd } }));
  const id = await created(world);
  expect((await world.request('GET', `/v1/subscriptions/${id}`)).status).toBe(500);
  expect((await world.request('DELETE', `/v1/subscriptions/${id}`)).status).toBe(204);
  expect(await world.secrets.get(id)).toBeNull();
  expect((await world.request('DELETE', `/v1/subscriptions/${id}`)).status).toBe(404);
});

test('a new secret signs at once, and the old one for 24 hours more', async () => {
  const world = makeApiWorld();
  const id = await created(world);
  const response = await world.request('POST', `/v1/subscriptions/${id}/rotate-secret`);
  const until = toIso(START_MS + 86_400_000);
  expect(response.body).toEqual({ secret: 'whsec_2', previousValidUntil: until });
  expect(await world.secrets.get(id)).toMatchObject({ current: 'whsec_2', previous: { secret: 'whsec_1', until } });
});

test('no rotation ends a secret before its 24 hours', async () => {
  const world = makeApiWorld();
  const id = await created(world);
  const rotate = () => world.request('POST', `/v1/subscriptions/${id}/rotate-secret`);
  for (let times = 0; times < 4; times += 1) expect((await rotate()).status).toBe(200);
  const refused = await rotate();
  expect([refused.status, refused.headers['retry-after']]).toEqual([409, '86400']);
  expect(await world.secrets.get(id)).toMatchObject({ current: 'whsec_5', older: [{}, {}, { secret: 'whsec_1' }] });
  world.clock.advance(86_400_001);
  expect((await rotate()).status).toBe(200);
});

test('a test calls the endpoint with an event of its own, disabled or not, and returns what it answered', async () => {
  const world = makeApiWorld();
  const id = await created(world);
  await world.request('PATCH', `/v1/subscriptions/${id}`, { body: { state: 'disabled' } });
  const response = await world.request('POST', `/v1/subscriptions/${id}/test`);
  expect(response.status).toBe(200);
  expect(response.body).toEqual({
    eventId: expect.stringMatching(/^evt_[a-z2-7]{26}$/),
    at: NOW,
    status: 418,
    durationMs: 12,
    error: 'the endpoint answered 418',
    answer: 'short and stout',
  });
  expect(world.tried[0]?.event).toMatchObject({
    id: response.body.eventId,
    type: 'jobwatch.test',
    source: '/jobwatch/test',
    subject: id,
  });
  expect(world.deliveries.all()).toEqual([]);
});

const ROUTES = [
  'GET ',
  'PATCH ',
  'DELETE ',
  'POST /enable',
  'POST /rotate-secret',
  'POST /test',
  'GET /deliveries',
  'POST /deliveries/evt_a/redeliver',
  'POST /redeliver',
];
test.each(ROUTES)('%s of a subscription that is not there is 404', async (route) => {
  const { request } = makeApiWorld();
  const [method = '', rest = ''] = route.split(' ');
  for (const id of ['sub_none', '..', 'x'.repeat(3000)]) {
    const body = route === 'POST /redeliver' ? { since: NOW } : undefined;
    expect((await request(method, `/v1/subscriptions/${id}${rest}`, { body })).status).toBe(404);
  }
});

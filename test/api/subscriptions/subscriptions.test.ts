import { expect, test } from 'vitest';
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

test('a subscription is made with its defaults, and its secret is shown this once', async () => {
  const world = makeApiWorld();
  const response = await create(world);
  expect(response.status).toBe(201);
  expect(response.body).toEqual({
    id: expect.stringMatching(/^sub_[a-z2-7]{26}$/),
    kind: 'webhook',
    format: 'cloudevents',
    url: URL,
    language: null,
    headers: [],
    types: [],
    filter: {},
    description: '',
    createdAt: NOW,
    state: 'active',
    disabled: null,
    openUntil: null,
    failingSince: null,
    secret: 'whsec_1',
  });
  expect(response.headers['location']).toBe(`/v1/subscriptions/${response.body.id}`);
  expect(await world.secrets.get(response.body.id)).toEqual({ current: 'whsec_1', previous: null });
  for (const path of ['/v1/subscriptions', `/v1/subscriptions/${response.body.id}`]) {
    expect((await world.request('GET', path)).text).not.toContain('whsec_');
  }
});

test('the secret is stored before the subscription', async () => {
  const world = makeApiWorld((ports) => ({
    secrets: {
      ...ports.secrets,
      create: async () => {
        throw new Error('away');
      },
    },
  }));
  expect((await create(world)).status).toBe(500);
  expect(await world.subscriptions.list()).toEqual([]);
});

const GOOD = [
  { types: ['jobwatch.job.failed', 'jobwatch.job.*', 'jobwatch.*', 'jobwatch.account.*'] },
  { types: [] },
  { types: Array.from({ length: 20 }, () => 'jobwatch.test') },
  { filter: { api: 'huawei.elb.v3', account: 'prod', labels: { team: 'network', 'a.b-c_d': '' } } },
  { filter: {} },
  { description: 'x'.repeat(256) },
];
test.each(GOOD)('%j is taken as it is', async (fields) => {
  const world = makeApiWorld();
  const response = await create(world, { url: URL, ...fields });
  expect(response.status).toBe(201);
  expect(response.body).toMatchObject(fields);
});

const BAD: [Record<string, unknown>, string[]][] = [
  [{ url: 5 }, ['url']],
  [{ url: '' }, ['url']],
  [{ url: 'http://hooks.example.com' }, ['url']],
  [{ url: `https://${'a'.repeat(2100)}` }, ['url']],
  [{ types: 'jobwatch.*' }, ['types']],
  [{ types: ['jobwatch.job.done', 'jobwatch.test', '*'] }, ['types[0]', 'types[2]']],
  [
    { types: ['jobwatch.job.failed.*', 'jobwatch.jo.*', '.*', 'jobwatch*'] },
    ['types[0]', 'types[1]', 'types[2]', 'types[3]'],
  ],
  [{ types: Array.from({ length: 21 }, () => 'jobwatch.test') }, ['types']],
  [{ filter: { api: 'aws.elb' } }, ['filter.api']],
  [{ filter: { account: 'a/b' } }, ['filter.account']],
  [{ filter: { region: 'eu-de' } }, ['filter.region']],
  [{ filter: [] }, ['filter']],
  [{ filter: null }, ['filter']],
  [{ filter: { labels: { team: 5 } } }, ['filter.labels']],
  [{ filter: { labels: ['a'] } }, ['filter.labels']],
  [{ filter: { labels: { 'a b': 'c' } } }, ['filter.labels']],
  [
    { filter: { labels: Object.fromEntries(Array.from({ length: 11 }, (_, index) => [`k${index}`, ''])) } },
    ['filter.labels'],
  ],
  [{ description: 'x'.repeat(257) }, ['description']],
  [{ secret: 'whsec_mine', event: 'x' }, ['secret', 'event']],
  [
    { url: 1, types: 1, filter: 1, description: 1, constructor: 1 },
    ['url', 'types', 'filter', 'description', 'constructor'],
  ],
];
test.each(BAD)('%j is refused, naming %j and no value', async (fields, names) => {
  const world = makeApiWorld();
  const response = await create(world, { url: URL, ...fields });
  expect(response.status).toBe(400);
  expect(response.body.errors.map(({ field }: { field: string }) => field)).toEqual(names);
  expect(response.text).not.toContain('mine');
  expect(await world.subscriptions.list()).toEqual([]);
});

test('without a url there is no subscription', async () => {
  const response = await create(makeApiWorld(), {});
  expect(response.body.errors).toEqual([{ field: 'url', problem: 'missing' }]);
});

test('the hundred-and-first subscription is refused', async () => {
  const world = makeApiWorld();
  for (let index = 0; index < 99; index += 1) await world.subscriptions.create(aSubscription({ id: `sub_${index}` }));
  expect((await create(world)).status).toBe(201);
  const response = await create(world);
  expect([response.status, response.body.title]).toEqual([409, 'Conflict']);
  expect(await world.subscriptions.list()).toHaveLength(100);
});

test('subscriptions are listed newest first, without a token for writing', async () => {
  const world = makeApiWorld();
  const ids = [await created(world)];
  world.clock.advance(1);
  ids.push(await created(world));
  const { body } = await world.request('GET', '/v1/subscriptions', { token: 'jw_read' });
  expect(body.subscriptions.map(({ id }: { id: string }) => id)).toEqual(ids.toReversed());
});

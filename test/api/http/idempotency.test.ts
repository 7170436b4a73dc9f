import * as v from 'valibot';
import { expect, test } from 'vitest';
import * as responses from '../../../lib/api/responses.ts';
import { makeApiWorld } from '../../fakes/api-world.ts';
import { TOKENS } from '../../fakes/tokens.ts';

const BODY = { url: 'https://hooks.example.com/jobs', types: ['jobwatch.*'], filter: { labels: { a: '1', b: '2' } } };
type World = ReturnType<typeof makeApiWorld>;

const create = (world: World, key: string, more: { body?: unknown; token?: string } = {}) =>
  world.request('POST', '/v1/subscriptions', { body: BODY, headers: { 'idempotency-key': key }, ...more });

test('a repeat makes nothing, and answers the subscription without its secret', async () => {
  const world = makeApiWorld();
  const first = await create(world, 'k-1');
  const again = await create(world, 'k-1', {
    body: { filter: { labels: { b: '2', a: '1' } }, types: ['jobwatch.*'], url: BODY.url },
  });
  const { secret, ...shown } = first.body;
  expect([first.status, again.status, again.headers['idempotency-replayed']]).toEqual([201, 200, 'true']);
  expect(secret).toMatch(/^whsec_/);
  expect(again.body).toEqual(shown);
  v.parse(responses.subscription, again.body);
  expect(await world.subscriptions.list()).toHaveLength(1);
});

test('of many requests at once one makes the subscription, and the others are told to wait', async () => {
  const world = makeApiWorld();
  const all = await Promise.all(Array.from({ length: 8 }, () => create(world, 'k-1')));
  expect(all.map(({ status }) => status).toSorted()).toEqual([201, ...Array.from({ length: 7 }, () => 409)]);
  expect(all.find(({ status }) => status === 409)?.headers['retry-after']).toBe('1');
  expect(await world.subscriptions.list()).toHaveLength(1);
  expect((await create(world, 'k-1')).status).toBe(200);
});

test('the same key with another body is refused, and says why', async () => {
  const world = makeApiWorld();
  await create(world, 'k-1');
  const response = await create(world, 'k-1', { body: { ...BODY, description: 'other' } });
  expect([response.status, response.headers['content-type']]).toEqual([422, 'application/problem+json']);
  expect(response.body.errors).toEqual([
    { field: 'Idempotency-Key', problem: 'was used with another body in the last 24 hours' },
  ]);
});

test('a key belongs to one token, is kept for 24 hours and never in the clear', async () => {
  const world = makeApiWorld();
  const first = await create(world, 'my-key');
  expect((await create(world, 'my-key', { token: TOKENS.subscriptions })).status).toBe(201);
  expect(JSON.stringify(world.idempotency.all())).not.toMatch(/my-key|whsec_|jw_/);
  world.clock.advance(24 * 3_600_000 - 1);
  expect((await create(world, 'my-key')).body.id).toBe(first.body.id);
  world.clock.advance(1);
  expect((await create(world, 'my-key')).status).toBe(201);
});

test('what failed may be tried again with the same key at once', async () => {
  let fails = true;
  const world = makeApiWorld((ports) => ({
    subscriptions: {
      ...ports.subscriptions,
      create: async (one) => {
        if (fails) throw new Error('away');
        await ports.subscriptions.create(one);
      },
    },
  }));
  expect((await create(world, 'k-1')).status).toBe(500);
  fails = false;
  expect((await create(world, 'k-1')).status).toBe(201);
});

test('a request that died on its way is taken up after its lease', async () => {
  const world = makeApiWorld();
  await create(world, 'k-1');
  const [record] = world.idempotency.all();
  if (record === undefined) throw new Error('no record');
  await world.subscriptions.remove(record.subject);
  await world.idempotency.put({ ...record, done: false, leaseUntilMs: world.clock() + 60_000 });
  expect((await create(world, 'k-1')).status).toBe(409);
  world.clock.advance(60_000);
  expect((await create(world, 'k-1')).status).toBe(201);
});

test('what was made and deleted is not made again', async () => {
  const world = makeApiWorld();
  const { body } = await create(world, 'k-1');
  await world.request('DELETE', `/v1/subscriptions/${body.id}`);
  const response = await create(world, 'k-1');
  expect([response.status, response.body.detail]).toEqual([409, expect.stringContaining('deleted')]);
});

test('what was made is answered and found again even if that could not be noted', async () => {
  let puts = 0;
  const world = makeApiWorld((ports) => ({
    idempotency: {
      ...ports.idempotency,
      put: async (record) => {
        puts += 1;
        if (puts === 2) throw new Error('away');
        return ports.idempotency.put(record);
      },
    },
  }));
  expect((await create(world, 'k-1')).status).toBe(201);
  expect((await create(world, 'k-1')).status).toBe(200);
  expect(world.lines.filter(({ message }) => message === 'api.idempotency')).toHaveLength(1);
});

test.each(['', ' ', 'a b', 'é', 'x'.repeat(256)])('%j is no key', async (key) => {
  const world = makeApiWorld();
  const response = await create(world, key);
  expect([response.status, response.body.errors[0].field]).toEqual([400, 'Idempotency-Key']);
  expect(await world.subscriptions.list()).toEqual([]);
});

test('the document names the header', async () => {
  const { body } = await makeApiWorld().request('GET', '/v1/openapi.json');
  const { parameters, responses } = body.paths['/v1/subscriptions'].post;
  expect(parameters).toEqual([expect.objectContaining({ name: 'Idempotency-Key', in: 'header', required: false })]);
  expect(Object.keys(responses)).toEqual(expect.arrayContaining(['200', '201', '409', '422']));
});

import { expect, test } from 'vitest';
import { toIso } from '../../../lib/base/time.ts';
import { aDelivery, aDeliveryWorld as aWorld } from '../../fakes/api-deliveries.ts';
import { START_MS } from '../../fakes/clock.ts';

const PATH = '/v1/subscriptions/sub_a';

test('redeliver since sends what did not arrive in that time, and nothing else', async () => {
  const at = (minutes: number) => toIso(START_MS - minutes * 60_000);
  const world = await aWorld([
    aDelivery('evt_before', { createdAt: at(61) }),
    aDelivery('evt_first', { createdAt: at(60) }),
    aDelivery('evt_canceled', { createdAt: at(50), state: 'canceled' }),
    aDelivery('evt_skipped', { createdAt: at(40), state: 'skipped' }),
    aDelivery('evt_delivered', { createdAt: at(40), state: 'delivered' }),
    aDelivery('evt_waiting', { createdAt: at(40), state: 'waiting' }),
    aDelivery('evt_last', { createdAt: at(30) }),
    aDelivery('evt_after', { createdAt: at(29) }),
  ]);
  const response = await world.request('POST', `${PATH}/redeliver`, { body: { since: at(60), until: at(30) } });
  expect(response.status).toBe(202);
  expect(response.body).toEqual({ redelivered: 4, failed: 0 });
  const sent = world.sentDeliveries.map(({ eventId }) => eventId).sort();
  expect(sent).toEqual(['evt_canceled', 'evt_first', 'evt_last', 'evt_skipped']);
  const again = await world.request('POST', `${PATH}/redeliver`, { body: { since: at(60) } });
  expect(again.body).toEqual({ redelivered: 1, failed: 0 });
});

test('a dry run counts, sends nothing and changes nothing, also while the webhook is paused', async () => {
  const world = await aWorld([
    aDelivery('evt_1'),
    aDelivery('evt_2', { state: 'skipped' }),
    aDelivery('evt_3', { state: 'delivered' }),
  ]);
  const body = { since: toIso(0), dryRun: true };
  const counted = await world.request('POST', `${PATH}/redeliver`, { body });
  expect([counted.status, counted.body]).toEqual([202, { redelivered: 2, failed: 0 }]);
  expect(world.sentDeliveries).toEqual([]);
  expect(await world.deliveries.get('sub_a', 'evt_1')).toMatchObject({ state: 'exhausted', round: 0 });
  await world.request('PATCH', PATH, { body: { state: 'disabled' } });
  expect((await world.request('POST', `${PATH}/redeliver`, { body })).body).toEqual({ redelivered: 2, failed: 0 });
});

test('a large redelivery goes on with its cursor, and counts what could not be sent', async () => {
  let sends = 0;
  const world = await aWorld(
    Array.from({ length: 520 }, (_, index) => aDelivery(`evt_${index}`)),
    () => ({
      sendDeliveries: async () => {
        sends += 1;
        return [sends % 10 !== 0];
      },
    }),
  );
  const first = await world.request('POST', `${PATH}/redeliver`, { body: { since: toIso(0) } });
  expect(first.body).toEqual({ redelivered: 450, failed: 50, nextCursor: expect.any(String) });
  const rest = await world.request('POST', `${PATH}/redeliver`, {
    body: { since: toIso(0), cursor: first.body.nextCursor },
  });
  expect(rest.body).toEqual({ redelivered: 18, failed: 2 });
});

test('a redelivery looks no further back than it was asked to', async () => {
  let lists = 0;
  const old = Array.from({ length: 150 }, (_, index) => aDelivery(`evt_${index}`));
  const world = await aWorld([aDelivery('evt_now', { createdAt: toIso(START_MS) }), ...old], (ports) => ({
    deliveries: {
      ...ports.deliveries,
      list: async (subscription, page) => {
        lists += 1;
        return ports.deliveries.list(subscription, page);
      },
    },
  }));
  const response = await world.request('POST', `${PATH}/redeliver`, { body: { since: toIso(START_MS) } });
  expect(response.body).toEqual({ redelivered: 1, failed: 0 });
  expect(lists).toBe(1);
});

test.each([
  [{}, 'since'],
  [{ since: 'yesterday' }, 'since'],
  [{ since: toIso(START_MS), until: toIso(START_MS - 1) }, 'until'],
  [{ since: toIso(0), cursor: 'nonsense' }, 'cursor'],
  [{ since: toIso(0), eventIds: [] }, 'eventIds'],
])('redeliver %j is refused, naming %s', async (body, field) => {
  const response = await (await aWorld([])).request('POST', `${PATH}/redeliver`, { body });
  expect(response.status).toBe(400);
  expect(response.body.errors[0].field).toBe(field);
});

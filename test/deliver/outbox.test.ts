import { expect, test } from 'vitest';
import { ItemError } from '../../lib/base/item-error.ts';
import { toIso } from '../../lib/base/time.ts';
import { type Delivery, end } from '../../lib/deliver/delivery.ts';
import { makePublish, WAITING_MAX } from '../../lib/deliver/outbox.ts';
import { aSubscription } from '../fakes/subscriptions.ts';
import { anEvent, aWorld, Crash, START_MS } from '../fakes/webhook-world.ts';

const bodies = (world: ReturnType<typeof aWorld>) => world.queue.map(({ body }) => JSON.parse(body));

test('each subscription that wants an event gets a record and a message', async () => {
  const world = aWorld({
    subscriptions: [
      aSubscription({ id: 'sub_ends' }),
      aSubscription({ id: 'sub_all', types: ['jobwatch.*'] }),
      aSubscription({ id: 'sub_team', filter: { labels: { team: 'other' } } }),
    ],
  });
  await world.publish([anEvent(), anEvent({ id: 'evt_2', type: 'jobwatch.job.changed' })]);
  expect(bodies(world)).toEqual([
    { subscription: 'sub_ends', eventId: 'evt_1', round: 0 },
    { subscription: 'sub_all', eventId: 'evt_1', round: 0 },
    { subscription: 'sub_all', eventId: 'evt_2', round: 0 },
  ]);
  const stored = await world.deliveries.get('sub_all', 'evt_2');
  expect(stored).toMatchObject({
    state: 'waiting',
    owner: null,
    eventType: 'jobwatch.job.changed',
    nextAttemptAt: toIso(START_MS),
  });
  expect(JSON.parse(stored?.eventJson ?? '')).toEqual(anEvent({ id: 'evt_2', type: 'jobwatch.job.changed' }));
});

test('the record holds ASCII, whatever the event says', async () => {
  const world = aWorld();
  await world.publish([anEvent({ subject: 'ü\uffff🙂' })]);
  expect(world.theDelivery().eventJson).toMatch(/^[\x20-\x7e]+$/);
  expect(JSON.parse(world.theDelivery().eventJson).subject).toBe('ü\uffff🙂');
});

test('no event asks for no subscriptions', async () => {
  const world = aWorld({
    meddle: () => {
      throw new Crash();
    },
  });
  await expect(world.publish([])).resolves.toBeUndefined();
});

test('subscriptions are read after the call', async () => {
  const world = aWorld({ subscriptions: [] });
  const published = world.publish([anEvent()]);
  await published;
  await world.subscriptions.create(aSubscription());
  await world.publish([anEvent()]);
  expect(bodies(world)).toEqual([{ subscription: 'sub_a', eventId: 'evt_1', round: 0 }]);
});

test.each<[string, (delivery: Delivery) => Delivery, number]>([
  ['that waits without an owner gets its message again', (delivery) => delivery, 2],
  ['that a message owns does not', (delivery) => ({ ...delivery, owner: 'm1' }), 1],
  ['that was delivered does not', (delivery) => end(delivery, 'delivered', null, toIso(START_MS)), 1],
  ['that is exhausted does not', (delivery) => end(delivery, 'exhausted', null, toIso(START_MS)), 1],
])('a record %s when its event is published twice', async (_name, change, messages) => {
  const world = aWorld();
  await world.publish([anEvent()]);
  await world.deliveries.save(change(world.theDelivery()));
  await world.publish([anEvent()]);
  expect(world.queue).toHaveLength(messages);
});

test('a message sent again is of the record’s own round', async () => {
  const world = aWorld();
  await world.publish([anEvent()]);
  await world.deliveries.save({ ...world.theDelivery(), round: 3 });
  await world.publish([anEvent()]);
  expect(bodies(world)[1]).toEqual({ subscription: 'sub_a', eventId: 'evt_1', round: 3 });
});

test('what a disabled subscription would have got is recorded as skipped, without a message', async () => {
  const world = aWorld({ subscriptions: [aSubscription({ state: 'disabled' }), aSubscription({ id: 'sub_b' })] });
  await world.publish([anEvent()]);
  expect(await world.deliveries.get('sub_a', 'evt_1')).toMatchObject({ state: 'skipped', endedAt: toIso(START_MS) });
  expect(bodies(world)).toEqual([{ subscription: 'sub_b', eventId: 'evt_1', round: 0 }]);
});

test.each([
  [WAITING_MAX, 'waiting', 1],
  [WAITING_MAX + 1, 'exhausted', 0],
])('with %i deliveries waiting a further one is %s', async (waiting, state, messages) => {
  const world = aWorld();
  const counted = { ...world.deliveries, waitingCount: async (_: string, limit: number) => Math.min(waiting, limit) };
  const send = async (sent: readonly unknown[]) => sent.map(() => world.enqueue('{}') !== '');
  await makePublish({ subscriptions: world.subscriptions, deliveries: counted, send, clock: () => START_MS })([
    anEvent(),
  ]);
  expect(world.theDelivery().state).toBe(state);
  expect(world.queue).toHaveLength(messages);
});

test('a message that the queue refuses makes the publication fail, and publishing again sends it', async () => {
  const world = aWorld();
  const ports = { subscriptions: world.subscriptions, deliveries: world.deliveries, clock: () => START_MS };
  const refusing = makePublish({ ...ports, send: async (sent) => sent.map(() => false) });
  await expect(refusing([anEvent()])).rejects.toThrow('has not taken 1 of 1');
  await world.publish([anEvent()]);
  expect(world.queue).toHaveLength(1);
});

test('many deliveries are entered in order, none left out', async () => {
  const subscriptions = Array.from({ length: 7 }, (_, at) => aSubscription({ id: `sub_${at}` }));
  const world = aWorld({ subscriptions });
  await world.publish(Array.from({ length: 9 }, (_, at) => anEvent({ id: `evt_${at}` })));
  expect(world.deliveries.all()).toHaveLength(63);
  expect(new Set(world.queue.map(({ body }) => body)).size).toBe(63);
});

test('a delivery that can not be understood holds up no other', async () => {
  const world = aWorld({ subscriptions: [aSubscription({ id: 'sub_odd' }), aSubscription({ id: 'sub_even' })] });
  const put: typeof world.deliveries.put = (delivery) =>
    delivery.subscription === 'sub_odd' ? Promise.reject(new ItemError('state: odd')) : world.deliveries.put(delivery);
  const sent: string[] = [];
  const publish = makePublish({
    subscriptions: world.subscriptions,
    deliveries: { put, waitingCount: async () => 0 },
    send: async (messages) => messages.map(({ subscription }) => sent.push(subscription) > 0),
    clock: () => START_MS,
  });
  await publish([anEvent()]);
  expect(sent).toEqual(['sub_even']);
});

import { expect, test } from 'vitest';
import { toIso } from '../../lib/base/time.ts';
import { type Delivery, end, reopen } from '../../lib/deliver/delivery.ts';
import { cancelForDisabled, makePublish, resend, resendOverdue, WAITING_MAX } from '../../lib/deliver/outbox.ts';
import { aSubscription } from '../fakes/subscriptions.ts';
import { anEvent, answer, aWorld, Crash, START_MS } from '../fakes/webhook-world.ts';

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
  const told = world.publish([anEvent()]);
  await told;
  await world.subscriptions.create(aSubscription());
  await world.publish([anEvent()]);
  expect(bodies(world)).toEqual([{ subscription: 'sub_a', eventId: 'evt_1', round: 0 }]);
});

test.each<[string, (delivery: Delivery) => Delivery, number]>([
  ['that waits without an owner gets its message again', (delivery) => delivery, 2],
  ['that a message owns does not', (delivery) => ({ ...delivery, owner: 'm1' }), 1],
  ['that was delivered does not', (delivery) => end(delivery, 'delivered', null, toIso(START_MS)), 1],
  ['that is exhausted does not', (delivery) => end(delivery, 'exhausted', null, toIso(START_MS)), 1],
])('a record %s when its event is told twice', async (_name, change, messages) => {
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

test('a message that the queue refuses makes the telling fail, and telling again sends it', async () => {
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

test('what is overdue gets a new message and is not found overdue again', async () => {
  const world = aWorld();
  await world.publish([anEvent()]);
  world.queue.length = 0;
  world.time.nowMs += 16 * 60_000;
  const ports = {
    deliveries: world.deliveries,
    send: async (sent: readonly unknown[]) => sent.map((message) => world.enqueue(JSON.stringify(message)) !== ''),
    clock: () => world.time.nowMs,
  };
  const overdue = () => ({ subscription: 'sub_a', beforeMs: world.time.nowMs - 15 * 60_000, limit: 10 });
  expect(await resendOverdue(ports, overdue())).toBe(1);
  expect(await resendOverdue(ports, overdue())).toBe(0);
  await world.run();
  expect(world.theDelivery().state).toBe('delivered');
  expect(world.calls).toHaveLength(1);
});

test('a redelivery is a later round with fresh attempts; what changed meanwhile is left out', async () => {
  const world = aWorld({ answers: [answer(500), answer(500), answer(500), answer(200)] });
  await world.publish([anEvent()]);
  await world.run();
  const ended = world.theDelivery();
  expect(ended).toMatchObject({ state: 'exhausted', attempts: 3 });
  const send = async (sent: readonly unknown[]) => sent.map((message) => world.enqueue(JSON.stringify(message)) !== '');
  const ports = { deliveries: world.deliveries, send, clock: () => world.time.nowMs };
  const again = { ...reopen(ended, toIso(world.time.nowMs)), round: ended.round + 1 };
  expect(await resend(ports, [again])).toBe(1);
  expect(await resend(ports, [again])).toBe(0);
  await world.run();
  expect(world.theDelivery()).toMatchObject({ state: 'delivered', round: 1, attempts: 4, earlierAttempts: 3 });
  const attempts = await world.deliveries.attempts('sub_a', 'evt_1');
  expect(attempts.map(({ number, status }) => [number, status])).toEqual([
    [4, 200],
    [3, 500],
    [2, 500],
    [1, 500],
  ]);
});

test('what waits for a disabled subscription is canceled, but for the attempt that is under way', async () => {
  const world = aWorld({ subscriptions: ['sub_a', 'sub_b'].map((id) => aSubscription({ id })) });
  await world.publish(['evt_1', 'evt_2', 'evt_3'].map((id) => anEvent({ id })));
  const disabled = { at: toIso(START_MS), by: 'api' as const, reason: 'holidays' };
  await world.subscriptions.save(aSubscription({ state: 'disabled', disabled }));
  const inADay = toIso(START_MS + 86_400_000);
  for (const [id, unfinished] of [
    ['evt_1', 0],
    ['evt_2', 1],
  ] as const) {
    const stored = await world.deliveries.get('sub_a', id);
    if (stored !== null) await world.deliveries.save({ ...stored, unfinished, nextAttemptAt: inADay });
  }
  const ports = { subscriptions: world.subscriptions, deliveries: world.deliveries, clock: () => START_MS };
  expect(await cancelForDisabled(ports, 1)).toBe(1);
  expect(await cancelForDisabled(ports, 10)).toBe(1);
  const states = world.deliveries
    .all()
    .map(({ subscription, eventId, state }) => `${subscription} ${eventId} ${state}`);
  expect(states.sort()).toEqual([
    'sub_a evt_1 canceled',
    'sub_a evt_2 waiting',
    'sub_a evt_3 canceled',
    'sub_b evt_1 waiting',
    'sub_b evt_2 waiting',
    'sub_b evt_3 waiting',
  ]);
  await world.tick();
  expect(world.calls).toHaveLength(3);
});

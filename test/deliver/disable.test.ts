import { expect, test } from 'vitest';
import { toIso } from '../../lib/base/time.ts';
import { cancelForDisabled } from '../../lib/deliver/disable.ts';
import { aSubscription } from '../fakes/subscriptions.ts';
import { anEvent, aWorld, START_MS } from '../fakes/webhook-world.ts';

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

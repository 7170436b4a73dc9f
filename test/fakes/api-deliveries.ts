import { toIso } from '../../lib/base/time.ts';
import { type Delivery, newDelivery } from '../../lib/deliver/delivery.ts';
import { testEvent } from '../../lib/events/event.ts';
import { makeApiWorld } from './api-world.ts';
import { START_MS } from './clock.ts';
import { aSubscription } from './subscriptions.ts';

/** A delivery to `sub_a` that has come to nothing. */
export function aDelivery(eventId: string, fields: Partial<Delivery> = {}): Delivery {
  const event = testEvent('test', { id: eventId, subscription: 'sub_a', at: toIso(START_MS) });
  const fresh = newDelivery('sub_a', event, '{"secret":"inside"}', toIso(START_MS - 3_600_000));
  const ended = toIso(START_MS - 60_000);
  return {
    ...fresh,
    state: 'exhausted',
    owner: 'message-1',
    attempts: 3,
    nextAttemptAt: ended,
    endedAt: ended,
    version: 4,
    ...fields,
  };
}

/** The API with `sub_a` and its deliveries. */
export async function aDeliveryWorld(
  deliveries: readonly Delivery[],
  overrides?: Parameters<typeof makeApiWorld>[0],
): Promise<ReturnType<typeof makeApiWorld>> {
  const world = makeApiWorld(overrides);
  await world.subscriptions.create(aSubscription());
  for (const delivery of deliveries) await world.deliveries.put(delivery);
  return world;
}

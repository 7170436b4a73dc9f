import { asciiJson } from '../base/ascii-json.ts';
import { nullIfUnreadable } from '../base/item-error.ts';
import { type Clock, toIso } from '../base/time.ts';
import type { Event } from '../events/event.ts';
import { type Delivery, type DeliveryMessage, end, newDelivery } from './delivery.ts';
import type { DeliveryStore, SubscriptionStore } from './ports.ts';
import { type Subscription, wants } from './subscription.ts';

/** Says for each message, in their order, whether the deliveries queue has taken it. */
export type SendDeliveries = (messages: readonly DeliveryMessage[]) => Promise<readonly boolean[]>;

export interface OutboxPorts {
  readonly subscriptions: Pick<SubscriptionStore, 'list'>;
  readonly deliveries: Pick<DeliveryStore, 'put' | 'waitingCount'>;
  readonly send: SendDeliveries;
  readonly clock: Clock;
}

/**
 * Rejects if a store or the queue is at fault; the events may then be published again, which repeats nothing that was
 * done.
 */
export type Publish = (events: readonly Event[]) => Promise<void>;

/**
 * Waiting messages are in flight, and a queue holds 120,000 of these: one dead endpoint may not fill it.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html
 */
export const WAITING_MAX = 5000;

/** Records written at the same time. */
export const CHUNK = 20;

/**
 * Makes the deliveries of events: for each subscription that wants an event its record, if absent, and then its
 * message. The subscriptions are read after the call. A record that waits and that no message owns gets its message
 * (again): the work may have been cut off between the two; a second message is dropped by `deliver`.
 */
export function makePublish(ports: OutboxPorts): Publish {
  return async (events) => {
    if (events.length === 0) return;
    const subscriptions = await ports.subscriptions.list();
    const wanted = events.flatMap((event) => {
      const json = asciiJson(event);
      return subscriptions.filter((subscription) => wants(subscription, event)).map((to) => ({ to, event, json }));
    });
    for (let at = 0; at < wanted.length; at += CHUNK) {
      const entered = await Promise.all(wanted.slice(at, at + CHUNK).map((entry) => enter(ports, entry)));
      await sendAll(ports.send, entered.flatMap((delivery) => delivery ?? []).filter(isUnowned));
    }
  };
}

/** The record as it is stored then; null for one that can't be understood: it holds up no other. */
async function enter(
  ports: OutboxPorts,
  entry: { to: Subscription; event: Event; json: string },
): Promise<Delivery | null> {
  const { to, event, json } = entry;
  const now = toIso(ports.clock());
  const fresh = newDelivery(to.id, event, json, now);
  const delivery = await limited(ports, to, fresh);
  const written = await ports.deliveries.put(delivery).catch(nullIfUnreadable);
  return written?.kind === 'saved' ? delivery : (written?.stored ?? null);
}

async function limited(ports: OutboxPorts, to: Subscription, fresh: Delivery): Promise<Delivery> {
  const now = fresh.createdAt;
  if (to.state === 'disabled') return end(fresh, 'skipped', 'the subscription was disabled', now);
  const waiting = await ports.deliveries.waitingCount(to.id, WAITING_MAX + 1);
  if (waiting <= WAITING_MAX) return fresh;
  return end(fresh, 'exhausted', `more than ${WAITING_MAX} deliveries of this subscription are waiting`, now);
}

export function isUnowned(delivery: Delivery): boolean {
  return delivery.state === 'waiting' && delivery.owner === null;
}

/** Rejects if the queue has not taken them all. */
export async function sendAll(send: SendDeliveries, deliveries: readonly Delivery[]): Promise<void> {
  if (deliveries.length === 0) return;
  const taken = await send(deliveries.map(({ subscription, eventId, round }) => ({ subscription, eventId, round })));
  const refused = deliveries.filter((_, index) => taken[index] !== true).length;
  if (refused > 0)
    throw new OutboxError(`The deliveries queue has not taken ${refused} of ${deliveries.length} messages.`);
}

/** The records are written and some messages are not sent: to be tried again. */
export class OutboxError extends Error {
  override readonly name = 'OutboxError';
}

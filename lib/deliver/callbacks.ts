import { asciiJson } from '../base/ascii-json.ts';
import { nullIfUnreadable } from '../base/item-error.ts';
import { toIso } from '../base/time.ts';
import type { CallbackEnd, CloseCallbacks } from '../events/callbacks.ts';
import { CALLBACKS, type Delivery, end, newDelivery } from './delivery.ts';
import { CHUNK, isUnowned, type OutboxPorts, sendAll } from './outbox.ts';

/** Callbacks have one list for all jobs, and each is somebody's workflow: more of them may wait than of a webhook. */
const WAITING_MAX = 20_000;

/**
 * Makes the deliveries that close callbacks: of each its record, if absent, and then its message, as `makePublish` does
 * for subscriptions.
 */
export function makeCloseCallbacks(ports: Pick<OutboxPorts, 'deliveries' | 'send' | 'clock'>): CloseCallbacks {
  return async (ends) => {
    for (let at = 0; at < ends.length; at += CHUNK) {
      const entered = await Promise.all(ends.slice(at, at + CHUNK).map((one) => enter(ports, one)));
      await sendAll(ports.send, entered.flatMap((delivery) => delivery ?? []).filter(isUnowned));
    }
  };
}

async function enter(
  { deliveries, clock }: Pick<OutboxPorts, 'deliveries' | 'clock'>,
  { id, target, event }: CallbackEnd,
): Promise<Delivery | null> {
  const now = toIso(clock());
  const fresh: Delivery = {
    ...newDelivery(CALLBACKS, { id, type: event.type }, asciiJson(event), now),
    callback: { ...target, mayBeClosed: false },
  };
  const isFull = (await deliveries.waitingCount(CALLBACKS, WAITING_MAX + 1)) > WAITING_MAX;
  const delivery = isFull ? end(fresh, 'exhausted', `more than ${WAITING_MAX} callbacks are waiting`, now) : fresh;
  const written = await deliveries.put(delivery).catch(nullIfUnreadable);
  return written?.kind === 'saved' ? delivery : (written?.stored ?? null);
}

import { type Clock, toIso } from '../base/time.ts';
import type { Delivery } from './delivery.ts';
import { CHUNK, type SendDeliveries, sendAll } from './outbox.ts';
import type { DeliveryStore } from './ports.ts';

export interface ResendPorts {
  readonly deliveries: Pick<DeliveryStore, 'save'>;
  readonly send: SendDeliveries;
  readonly clock: Clock;
}

/**
 * Gives waiting deliveries new messages: those whose message was lost, and reopened ones. The records are written
 * first, due now and without an owner, so that a next pass doesn't find them overdue; those that have changed since
 * they were read are left out. Answers how many were sent.
 */
export async function resend(ports: ResendPorts, deliveries: readonly Delivery[]): Promise<number> {
  let sent = 0;
  for (let at = 0; at < deliveries.length; at += CHUNK) {
    const due = deliveries
      .slice(at, at + CHUNK)
      .map((delivery) => ({ ...delivery, owner: null, nextAttemptAt: toIso(ports.clock()) }));
    const written = await Promise.all(due.map((delivery) => ports.deliveries.save(delivery)));
    const saved = due.filter((_, index) => written[index] === 'saved');
    await sendAll(ports.send, saved);
    sent += saved.length;
  }
  return sent;
}

/** Wakes the deliveries of a subscription that were due before the time, up to `limit`; how many. */
export async function resendOverdue(
  ports: ResendPorts & { readonly deliveries: Pick<DeliveryStore, 'overdue'> },
  overdue: { subscription: string; beforeMs: number; limit: number },
): Promise<number> {
  const { subscription, beforeMs, limit } = overdue;
  return await resend(ports, await ports.deliveries.overdue(subscription, toIso(beforeMs), limit));
}

import type { Log } from '../base/log.ts';
import { parseDeliveryMessage } from './decide.ts';
import { CALLBACKS, type Delivery, type DeliveryMessage, type DeliveryState } from './delivery.ts';
import type { DeliveryStore, SubscriptionStore } from './ports.ts';

/** A message of the dead deliveries queue, as it was received. */
export interface DeadMessage {
  readonly body: string;
  readonly receiptHandle: string;
}

/** The dead deliveries queue, for whoever looks through it. */
export interface DeadQueue {
  /** Up to ten messages, hidden for a minute; none: there is no other at the moment. */
  receive(): Promise<readonly DeadMessage[]>;
  remove(receiptHandle: string): Promise<void>;
  /** Makes the message visible again. */
  release(receiptHandle: string): Promise<void>;
}

export interface DeadPorts {
  readonly dead: DeadQueue;
  readonly deliveries: Pick<DeliveryStore, 'get'>;
  readonly subscriptions: Pick<SubscriptionStore, 'list'>;
  readonly log: Log;
}

/** Ends after which there is nothing left to be done. */
const SETTLED: ReadonlySet<DeliveryState> = new Set<DeliveryState>(['delivered', 'canceled', 'skipped']);

/**
 * Removes dead messages about which nothing is left to be done: their delivery has arrived or was begun anew since, or
 * its subscription is gone. What is on the queue then is what somebody has to look at. Looks at `limit` messages at
 * most and gives back the others; answers how many were removed.
 */
export async function removeSettled(ports: DeadPorts, limit: number): Promise<number> {
  const kept: DeadMessage[] = [];
  let removed = 0;
  try {
    for (let looked = 0; looked < limit; ) {
      const messages = await ports.dead.receive();
      if (messages.length === 0) break;
      looked += messages.length;
      const existing = new Set((await ports.subscriptions.list()).map(({ id }) => id));
      const verdicts = await Promise.all(messages.map((message) => isSettled(ports, message, existing)));
      kept.push(...messages.filter((_, index) => verdicts[index] !== true));
      const settled = messages.filter((_, index) => verdicts[index] === true);
      await Promise.all(settled.map(({ receiptHandle }) => ports.dead.remove(receiptHandle)));
      removed += settled.length;
    }
  } finally {
    await Promise.all(kept.map(({ receiptHandle }) => ports.dead.release(receiptHandle)));
  }
  return removed;
}

/** A record that can't be read keeps its message, and no other. */
async function isSettled(
  { deliveries, log }: DeadPorts,
  { body }: DeadMessage,
  subscriptions: ReadonlySet<string>,
): Promise<boolean> {
  const content = parseDeliveryMessage(body);
  if (content === null) return false;
  if (content.subscription !== CALLBACKS && !subscriptions.has(content.subscription)) return true;
  try {
    return isOver(await deliveries.get(content.subscription, content.eventId), content);
  } catch (error) {
    log.warn('reconcile.dead', { ...content, reason: String(error) });
    return false;
  }
}

/** A message without a record stays: nobody can say what became of its event. */
function isOver(delivery: Delivery | null, { round }: DeliveryMessage): boolean {
  return delivery !== null && (round < delivery.round || SETTLED.has(delivery.state));
}

import type { Clock } from '../base/time.ts';
import { toIso, toMs } from '../base/time.ts';
import type { Wait } from './circuit.ts';
import type { ReceivedMessage } from './decide.ts';
import type { Delivery } from './delivery.ts';
import type { DeliveryStore } from './ports.ts';
import { soonSeconds, stepSeconds } from './retry.ts';

export interface PostponePorts {
  readonly deliveries: Pick<DeliveryStore, 'save'>;
  /** Delays the message for so long; it comes back by itself. */
  readonly delay: (receiptHandle: string, seconds: number) => Promise<void>;
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
}

/** Waits for the endpoint are written when the record would be this far behind: long before it looks overdue. */
const BEHIND_MAX_MS = 5 * 60_000;

/** Waits for the endpoint without an attempt. */
export async function postpone(
  ports: PostponePorts,
  message: ReceivedMessage,
  delivery: Delivery,
  { untilMs, spreadMs }: Wait,
): Promise<'keep'> {
  const dueMs = untilMs + Math.floor(spreadMs * ports.random());
  if (dueMs - toMs(delivery.nextAttemptAt) > BEHIND_MAX_MS) {
    const waiting = { ...delivery, owner: message.messageId, nextAttemptAt: toIso(dueMs) };
    if ((await ports.deliveries.save(waiting)) === 'conflict') return await comeBack(ports, message);
  }
  return await delay(ports, message, dueMs - ports.clock());
}

/** Waits for its slot without an attempt: the record says which one it is. */
export async function awaitSlot(
  ports: PostponePorts,
  message: ReceivedMessage,
  delivery: Delivery,
  slotMs: number,
): Promise<'keep'> {
  const slotAt = toIso(slotMs);
  const waiting = { ...delivery, owner: message.messageId, nextAttemptAt: slotAt, slotAt };
  if ((await ports.deliveries.save(waiting)) === 'conflict') return await comeBack(ports, message);
  return await delay(ports, message, slotMs - ports.clock());
}

export async function delay(
  ports: Pick<PostponePorts, 'delay'>,
  message: ReceivedMessage,
  waitMs: number,
): Promise<'keep'> {
  await ports.delay(message.receiptHandle, stepSeconds(waitMs));
  return 'keep';
}

/** The record has changed since it was read: it decides anew, as soon as the message is back. */
export async function comeBack(
  ports: Pick<PostponePorts, 'delay' | 'random'>,
  message: ReceivedMessage,
): Promise<'keep'> {
  await ports.delay(message.receiptHandle, soonSeconds(ports.random()));
  return 'keep';
}

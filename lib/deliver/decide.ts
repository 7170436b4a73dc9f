import { toIso, toMs } from '../base/time.ts';
import { type Delivery, type DeliveryMessage, reopen } from './delivery.ts';
import { CUT_OFF_ATTEMPTS_MAX } from './retry.ts';

/** A message of the deliveries queue, as it was received. */
export interface ReceivedMessage {
  readonly messageId: string;
  readonly body: string;
  readonly receiptHandle: string;
  readonly sentAtMs: number;
}

/** A message as Lambda hands it over, as far as it is used. */
export interface QueueRecord {
  readonly messageId: string;
  readonly receiptHandle: string;
  readonly body: string;
  readonly attributes: { readonly SentTimestamp: string };
}

/** What the record makes of a message. */
export type Decision =
  /** Nothing is left to do for this message. */
  | { readonly kind: 'drop'; readonly reason: string }
  /** The message belongs on the dead deliveries queue. */
  | { readonly kind: 'deadLetter'; readonly reason: string }
  | { readonly kind: 'wait'; readonly waitMs: number }
  /** This message owns the delivery, or takes it, and it is due. */
  | { readonly kind: 'attempt'; readonly delivery: Delivery }
  | { readonly kind: 'exhaust'; readonly delivery: Delivery; readonly reason: string };

/** A delivery this far past its time has lost its message: another may take it. */
export const OVERDUE_MS = 15 * 60_000;

/**
 * The record decides. A message is dropped only if the delivery has ended, is in a later round, or is owned by another
 * message and not overdue; the owner always continues.
 */
export function decide(
  delivery: Delivery | null,
  content: DeliveryMessage,
  message: ReceivedMessage,
  nowMs: number,
): Decision {
  if (delivery === null) return { kind: 'deadLetter', reason: 'no record of the delivery exists' };
  if (content.round < delivery.round) return { kind: 'drop', reason: 'a later message started the delivery again' };
  if (delivery.state === 'exhausted') return decideExhausted(delivery, message, nowMs);
  if (delivery.state !== 'waiting') return { kind: 'drop', reason: `the delivery is ${delivery.state}` };
  return decideWaiting(delivery, message.messageId, nowMs);
}

/**
 * A message sent after the end was moved back from the dead queue by somebody. The message that brought the end is
 * still here if the work was cut off after the record was written: it goes to the dead queue now.
 */
function decideExhausted(delivery: Delivery, message: ReceivedMessage, nowMs: number): Decision {
  if (delivery.endedAt !== null && message.sentAtMs > toMs(delivery.endedAt)) {
    return { kind: 'attempt', delivery: reopen(delivery, toIso(nowMs)) };
  }
  if (delivery.owner === message.messageId)
    return { kind: 'deadLetter', reason: delivery.reason ?? 'all attempts have failed' };
  return { kind: 'drop', reason: 'the delivery is exhausted' };
}

function decideWaiting(delivery: Delivery, messageId: string, nowMs: number): Decision {
  const waitMs = toMs(delivery.nextAttemptAt) - nowMs;
  const isAnothers = delivery.owner !== null && delivery.owner !== messageId;
  if (isAnothers && waitMs >= -OVERDUE_MS) return { kind: 'drop', reason: 'another message carries the delivery' };
  if (waitMs > 0) return { kind: 'wait', waitMs };
  if (delivery.unfinished < CUT_OFF_ATTEMPTS_MAX) return { kind: 'attempt', delivery };
  return { kind: 'exhaust', delivery, reason: `${delivery.unfinished} attempts were interrupted` };
}

/** null: this is no delivery message. */
export function parseDeliveryMessage(body: string): DeliveryMessage | null {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return null;
  }
  if (typeof value !== 'object' || value === null) return null;
  if (!('subscription' in value && 'eventId' in value && 'round' in value)) return null;
  const { subscription, eventId, round } = value;
  if (!isId(subscription) || !isId(eventId)) return null;
  if (typeof round !== 'number' || !Number.isSafeInteger(round) || round < 0) return null;
  return { subscription, eventId, round };
}

function isId(value: unknown): value is string {
  return typeof value === 'string' && /^[A-Za-z0-9_-]{1,128}$/.test(value);
}

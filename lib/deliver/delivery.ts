import type { Iso } from '../base/time.ts';
import type { CallbackTarget } from '../events/callbacks.ts';
import type { Event } from '../events/event.ts';

/**
 * `waiting` until it ends: `delivered`, `exhausted` (no attempt left), `canceled` (subscription gone or disabled),
 * `skipped` (never tried).
 */
export const DELIVERY_STATES = ['waiting', 'delivered', 'exhausted', 'canceled', 'skipped'] as const;
export type DeliveryState = (typeof DELIVERY_STATES)[number];

/** What stands in a delivery for its subscription where a callback is closed: these have none. */
export const CALLBACKS = 'callbacks';

/** One event on its way to one subscription, or to one callback: an item of the table `deliveries`. */
export interface Delivery {
  readonly subscription: string;
  readonly eventId: string;
  readonly eventType: string;
  /** The event as ASCII JSON: the very bytes that are sent, at every attempt. */
  readonly eventJson: string;
  readonly state: DeliveryState;
  /** Why it is in this state, where that is not plain. */
  readonly reason: string | null;
  /** The SQS message that carries it; null until one has been received. */
  readonly owner: string | null;
  /** Raised by a redelivery: messages of an earlier round are dropped. */
  readonly round: number;
  /**
   * Attempts that were begun, over all rounds: the number of the latest. One that was cut off has no `Attempt` of its
   * own.
   */
  readonly attempts: number;
  /** Those of them that were begun before the latest reopening. */
  readonly earlierAttempts: number;
  /**
   * Those begun since whose outcome was never written: cut off, or under way now. They don't count for the schedule.
   */
  readonly unfinished: number;
  readonly createdAt: Iso;
  readonly nextAttemptAt: Iso;
  /** The slot that it holds at a place that is told at a pace; null or absent: none. */
  readonly slotAt?: Iso | null | undefined;
  readonly endedAt: Iso | null;
  /** Which callback it closes; absent: it goes to its subscription. */
  readonly callback?: DeliveredCallback | undefined;
  readonly version: number;
}

export interface DeliveredCallback extends CallbackTarget {
  /** An attempt has closed it, or may have: its answer was lost. */
  readonly mayBeClosed: boolean;
}

/** One attempt of a delivery. `status` is null where no answer came. */
export interface Attempt {
  readonly number: number;
  readonly at: Iso;
  readonly status: number | null;
  readonly durationMs: number;
  /** null for a success. */
  readonly error: string | null;
  /** The first 1 kB of the answer. */
  readonly answer: string;
}

/** What travels on the deliveries queue: identity only; the record holds the event. */
export interface DeliveryMessage {
  readonly subscription: string;
  readonly eventId: string;
  readonly round: number;
}

export function newDelivery(
  subscription: string,
  event: Pick<Event, 'id' | 'type'>,
  eventJson: string,
  now: Iso,
): Delivery {
  return {
    subscription,
    eventId: event.id,
    eventType: event.type,
    eventJson,
    state: 'waiting',
    reason: null,
    owner: null,
    round: 0,
    attempts: 0,
    earlierAttempts: 0,
    unfinished: 0,
    createdAt: now,
    nextAttemptAt: now,
    endedAt: null,
    version: 1,
  };
}

/**
 * The delivery with fresh attempts, due at once. A redelivery raises the `round` as well: messages still under way are
 * of an earlier one.
 */
export function reopen(delivery: Delivery, now: Iso): Delivery {
  return {
    ...delivery,
    ...noted(delivery, false),
    state: 'waiting',
    reason: null,
    owner: null,
    earlierAttempts: delivery.attempts,
    unfinished: 0,
    nextAttemptAt: now,
    slotAt: null,
    endedAt: null,
  };
}

/** What is known of a callback: an attempt that was cut off may have closed it, and so may one of a lost answer. */
export function noted({ callback, unfinished }: Delivery, mayBeTaken: boolean): Pick<Delivery, 'callback'> {
  if (callback === undefined) return {};
  return { callback: { ...callback, mayBeClosed: callback.mayBeClosed || mayBeTaken || unfinished > 0 } };
}

export function end(
  delivery: Delivery,
  state: Exclude<DeliveryState, 'waiting'>,
  reason: string | null,
  now: Iso,
): Delivery {
  return { ...delivery, state, reason, nextAttemptAt: now, endedAt: now };
}

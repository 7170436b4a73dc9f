import type { CallbackTarget } from '../../events/callbacks.ts';
import type { Attempt } from '../delivery.ts';
import type { SharedPace } from '../slots.ts';
import type { Subscription } from '../subscription.ts';

/**
 * Where events go: a file for each kind of place. Retry, circuit, disabling, log, redelivery and reconcile know
 * nothing of a place but the `Sent` that its sink answers.
 */
export interface Sink {
  /** What is wrong with a target, before anything is stored; empty: nothing. */
  readonly check: (target: Target) => readonly TargetProblem[];
  /** Tells the event once. What the other side does is data; only a fault of an own store rejects. */
  readonly send: (target: Target, event: OutgoingEvent) => Promise<Sent>;
  /** How often the place may be told, over all workers; absent or null: as often as there is something to tell. */
  readonly pace?: (target: Target) => SharedPace | null;
  /** What every attempt sends, but for its time and its signature; absent: the event itself, to the target's URL. */
  readonly preview?: (target: Target, event: Omit<OutgoingEvent, 'attempt'>) => Preview;
}

/** A sink that can say what it sends. */
export type PreviewingSink = Sink & Required<Pick<Sink, 'preview'>>;

/** Holds no secret. */
export interface Preview {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The sinks at hand, by the `kind` of a subscription. */
export type Sinks = ReadonlyMap<string, Sink>;

/** Whom to tell: of a subscription what a sink needs. */
export interface Target extends Pick<Subscription, 'id' | 'format' | 'url' | 'language' | 'robot' | 'headerNames'> {
  readonly kind: Subscription['kind'] | CallbackTarget['kind'];
}

export interface TargetProblem {
  readonly field: string;
  readonly problem: string;
}

export interface OutgoingEvent {
  /** `evt_…`: the same at every attempt, so that a receiver knows a repeat. */
  readonly id: string;
  /** The event as ASCII JSON. */
  readonly json: string;
  /** The number of this attempt, from 1. Of an earlier one the answer may have been lost. */
  readonly attempt: number;
  /** An earlier attempt was cut off, or its answer was lost: the other side may know of the event already. */
  readonly mayBeTaken?: boolean | undefined;
}

/** What came of sending an event once. */
export type Sent = Delivered | Failed | Throttled | Canceled;

export interface Delivered {
  readonly kind: 'delivered';
  readonly detail: Detail;
}

/** Not taken: a later attempt may do better, unless it is final. */
export interface Failed {
  readonly kind: 'failed';
  /** So long the other side asks to be left alone; null: it asks for nothing. A day at most. */
  readonly retryAfterMs: number | null;
  /** The other side asks never to be called again: its subscription is disabled. */
  readonly isGone: boolean;
  /** The call held its worker for as long as it may. */
  readonly isTimeout: boolean;
  /** No later attempt can do better: the delivery is exhausted at once. */
  readonly isFinal: boolean;
  /** Where it matters: the other side may have taken it all the same. */
  readonly mayBeTaken?: boolean | undefined;
  readonly detail: Detail;
}

/** Too fast: the endpoint rests for so long. This is no failure, and the attempt does not count for the schedule. */
export interface Throttled {
  readonly kind: 'throttled';
  readonly retryAfterMs: number;
  readonly detail: Detail;
}

/** There is nobody to be told any more, or nothing that could be sent: never tried again. */
export interface Canceled {
  readonly kind: 'canceled';
  readonly reason: string;
  readonly detail: Detail;
}

/** What is kept of an attempt, and what its line in the log says. Holds no secret: not of a URL either. */
export interface Detail extends Omit<Attempt, 'number'> {
  /** Why there was no answer, in a word (`timeout`, `connect`, …); null where there was one. */
  readonly failure: string | null;
  /** The system's own word for that (`ECONNREFUSED`), if there is one. */
  readonly code: string | null;
}

/** The attempt as it is stored and shown. */
export function attemptOf({ at, status, durationMs, error, answer }: Detail): Omit<Attempt, 'number'> {
  return { at, status, durationMs, error, answer };
}

/** The event itself, to the target's URL. */
export function previewOf({ url }: Target, { json }: Pick<OutgoingEvent, 'json'>): Preview {
  return { url, headers: {}, body: json };
}

/** Sends through the sink of the target's kind. Rejects if it has none: `check` lets no such target in. */
export function sendThrough(sinks: Sinks, target: Target, event: OutgoingEvent): Promise<Sent> {
  const sink = sinks.get(target.kind);
  if (sink === undefined) throw new Error(`There is no sink of the kind "${target.kind}".`);
  return sink.send(target, event);
}

/** One call at an endpoint. `release` is called once, with what came of it; null if no call was made. */
export interface Slot {
  readonly release: (call: Call | null) => void;
}

/** How a call went, as far as the next one depends on it. */
export interface Call {
  readonly tookMs: number;
  /** The endpoint gave a whole answer, a good one or not: it does not hang. */
  readonly isAnswered: boolean;
}

export interface Bulkhead {
  /** Waits in the queue for a slot, but never behind a slow call: null means to come back later. */
  readonly acquire: (endpoint: string) => Promise<Slot | null>;
}

/** What one endpoint has of this process. */
interface Compartment {
  inFlight: number;
  /** By the latest call. */
  pace: Pace;
  readonly queue: ((slot: Slot | null) => void)[];
}

type Pace = 'unknown' | 'quick' | 'slow';

/**
 * Calls of one endpoint at the same time, of one process. One as long as nothing is known. One that answers slowly
 * holds the process anyway, and no other process calls it: there it has more.
 */
const SLOTS: Readonly<Record<Pace, number>> = { unknown: 1, quick: 3, slow: 10 };
/** So many may wait in the queue of one endpoint: with quick calls they are done within some seconds. */
const QUEUE_MAX = 10;
/** An answer within this time is a quick one. Who waits in the queue holds its batch up: behind others nobody waits. */
export const QUICK_MS = 2000;
/** Subscriptions are at most a hundred; deleted ones may not pile up in a long-lived process. */
const COMPARTMENTS_MAX = 1000;

/**
 * Keeps one endpoint from filling a process. Deliveries of one endpoint that came in one batch go three at a time; when
 * a call turns out to be slow, those in the queue are sent away, so that a batch lasts no longer than one time-out and
 * a few quick calls.
 */
export function makeBulkhead(): Bulkhead {
  const compartments = new Map<string, Compartment>();
  const compartmentOf = (endpoint: string): Compartment => {
    if (compartments.size >= COMPARTMENTS_MAX)
      for (const [id, { inFlight }] of compartments) if (inFlight === 0) compartments.delete(id);
    const compartment = compartments.get(endpoint) ?? { inFlight: 0, pace: 'unknown', queue: [] };
    compartments.set(endpoint, compartment);
    return compartment;
  };
  return {
    acquire: (endpoint) => {
      const compartment = compartmentOf(endpoint);
      const { promise, resolve } = Promise.withResolvers<Slot | null>();
      compartment.queue.push(resolve);
      fill(compartment);
      const waitsMax = compartment.pace === 'slow' ? 0 : QUEUE_MAX;
      for (const late of compartment.queue.splice(waitsMax)) late(null);
      return promise;
    },
  };
}

function fill(compartment: Compartment): void {
  while (compartment.inFlight < SLOTS[compartment.pace]) {
    const next = compartment.queue.shift();
    if (next === undefined) return;
    compartment.inFlight += 1;
    next({ release: (call) => release(compartment, call) });
  }
}

function release(compartment: Compartment, call: Call | null): void {
  compartment.inFlight -= 1;
  if (call !== null) compartment.pace = paceOf(call);
  if (call === null || compartment.pace === 'quick') fill(compartment);
  else for (const next of compartment.queue.splice(0)) next(null);
}

function paceOf({ tookMs, isAnswered }: Call): Pace {
  if (tookMs <= QUICK_MS) return 'quick';
  return isAnswered ? 'slow' : 'unknown';
}

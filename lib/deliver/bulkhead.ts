/** One call at an endpoint. `release` is called once, with how long the call took; null if none was made. */
export interface Slot {
  readonly release: (tookMs: number | null) => void;
}

export interface Bulkhead {
  /** Waits in the queue for a slot, but never behind a slow call: null means to come back later. */
  readonly acquire: (endpoint: string) => Promise<Slot | null>;
}

/** What one endpoint has of this process. */
interface Compartment {
  inFlight: number;
  /** The latest call was quick. */
  isQuick: boolean;
  readonly queue: ((slot: Slot | null) => void)[];
}

/** Calls of one endpoint at the same time, of one process, once it is known to answer quickly; before that, one. */
const SLOTS = 3;
/** Who waits in the queue holds its batch up: the queue goes on only while calls are quicker than this. */
const QUICK_MS = 2000;
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
    const compartment = compartments.get(endpoint) ?? { inFlight: 0, isQuick: false, queue: [] };
    compartments.set(endpoint, compartment);
    return compartment;
  };
  return {
    acquire: (endpoint) => {
      const compartment = compartmentOf(endpoint);
      const { promise, resolve } = Promise.withResolvers<Slot | null>();
      compartment.queue.push(resolve);
      fill(compartment);
      return promise;
    },
  };
}

function fill(compartment: Compartment): void {
  while (compartment.inFlight < (compartment.isQuick ? SLOTS : 1)) {
    const next = compartment.queue.shift();
    if (next === undefined) return;
    compartment.inFlight += 1;
    next({ release: (tookMs) => release(compartment, tookMs) });
  }
}

function release(compartment: Compartment, tookMs: number | null): void {
  compartment.inFlight -= 1;
  if (tookMs !== null) compartment.isQuick = tookMs <= QUICK_MS;
  if (tookMs === null || compartment.isQuick) fill(compartment);
  else for (const next of compartment.queue.splice(0)) next(null);
}

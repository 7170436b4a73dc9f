/** A place at an endpoint. `leave` is called once, with how long the call took; null if none was made. */
export interface Place {
  readonly leave: (tookMs: number | null) => void;
}

export interface Gate {
  /** Waits in line for a place, but never behind a slow call: null means to come back later. */
  readonly enter: (endpoint: string) => Promise<Place | null>;
}

interface Door {
  inside: number;
  /** The latest call was quick. */
  isQuick: boolean;
  readonly line: ((place: Place | null) => void)[];
}

/** Calls of one endpoint at the same time, of one process, once it is known to answer quickly; before that, one. */
const PLACES = 3;
/** Who waits in line holds its batch up: the line goes on only while calls are quicker than this. */
const QUICK_MS = 2000;
/** Subscriptions are at most a hundred; deleted ones may not pile up in a long-lived process. */
const DOORS_MAX = 1000;

/**
 * Keeps one endpoint from filling a process. Deliveries of one endpoint that came in one batch go three at a time; when
 * a call turns out to be slow, those in line are sent away, so that a batch lasts no longer than one time-out and a few
 * quick calls.
 */
export function makeGate(): Gate {
  const doors = new Map<string, Door>();
  const doorOf = (endpoint: string): Door => {
    if (doors.size >= DOORS_MAX) for (const [id, { inside }] of doors) if (inside === 0) doors.delete(id);
    const door = doors.get(endpoint) ?? { inside: 0, isQuick: false, line: [] };
    doors.set(endpoint, door);
    return door;
  };
  return {
    enter: (endpoint) => {
      const door = doorOf(endpoint);
      const { promise, resolve } = Promise.withResolvers<Place | null>();
      door.line.push(resolve);
      admit(door);
      return promise;
    },
  };
}

function admit(door: Door): void {
  while (door.inside < (door.isQuick ? PLACES : 1)) {
    const next = door.line.shift();
    if (next === undefined) return;
    door.inside += 1;
    next({ leave: (tookMs) => leave(door, tookMs) });
  }
}

function leave(door: Door, tookMs: number | null): void {
  door.inside -= 1;
  if (tookMs !== null) door.isQuick = tookMs <= QUICK_MS;
  if (tookMs === null || door.isQuick) admit(door);
  else for (const next of door.line.splice(0)) next(null);
}

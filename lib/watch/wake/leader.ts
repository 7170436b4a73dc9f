import type { WriteResult } from '../../base/conditional-write.ts';
import { errorText } from '../../base/error.ts';
import type { Log } from '../../base/log.ts';
import type { Clock } from '../../base/time.ts';

/** The leader lease, one item for all workers. */
export interface LeaderLease {
  /** Of this leadership alone: never the same twice. */
  readonly by: string;
  /** From then on somebody else may lead. */
  readonly untilMs: number;
  /** The leader goes on to receive: what others give back is its own. */
  readonly receives: boolean;
  /** When a worker that the queue woke led last; 0: none has. */
  readonly wokenMs: number;
  /** 0: nothing is stored. */
  readonly version: number;
}

export interface LeaderStore {
  readonly read: () => Promise<LeaderLease | null>;
  /** On the condition that the version is still the one that is stored. */
  readonly write: (lease: LeaderLease) => Promise<WriteResult>;
}

export interface LeaderPorts {
  readonly store: LeaderStore;
  readonly clock: Clock;
  readonly sleep: (ms: number) => Promise<void>;
  /** A text that is never the same twice. */
  readonly nonce: () => string;
  /** When the pace of every scope is unused again: whoever leads next begins with a full one. */
  readonly paceFullMs: () => number;
  readonly log: Log;
}

export interface Leadership {
  readonly kind: 'leader';
  /** False when it has ended, or may have lost its lease: a worker that was stopped or cut off knows by its clock. */
  readonly leads: () => boolean;
  /** When a worker that the queue woke led before; 0: none has. */
  readonly wokenMs: number;
  /** Tells the others that their messages may be given back to the queue. */
  readonly noteReceiving: () => Promise<void>;
  /** It has siblings until then: nobody else leads before, whatever becomes of it. */
  readonly keepUntil: (ms: number) => Promise<void>;
  /** Somebody else may lead from now on, or when the pace is unused again. A repeat does nothing. */
  readonly end: () => Promise<void>;
}

export interface Follower {
  readonly kind: 'follower';
  /** Whether the leader goes on to receive. */
  readonly receives: boolean;
  /** When somebody else may lead, as it stands now. */
  readonly untilMs: number;
}

export interface Candidacy {
  /** It was woken by the queue. */
  readonly isWoken: boolean;
  /** It goes on to receive. */
  readonly receives: boolean;
}

/** A leader that died leads for so long; one that lives renews its lease in time. */
export const LEASE_MS = 15_000;
const RENEW_MS = 5000;
/** The second is for a lease of its own that is newer than it knew. */
const WRITE_TRIES = 2;
/** Clocks of Lambda's machines differ, and a call that is admitted begins a moment later. */
const MARGIN_MS = 1000;

/**
 * One worker calls vendors at a time, with its siblings, whoever began it: the pace and the calls of a key are counted
 * in its memory, and jobs that share a call have to be in one hand. Which one says a lease in the table `state`.
 */
export function makeLeader(ports: LeaderPorts) {
  const { store, clock, nonce } = ports;

  return async function tryToLead(candidacy: Candidacy): Promise<Leadership | Follower> {
    const { isWoken, receives } = candidacy;
    const standing = await store.read();
    const nowMs = clock();
    if (standing !== null && nowMs < standing.untilMs)
      return { kind: 'follower', receives: standing.receives, untilMs: standing.untilMs };
    const wokenMs = standing?.wokenMs ?? 0;
    const wanted = { by: nonce(), untilMs: nowMs + LEASE_MS, receives, wokenMs: isWoken ? nowMs : wokenMs };
    const held = await writeOwn(store, { ...wanted, version: standing?.version ?? 0 });
    return held === null ? { kind: 'follower', receives: false, untilMs: wanted.untilMs } : lead(ports, held, wokenMs);
  };
}

/** The lease that stands then, if it is its own: a write, or one before it, may have taken effect and lost its reply. */
async function writeOwn(store: LeaderStore, lease: LeaderLease): Promise<LeaderLease | null> {
  let version = lease.version;
  for (let tries = 0; tries < WRITE_TRIES; tries++) {
    if ((await store.write({ ...lease, version })) === 'saved') return { ...lease, version: version + 1 };
    const standing = await store.read();
    if (standing?.by !== lease.by) return null;
    if (standing.untilMs === lease.untilMs && standing.receives === lease.receives) return standing;
    version = standing.version;
  }
  return null;
}

function lead({ store, clock, sleep, paceFullMs, log }: LeaderPorts, first: LeaderLease, wokenMs: number): Leadership {
  let held: LeaderLease | null = first;
  let leastUntilMs = 0;
  let isOver = false;
  let writing: Promise<void> = Promise.resolve();

  /** One write after another; a fault leaves the lease to its time. */
  function change(next: (lease: LeaderLease) => LeaderLease): Promise<void> {
    writing = writing.then(async () => {
      try {
        if (held !== null) held = await writeOwn(store, next(held));
      } catch (error) {
        log.error('watch.fault', { what: 'leader', error: errorText(error) });
      }
    });
    return writing;
  }

  const laterMs = () => Math.max(clock() + LEASE_MS, leastUntilMs);

  async function renew(): Promise<void> {
    for (await sleep(RENEW_MS); !isOver && held !== null; await sleep(RENEW_MS))
      await change((lease) => (isOver ? lease : { ...lease, untilMs: laterMs() }));
  }
  void renew();

  return {
    kind: 'leader',
    // Whoever leads next has the whole pace: a list that is under way takes no further page from it.
    leads: () => held !== null && clock() < (isOver ? leastUntilMs : held.untilMs) - MARGIN_MS,
    wokenMs,
    noteReceiving: async () => {
      if (!isOver && held?.receives === false)
        await change((lease) => ({ ...lease, untilMs: laterMs(), receives: true }));
    },
    keepUntil: async (ms) => {
      leastUntilMs = ms;
      await change((lease) => ({ ...lease, untilMs: laterMs() }));
    },
    end: async () => {
      if (isOver) return;
      isOver = true;
      await change((lease) => ({ ...lease, untilMs: Math.max(paceFullMs(), leastUntilMs), receives: false }));
    },
  };
}

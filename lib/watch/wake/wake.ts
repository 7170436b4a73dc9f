import { errorText } from '../../base/error.ts';
import type { Log } from '../../base/log.ts';
import type { Clock } from '../../base/time.ts';
import type { PendingMessage, PendingQueue } from '../ports.ts';
import { RECEIVE_MAX } from '../round.ts';
import { CLOSING_MS } from '../shift.ts';
import type { Candidacy, Follower, Leadership } from './leader.ts';

export interface WakePorts {
  readonly pending: Pick<PendingQueue, 'delay'>;
  readonly tryToLead: (candidacy: Candidacy) => Promise<Leadership | Follower>;
  /** Works as the leader, beginning with these messages. */
  readonly work: (batch: readonly PendingMessage[], leadership: Leadership) => Promise<void>;
  readonly clock: Clock;
  readonly mono: () => number;
  readonly sleep: (ms: number) => Promise<void>;
  readonly log: Log;
}

/** Who waits for the lead looks this often. */
const LOOK_MS = 250;
/** As long as it stands by, the event source has a place less; what its pollers have in hand waits for that place. */
const STAND_BY_MS = 1000;
/** When nobody can say who leads: the next tick is not a minute away. */
const FAULT_SECONDS = 10;
/** Time for a round at least, or it is not worth the while. */
const ROUND_MS = 2000;

/**
 * A batch that the queue's event source hands over is the first round of a leader. Where another worker leads, its
 * messages go back to the queue as soon as the leader receives, so that they share its calls. Whoever gave them back
 * stands by for a while, and leads next: meanwhile the event source hands over no more of what the leader is to have.
 */
export function makeWake(ports: WakePorts, { vendorTimeoutMs }: { readonly vendorTimeoutMs: number }) {
  const { tryToLead, work, clock, sleep, log } = ports;

  return async function wake(batch: readonly PendingMessage[], remainingMs: () => number): Promise<void> {
    let messages = batch;
    const standsByUntilMs = clock() + STAND_BY_MS;
    const hasTime = () => remainingMs() > vendorTimeoutMs + CLOSING_MS + ROUND_MS;
    const goesOn = () => hasTime() && (messages.length > 0 || clock() < standsByUntilMs);
    try {
      for (; goesOn(); await sleep(LOOK_MS)) {
        const one = await tryToLead({ isWoken: true, receives: messages.length >= RECEIVE_MAX });
        if (one.kind === 'leader') return await lead(messages, one);
        if (!one.receives || messages.length === 0) continue;
        await giveBack(messages, 0);
        messages = [];
      }
      await giveBack(messages, 0);
    } catch (error) {
      log.error('watch.fault', { what: 'lead', atMs: clock(), error: errorText(error) });
      await giveBack(messages, FAULT_SECONDS);
    }
  };

  /** However the work ends, the lease is not renewed any more: it would outlive the invocation. */
  async function lead(messages: readonly PendingMessage[], leadership: Leadership): Promise<void> {
    try {
      await work(messages, leadership);
    } finally {
      await leadership.end();
    }
  }

  /** What can't be given back returns when its lease is over; after that it has its own life. */
  async function giveBack(given: readonly PendingMessage[], seconds: number): Promise<void> {
    const messages = given.filter(({ leaseEndsMono }) => ports.mono() < leaseEndsMono);
    const results = await Promise.allSettled(messages.map((message) => ports.pending.delay(message, seconds)));
    const fault = results.find((result) => result.status === 'rejected');
    if (fault !== undefined) log.error('watch.fault', { what: 'give back', error: errorText(fault.reason) });
  }
}

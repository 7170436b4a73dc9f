import type { Event } from '../../lib/events/event.ts';
import type { Job } from '../../lib/job/job.ts';
import { isTerminal } from '../../lib/job/phase.ts';
import type { JobStore } from '../../lib/job/store.ts';
import type { PendingMessage, PendingQueue } from '../../lib/watch/ports.ts';
import { idOf } from '../fakes/world.ts';
import { VENDOR_TIMEOUT_MS } from './outside.ts';
import type { Stores } from './stores.ts';

/** What a tick needs after its last call: to write, to send and to give back. */
const CLOSING_MS = 8000;

/**
 * What must hold at every moment, not at the end alone. Most broken orders of effects cost minutes that a later pass
 * makes up for: at the end nothing would show.
 */
export function makeWatchdogs(stores: Stores, bark: (text: string) => void) {
  const { jobs, pending, clock, chaos } = stores;
  /** When each transition was written: `<job id> <seq>`. */
  const writtenMs = new Map<string, number>();
  const toldSeqs = new Set<string>();
  const recordOf = (id: string) => jobs.all().find((job) => job.id === id);

  function noteWritten(job: Job): void {
    for (const { seq } of job.history) {
      const key = `${job.id} ${seq}`;
      if (!writtenMs.has(key)) writtenMs.set(key, clock());
    }
  }

  /**
   * No message is deleted while its job owes what was written before the message came, or by the message's own turn.
   */
  function beforeRemoval({ messageId, body, receivedMs }: PendingMessage): void {
    const name = nameOf(body);
    const job = name === undefined ? undefined : recordOf(idOf(name));
    if (job === undefined || job.notifiedSeq >= job.seq) return;
    const ms = writtenMs.get(`${job.id} ${job.notifiedSeq + 1}`) ?? 0;
    if (ms < receivedMs || job.owner === messageId) bark(`${messageId} is deleted while its job owes`);
  }

  const nameOf = (body: string) => chaos.jobs.find((job) => body.includes(`"${job.name}"`))?.name;
  const losesClocks =
    chaos.stale > 0 || chaos.slow > 0 || chaos.purgeAtEnd > 0 || chaos.actions.some(({ kind }) => kind === 'purge');

  /** Where nothing else loses messages, the code never deletes the last one of an open job. */
  function afterRemoval({ messageId, body }: PendingMessage): void {
    const name = nameOf(body);
    const job = name === undefined || losesClocks ? undefined : recordOf(idOf(name));
    if (job === undefined || (isTerminal(job.phase) && job.notifiedSeq >= job.seq)) return;
    const others = pending.alive().filter((one) => nameOf(one.body) === name);
    if (others.length === 0) bark(`${messageId} is deleted, and nothing else wakes its open job`);
  }

  function beforeSettling({ messageId, leaseEndsMono }: PendingMessage): void {
    if (clock() >= leaseEndsMono) bark(`${messageId} is settled after its lease`);
  }

  return {
    noteWritten,
    guardQueue(queue: PendingQueue): PendingQueue {
      return {
        ...queue,
        delay(message, seconds) {
          beforeSettling(message);
          return queue.delay(message, seconds);
        },
        async remove(message) {
          beforeSettling(message);
          beforeRemoval(message);
          const settled = await queue.remove(message);
          if (settled === 'done') afterRemoval(message);
          return settled;
        },
      };
    },
    /** Nothing is marked as told that was not. */
    guardPublished(table: JobStore): JobStore {
      return {
        ...table,
        published(id, seq, finish) {
          for (let owed = (recordOf(id)?.notifiedSeq ?? 0) + 1; owed <= seq; owed++) {
            if (!toldSeqs.has(`${id} ${owed}`)) bark(`${id} is marked as told up to ${seq}, and ${owed} was not`);
          }
          return table.published(id, seq, finish);
        },
      };
    },
    /** Nothing is told that is not written. */
    async aroundPublishing(events: readonly Event[], publish: () => Promise<void>): Promise<void> {
      const keys = events.map(keyOf).filter((key) => key !== null);
      for (const key of keys) if (!writtenMs.has(key)) bark(`${key} is told before it is written`);
      await publish();
      for (const key of keys) toldSeqs.add(key);
    },
    beforePolling(tickEndsMs: number): void {
      if (clock() > tickEndsMs - VENDOR_TIMEOUT_MS - CLOSING_MS) bark('a call begins when no time is left for it');
    },
  };
}

function keyOf({ data }: Event): string | null {
  const { job, seq } = data as { job?: { id?: string }; seq?: number };
  return job?.id === undefined || seq === undefined ? null : `${job.id} ${seq}`;
}

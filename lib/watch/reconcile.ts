import type { Log } from '../base/log.ts';
import { type Clock, toIso, toMs } from '../base/time.ts';
import type { JobIdentity } from '../job/identity.ts';
import { identityOf, type Job } from '../job/job.ts';
import { isTerminal } from '../job/phase.ts';
import type { JobStore, OpenJobs } from '../job/store.ts';
import { STALE_MS } from './due.ts';

export interface ReconcilePorts {
  /** Messages that could be received now: a backlog is late, not lost. */
  readonly visibleMessages: () => Promise<{ pending: number; deliveries: number }>;
  readonly jobs: Pick<JobStore, 'get'> & Pick<OpenJobs, 'dueBefore' | 'openCount' | 'clearOwner'>;
  /** Accounts of which a key or a scope is refused now. */
  readonly deniedAccounts: () => Promise<ReadonlySet<string>>;
  readonly wake: (id: string, identity: JobIdentity) => Promise<void>;
  readonly deliveries: {
    /** Subscriptions that may have deliveries under way. */
    subscriptions(): Promise<string[]>;
    /** Sends a message again for deliveries that were due before the time; how many. */
    resendOverdue(overdue: { subscription: string; beforeMs: number; limit: number }): Promise<number>;
  };
  readonly log: Log;
  readonly clock: Clock;
}

export interface ReconcileReport {
  readonly open: number;
  /** Open jobs that wait because their account is refused, of the first 5,000 that are due. */
  readonly denied: number;
  readonly woken: number;
  readonly resent: number;
  readonly oldestOverdueSeconds: number;
  readonly backlog: number;
  readonly deliveriesBacklog: number;
}

const BACKLOG_MAX = 1000;
const WAKES_MAX = 5000;
const DENIED_READ_MAX = 5000;
const END_OF_TIME = '9999';
const DELIVERY_STALE_MS = 15 * 60_000;

/**
 * Wakes open jobs and deliveries whose message was lost. The index only says where to look: the item is read again
 * before anything is done. Nothing is sent while the queue has a backlog: what waits there is late, not lost.
 */
export async function reconcile(ports: ReconcilePorts): Promise<ReconcileReport> {
  const backlog = await ports.visibleMessages();
  const open = await ports.jobs.openCount();
  const faults: unknown[] = [];
  const jobs = await wakeJobs(ports, backlog.pending, faults);
  const resent = backlog.deliveries > BACKLOG_MAX ? 0 : await resendDeliveries(ports, faults);
  // What only counts comes last: nothing that must be done waits for it.
  const denied = await countDenied(ports);
  // One record that can't be read keeps no other job asleep: the pass fails when its work is done.
  if (faults.length > 0) throw faults[0];
  return { open, denied, resent, backlog: backlog.pending, deliveriesBacklog: backlog.deliveries, ...jobs };
}

async function wakeJobs(
  ports: ReconcilePorts,
  backlog: number,
  faults: unknown[],
): Promise<{ woken: number; oldestOverdueSeconds: number }> {
  const nowMs = ports.clock();
  const before = toIso(nowMs - STALE_MS);
  const isBacklog = backlog > BACKLOG_MAX;
  let woken = 0;
  let oldest = toIso(nowMs);
  for await (const page of ports.jobs.dueBefore(before, isBacklog ? 1 : WAKES_MAX)) {
    const ids = page.slice(0, WAKES_MAX - woken);
    const read = await Promise.allSettled(ids.map((id) => ports.jobs.get(id)));
    faults.push(...read.filter((one) => one.status === 'rejected').map(({ reason }) => reason));
    const jobs = read.map((one) => (one.status === 'fulfilled' ? one.value : null));
    const lost = jobs.filter((job): job is Job => job !== null && job.nextPollAt < before && !isFinished(job));
    for (const { nextPollAt } of lost) oldest = nextPollAt < oldest ? nextPollAt : oldest;
    const wakes = await Promise.all(isBacklog ? [] : lost.map((job) => wake(ports, job)));
    woken += wakes.filter(Boolean).length;
    if (woken >= WAKES_MAX) break;
  }
  return { woken, oldestOverdueSeconds: Math.round((nowMs - toMs(oldest)) / 1000) };
}

/** The claim first: two passes at once send one message. A crash in between costs one more pass. */
async function wake(ports: ReconcilePorts, job: Job): Promise<boolean> {
  if ((await ports.jobs.clearOwner(job, toIso(ports.clock()))) === 'conflict') return false;
  await ports.wake(job.id, identityOf(job));
  ports.log.warn('job.woken', { id: job.id, api: job.api, owner: job.owner, dueAt: job.nextPollAt });
  return true;
}

/** Jobs are read only while an account is refused: the index does not say whose they are. */
async function countDenied(ports: ReconcilePorts): Promise<number> {
  const accounts = await ports.deniedAccounts();
  let read = 0;
  let denied = 0;
  if (accounts.size === 0) return 0;
  for await (const page of ports.jobs.dueBefore(END_OF_TIME, DENIED_READ_MAX)) {
    const ids = page.slice(0, DENIED_READ_MAX - read);
    const jobs = await Promise.all(ids.map((id) => ports.jobs.get(id)));
    denied += jobs.filter((job) => job !== null && job.waiting !== null && accounts.has(job.account)).length;
    read += ids.length;
    if (read >= DENIED_READ_MAX) break;
  }
  return denied;
}

function isFinished(job: Job): boolean {
  return isTerminal(job.phase) && job.notifiedSeq >= job.seq;
}

async function resendDeliveries(ports: ReconcilePorts, faults: unknown[]): Promise<number> {
  const beforeMs = ports.clock() - DELIVERY_STALE_MS;
  let resent = 0;
  for (const subscription of await ports.deliveries.subscriptions()) {
    if (resent >= WAKES_MAX) break;
    try {
      resent += await ports.deliveries.resendOverdue({ subscription, beforeMs, limit: WAKES_MAX - resent });
    } catch (fault) {
      faults.push(fault);
    }
  }
  return resent;
}

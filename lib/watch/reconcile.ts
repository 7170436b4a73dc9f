import { ItemError } from '../base/item-error.ts';
import type { Log } from '../base/log.ts';
import { type Clock, toIso, toMs } from '../base/time.ts';
import { identityOf, type JobIdentity } from '../job/identity.ts';
import type { Job } from '../job/job.ts';
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
  /** Ends the groups whose deadline has come; how many. A group that fails leaves its fault. */
  readonly groups: (faults: unknown[]) => Promise<number>;
  readonly deliveries: {
    /** Subscriptions that may have deliveries under way. */
    subscriptions(): Promise<string[]>;
    /** Sends a message again for deliveries that were due before the time; how many. */
    resendOverdue(overdue: { subscription: string; beforeMs: number; limit: number }): Promise<number>;
    /** Ends what waits for disabled subscriptions; how many. */
    cancelForDisabled(limit: number): Promise<number>;
    /** Removes dead messages about which nothing is left to be done, of so many; how many. */
    removeSettled(limit: number): Promise<number>;
  };
  /** Stored items that this process has met lately and could not understand. */
  readonly unreadable: () => number;
  /** Hears of every pass, also of one that then fails. */
  readonly report: (report: ReconcileReport) => void;
  readonly log: Log;
  readonly clock: Clock;
}

export interface ReconcileReport {
  readonly open: number;
  /** Open jobs that wait because their account is refused, of the first 5,000 that are due. */
  readonly denied: number;
  readonly woken: number;
  readonly resent: number;
  /** Deliveries of disabled subscriptions that were ended. */
  readonly canceled: number;
  /** Dead messages that were removed: their delivery has arrived, was begun anew or has no subscription. */
  readonly settled: number;
  /** Groups that ended here: incomplete at their deadline, or ended and not published. */
  readonly groups: number;
  /** Items that could not be understood, and were left out. */
  readonly unreadable: number;
  /** null: the jobs could not be looked through. */
  readonly oldestOverdueSeconds: number | null;
  readonly backlog: number;
  readonly deliveriesBacklog: number;
}

const BACKLOG_MAX = 1000;
const WAKES_MAX = 5000;
/** Deliveries of disabled subscriptions that one pass ends. */
const CANCELS_MAX = 5000;
/** Dead messages that one pass looks at. */
const DEAD_MAX = 1000;
const DENIED_READ_MAX = 5000;
const END_OF_TIME = '9999';
const DELIVERY_STALE_MS = 15 * 60_000;

/**
 * Wakes open jobs and deliveries whose message was lost, and ends what nobody waits for any more. The index only says
 * where to look: the item is read again before anything is done. Nothing is sent while the queue has a backlog: what
 * waits there is late, not lost. One part that fails keeps no other from its work: the pass fails when all is done.
 */
export async function reconcile(ports: ReconcilePorts): Promise<ReconcileReport> {
  const backlog = await ports.visibleMessages();
  const open = await ports.jobs.openCount();
  const faults: unknown[] = [];
  const attempt = <Result>(work: () => Promise<Result>, otherwise: Result) => orElse(work, otherwise, faults);
  const jobs = await attempt(() => wakeJobs(ports, backlog.pending, faults), NOTHING_SEEN);
  const groups = await attempt(() => ports.groups(faults), 0);
  const resent = backlog.deliveries > BACKLOG_MAX ? 0 : await attempt(() => resendDeliveries(ports, faults), 0);
  const canceled = await attempt(() => ports.deliveries.cancelForDisabled(CANCELS_MAX), 0);
  const settled = await attempt(() => ports.deliveries.removeSettled(DEAD_MAX), 0);
  // What only counts comes last: nothing that must be done waits for it.
  const denied = await attempt(() => countDenied(ports, faults), 0);
  const unreadable = ports.unreadable();
  const backlogs = { backlog: backlog.pending, deliveriesBacklog: backlog.deliveries };
  const report = { open, denied, resent, canceled, settled, groups, unreadable, ...backlogs, ...jobs };
  ports.report(report);
  if (faults.length > 0) throw faults[0];
  return report;
}

async function orElse<Result>(work: () => Promise<Result>, otherwise: Result, faults: unknown[]): Promise<Result> {
  try {
    return await work();
  } catch (fault) {
    faults.push(fault);
    return otherwise;
  }
}

/** The records that can be read. One that can't be understood is no fault: the store has told of it. */
async function readJobs({ jobs }: ReconcilePorts, ids: readonly string[], faults: unknown[]): Promise<Job[]> {
  const read = await Promise.allSettled(ids.map((id) => jobs.get(id)));
  const refused = read.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
  faults.push(...refused.filter((reason) => !(reason instanceof ItemError)));
  return read.flatMap((one) => (one.status === 'fulfilled' && one.value !== null ? [one.value] : []));
}

type Woken = Pick<ReconcileReport, 'woken' | 'oldestOverdueSeconds'>;

const NOTHING_SEEN: Woken = { woken: 0, oldestOverdueSeconds: null };

async function wakeJobs(ports: ReconcilePorts, backlog: number, faults: unknown[]): Promise<Woken> {
  const nowMs = ports.clock();
  const before = toIso(nowMs - STALE_MS);
  const isBacklog = backlog > BACKLOG_MAX;
  let woken = 0;
  let oldest = toIso(nowMs);
  for await (const page of ports.jobs.dueBefore(before, isBacklog ? 1 : WAKES_MAX)) {
    const ids = page.slice(0, WAKES_MAX - woken);
    const jobs = await readJobs(ports, ids, faults);
    const lost = jobs.filter((job) => job.checkBy < before && !isFinished(job));
    for (const { checkBy } of lost) oldest = checkBy < oldest ? checkBy : oldest;
    const wakes = await Promise.allSettled(isBacklog ? [] : lost.map((job) => wake(ports, job)));
    faults.push(...wakes.flatMap((one) => (one.status === 'rejected' ? [one.reason] : [])));
    woken += wakes.filter((one) => one.status === 'fulfilled' && one.value).length;
    if (woken >= WAKES_MAX) break;
  }
  return { woken, oldestOverdueSeconds: Math.round((nowMs - toMs(oldest)) / 1000) };
}

/** The claim first: two passes at once send one message. A crash in between costs one more pass. */
async function wake(ports: ReconcilePorts, job: Job): Promise<boolean> {
  if ((await ports.jobs.clearOwner(job, toIso(ports.clock()))) === 'conflict') return false;
  await ports.wake(job.id, identityOf(job));
  ports.log.warn('job.woken', { id: job.id, api: job.api, owner: job.owner, checkBy: job.checkBy });
  return true;
}

/** Jobs are read only while an account is refused: the index does not say whose they are. */
async function countDenied(ports: ReconcilePorts, faults: unknown[]): Promise<number> {
  const accounts = await ports.deniedAccounts();
  let read = 0;
  let denied = 0;
  if (accounts.size === 0) return 0;
  for await (const page of ports.jobs.dueBefore(END_OF_TIME, DENIED_READ_MAX)) {
    const ids = page.slice(0, DENIED_READ_MAX - read);
    const jobs = await readJobs(ports, ids, faults);
    denied += jobs.filter((job) => job.waiting !== null && accounts.has(job.account)).length;
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

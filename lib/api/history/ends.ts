import { ItemError } from '../../base/item-error.ts';
import type { Log } from '../../base/log.ts';
import { type Clock, type Iso, toIso, toMs } from '../../base/time.ts';
import { type Job, LONGEST_WATCH_MS } from '../../job/job.ts';
import { isOwnEnd, isTerminal } from '../../job/phase.ts';
import { openIds, recentIds } from '../jobs/ids.ts';
import type { ApiJobs } from '../ports.ts';
import { makeReadOnce } from '../read-once.ts';
import type { End } from './buckets.ts';

export interface EndsPorts {
  readonly jobs: Pick<ApiJobs, 'get' | 'idsOfDay' | 'dueBefore'>;
  readonly clock: Clock;
  readonly log: Log;
}

/** Rows of what was looked at, and how far. */
export interface Looked<Row> {
  readonly rows: readonly Row[];
  /** All that were created since then were looked at. */
  readonly since: Iso;
  /** A limit cut off what is older. */
  readonly isCut: boolean;
  /** Records that are left for the next response; those that may have changed since an earlier one are not among them. */
  readonly unread: number;
}

/** Keys that one response goes through. */
const IDS_MAX = 20_000;
/** What a page of the index of open jobs holds at most: 1 MB of keys. */
const OPEN_OF_SHARD_MAX = 8000;
/** Records that one response reads. */
const READS_MAX = 5000;

/**
 * Ends since a time, by the records of the jobs that were created up to the longest watch before. A job that is open by
 * the index is not read: so the record of a job that the vendor has ended is read about once.
 */
export function makeEnds(ports: EndsPorts): (since: Iso) => Promise<Looked<End>> {
  const ended = makeReadOnce<End | 'open'>({
    read: (ids) => readEnds(ports, ids),
    // An end of our own may be followed by another one before the next response.
    isFinal: (fact) => fact !== 'open' && !isOwnEnd(fact.phase),
    readsMax: READS_MAX,
    keptMax: 2 * IDS_MAX,
  });

  return async (since) => {
    const oldest = toIso(toMs(since) - LONGEST_WATCH_MS);
    const [open, recent] = await Promise.all([
      openIds(ports.jobs, OPEN_OF_SHARD_MAX),
      recentIds(ports, oldest, IDS_MAX),
    ]);
    // A watch that was opened again ends anew.
    ended.forget(open.ids);
    const isOpen = new Set(open.ids);
    const { facts, unread } = await ended.of(recent.ids.filter((id) => !isOpen.has(id)));
    const rows = [...facts.values()].filter((fact) => fact !== 'open');
    return { rows, since: recent.cutAt ?? oldest, isCut: recent.cutAt !== null, unread };
  };
}

/** One record that can't be read hides no other. One that can't be understood is as good as none: the store has told. */
async function readEnds(
  { jobs, log }: EndsPorts,
  ids: readonly string[],
): Promise<ReadonlyMap<string, End | 'open' | null>> {
  const found = new Map<string, End | 'open' | null>();
  const read = await Promise.allSettled(ids.map((id) => jobs.get(id)));
  let fault: unknown;
  for (const [index, one] of read.entries()) {
    const id = ids[index] ?? '';
    if (one.status === 'fulfilled') found.set(id, one.value === null ? null : endOf(one.value));
    else if (one.reason instanceof ItemError) found.set(id, null);
    else fault = one.reason;
  }
  if (fault !== undefined) log.warn('api.history', { reason: String(fault) });
  return found;
}

export function endOf(job: Job): End | 'open' {
  const { phase, endedAt, polls } = job;
  if (!isTerminal(phase) || endedAt === null) return 'open';
  return { phase, atMs: toMs(endedAt), delayMs: delayOf(job, endedAt), polls };
}

/**
 * From the vendor's own end to the poll that saw it; from the submission, if that was later. null: no end of the
 * vendor's, no time of it, or one by a clock that is ahead.
 */
function delayOf({ phase, detail, submittedAt }: Job, endedAt: Iso): number | null {
  const vendorMs = detail.endedAt === null ? Number.NaN : Date.parse(detail.endedAt);
  if (isOwnEnd(phase) || Number.isNaN(vendorMs)) return null;
  const delayMs = toMs(endedAt) - Math.max(vendorMs, toMs(submittedAt));
  return delayMs < 0 ? null : delayMs;
}

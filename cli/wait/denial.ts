import { isOpen } from '../../client/job.ts';
import type { GroupMember, Job } from '../../client/responses.ts';

/** Times of the ticker. */
export interface Denial {
  readonly sinceMs: number;
  /** From then on it counts as what ends the waiting for this job. */
  readonly countsFromMs: number;
  readonly doesCount: boolean;
}

/** A job that is waited for, or a member of a group. */
export type Waiter = Pick<Job | GroupMember, 'phase' | 'endedAt' | 'account' | 'jobId' | 'vendorStatus' | 'waiting'>;

export interface Check {
  /** As the answer before had it. */
  readonly before: Denial | null;
  /** The first answer about it: what it tells of may be old. */
  readonly isFirst: boolean;
  readonly nowMs: number;
  readonly patienceMs: number;
}

/** A denial that was there before the waiting began may be mended: jobwatch notices that within two minutes. */
const OLD_DENIAL_MS = 150_000;

/**
 * A denial ends the waiting: at once where the vendor has not taken the account for this job yet, after the patience
 * where it had. One that the first answer told of may be old.
 */
export function denialOf(job: Waiter, { before, isFirst, nowMs, patienceMs }: Check): Denial | null {
  if (!isOpen(job) || job.waiting?.denied !== true) return null;
  const allowedMs = job.vendorStatus === null ? (isFirst ? OLD_DENIAL_MS : 0) : patienceMs;
  const { sinceMs, countsFromMs } = before ?? { sinceMs: nowMs, countsFromMs: nowMs + allowedMs };
  return { sinceMs, countsFromMs, doesCount: nowMs >= countsFromMs };
}

/** What ended the waiting for these; null: there are none. */
export function denialText(denied: readonly Waiter[]): string | null {
  const [first] = denied;
  if (first === undefined) return null;
  const others = denied.length > 1 ? `, and ${denied.length - 1} more` : '';
  return (
    `The account "${first.account}" is denied (job ${first.jobId}${others}): ${first.waiting?.reason.replace(/\.$/, '')}. ` +
    'Fix the account, or submit with another --account; "jobwatch account check NAME --stage STAGE --region REGION" ' +
    'says more. jobwatch tries again every minute until the deadline.'
  );
}

import type { WriteResult } from '../base/conditional-write.ts';
import type { Iso } from '../base/time.ts';
import type { JobIdentity } from './identity.ts';
import type { Job } from './job.ts';

/**
 * `saved`: the record as it stands now, but for `notifiedSeq`. `conflict`: the version has moved on, or the record is
 * gone. `refused`: the store will never take this record, not even bare.
 */
export type SaveResult =
  | { readonly kind: 'saved'; readonly job: Job }
  | { readonly kind: 'conflict' }
  | { readonly kind: 'refused' };

export interface JobStore {
  /** Consistent; null for no item and for an expired one. */
  get(id: string): Promise<Job | null>;
  /** Writes the record if there is none. */
  create(job: Job): Promise<WriteResult>;
  /**
   * Writes all but `notifiedSeq`, on the condition that `version` still stands, and raises it. A record that is refused
   * whole is written bare, but for what it holds already and may have been told: what is told is what was written, and
   * whoever tells it after a crash tells the same.
   */
  save(job: Job): Promise<SaveResult>;
  /** Writes the callbacks of a job that has ended: it stays out of the open index, and its expiry stands. */
  saveCallbacks(job: Job): Promise<WriteResult>;
  /** Proof that the record still is at this version and has another owner than the message. */
  confirmOtherOwner(job: Job, messageId: string): Promise<WriteResult>;
  /**
   * Sets `notifiedSeq` if it is lower. With `finish` the job leaves the open index as well, on the condition that no
   * transition was added meanwhile.
   */
  published(id: string, seq: number, finish: { expiresAt: number } | null): Promise<WriteResult>;
}

/** A place in a list that is sorted by creation. */
export interface Position {
  readonly createdAt: Iso;
  readonly id: string;
}

/** Lists come from an index, jobs are read by their ids; both may lag behind a write by moments. */
export interface JobList {
  /** Jobs created on that UTC day (`2026-11-20`), newest first, from after `after`. `next` is null at the day's end. */
  idsOfDay(
    day: string,
    limit: number,
    after: Position | null,
  ): Promise<{ readonly ids: readonly string[]; readonly next: Position | null }>;
}

/** The index of jobs that are not finished; it may lag behind a write by moments. */
export interface OpenJobs {
  /**
   * Ids of those with a `checkBy` before the time, page after page, each of at most `pageMax` and the earliest first.
   * Nothing is left out but what a full page cuts off.
   */
  dueBefore(before: Iso, pageMax: number): AsyncIterable<readonly string[]>;
  openCount(): Promise<number>;
  /** The earliest `checkBy`; null: no job is open. */
  oldestDue(): Promise<Iso | null>;
  /** Takes the owner away and makes the job due now, on the condition that nothing has changed since it was read. */
  clearOwner(job: Job, now: Iso): Promise<WriteResult>;
}

export interface WakeQueue {
  /** Sends a wake message: identity alone, with the attribute `reattach`. */
  wake(id: string, identity: JobIdentity): Promise<void>;
}

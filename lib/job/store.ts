import type { JobIdentity } from './identity.ts';
import type { Job } from './job.ts';

/** `conflict`: the version has moved on, or the item is gone. `refused`: the store will never take this item. */
export type Saved = 'saved' | 'conflict' | 'refused';

export interface JobStore {
  /** Consistent; null for no item and for an expired one. */
  get(id: string): Promise<Job | null>;
  /** Writes the item if there is none; false if there is. */
  create(job: Job): Promise<boolean>;
  /** Writes all but `notifiedSeq`, on the condition that `version` still stands, and raises it. */
  save(job: Job): Promise<Saved>;
  /** Proof that the record still is at this version and has another owner than the message. */
  confirmOther(job: Job, messageId: string): Promise<boolean>;
  /**
   * Sets `notifiedSeq` if it is lower. With `finish` the job leaves the open index as well, on the condition that no
   * transition was added meanwhile. False: the condition did not hold.
   */
  told(id: string, seq: number, finish: { expiresAt: number } | null): Promise<boolean>;
}

export interface WakeQueue {
  /** Sends a wake message: identity alone, with the attribute `reattach`. */
  wake(id: string, identity: JobIdentity): Promise<void>;
}

import type { Job } from '../../job/job.ts';
import type { Item } from './items.ts';

/** About 1 kB each; beyond that the memory begins anew. */
const KNOWN_MAX = 12_000;

/** What tells two states of a record apart, and what is written without raising the version. */
export const STAMP = ['id', 'version', 'savedAt', 'notifiedSeq', 'expiresAt'] as const;

/**
 * The records of open jobs that this process has read or written last, as text. What is written without raising
 * `version` is in the stamp: who knows the record with the stamp that is stored knows the record that is stored. An
 * open record is never replaced by another first version; one that has ended may be, after ninety days.
 */
export interface KnownJobs {
  has(id: string): boolean;
  keep(job: Job): void;
  forget(id: string): void;
  /** The record that is stored, by its stamp; null: another one is. */
  recall(stamp: Item): Job | null;
}

export const NOTHING_KNOWN: KnownJobs = {
  has: () => false,
  keep: () => undefined,
  forget: () => undefined,
  recall: () => null,
};

export function makeKnownJobs(): KnownJobs {
  const known = new Map<string, string>();

  return {
    has: (id) => known.has(id),

    keep(job) {
      if (known.size >= KNOWN_MAX && !known.has(job.id)) known.clear();
      if (job.expiresAt === null) known.set(job.id, JSON.stringify(job));
    },

    forget: (id) => void known.delete(id),

    recall({ id, version, savedAt, notifiedSeq, expiresAt }) {
      const text = known.get(id?.S ?? '');
      if (text === undefined || expiresAt !== undefined) return null;
      const job: Job = JSON.parse(text);
      if (version?.N !== String(job.version) || savedAt?.S !== job.savedAt || notifiedSeq?.N === undefined) return null;
      return { ...job, notifiedSeq: Number(notifiedSeq.N) };
    },
  };
}

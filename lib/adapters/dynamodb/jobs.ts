import DataLoader from 'dataloader';
import { ItemError } from '../../base/item-error.ts';
import type { Clock } from '../../base/time.ts';
import { bareRecord } from '../../job/history.ts';
import type { Job } from '../../job/job.ts';
import { jobRecord } from '../../job/record-schema.ts';
import type { JobList, JobStore, OpenJobs, SaveResult } from '../../job/store.ts';
import { fromItem, type Item, orItemError, put, type Table, update } from './items.ts';
import { makeJobIndexes, shardOf } from './jobs-indexes.ts';
import { BATCH_GET_MAX, getMany, type Reading } from './read-many.ts';

/**
 * The table `jobs`: one item a job. Beside the job's own fields an item has `openShard`, the key of the sparse index of
 * jobs that are not finished, and `createdDay`, the key of the index for lists.
 */
export interface JobsOptions extends Table, Reading {
  readonly clock: Clock;
}

const BATCH_WAIT_MS = 3;
/** These are written by `published` and `clearOwner` alone, or derived. */
const NOT_SAVED = new Set(['id', 'version', 'notifiedSeq', 'expiresAt']);

export function makeJobStore(options: JobsOptions): JobStore & JobList & OpenJobs {
  const reader = new DataLoader<string, Job | null>((ids) => readMany(options, ids), {
    cache: false,
    maxBatchSize: BATCH_GET_MAX,
    batchScheduleFn: (callback) => setTimeout(callback, BATCH_WAIT_MS),
  });

  return {
    ...makeJobIndexes(options),
    get: (id) => reader.load(id),

    create: (job) =>
      put(
        options,
        { ...withoutNulls(job), openShard: shardOf(job.id), createdDay: job.createdAt.slice(0, 10) },
        // TTL deletes days late: an expired record is none.
        { when: 'attribute_not_exists(id) OR expiresAt <= :now', given: { now: Math.floor(options.clock() / 1000) } },
      ),

    async save(job) {
      const whole = await save(options, job);
      return whole.kind === 'refused' ? save(options, bareRecord(job)) : whole;
    },

    saveCallbacks: ({ id, version, callbacks = [] }) =>
      update(options, id, {
        set: { callbacks, version: version + 1 },
        when: 'attribute_exists(id) AND #version = :was',
        given: { was: version },
      }),

    confirmOtherOwner: ({ id, version }, messageId) =>
      update(options, id, {
        set: { version },
        when: 'attribute_exists(id) AND #version = :version AND #owner <> :message',
        given: { message: messageId },
      }),

    published: (id, seq, finish) =>
      update(options, id, {
        set: { notifiedSeq: seq, ...finish },
        remove: finish === null ? [] : ['openShard'],
        when: `attribute_exists(id) AND notifiedSeq < :seq${finish === null ? '' : ' AND seq = :seq'}`,
        given: { seq },
      }),

    clearOwner: ({ id, version }, now) =>
      update(options, id, {
        set: { nextPollAt: now, version: version + 1 },
        remove: ['owner'],
        when: 'attribute_exists(id) AND #version = :was AND attribute_exists(openShard)',
        given: { was: version },
      }),
  };
}

/** All of the job's own fields; the version is raised, the job is in the open index again, an end is no longer near. */
async function save(table: Table, job: Job): Promise<SaveResult> {
  const { id, version } = job;
  const own = Object.entries(job).filter(([name]) => !NOT_SAVED.has(name));
  try {
    const written = await update(table, id, {
      set: {
        ...Object.fromEntries(own.filter(([, value]) => value !== null)),
        version: version + 1,
        openShard: shardOf(id),
      },
      remove: [...own.filter(([, value]) => value === null).map(([name]) => name), 'expiresAt'],
      when: 'attribute_exists(id) AND #version = :was',
      given: { was: version },
    });
    return written === 'saved' ? { kind: 'saved', job: { ...job, version: version + 1, expiresAt: null } } : CONFLICT;
  } catch (error) {
    if (isInvalid(error)) return { kind: 'refused' };
    throw error;
  }
}

const CONFLICT: SaveResult = { kind: 'conflict' };

/**
 * In the order of the ids; null for an absent job and for an expired one. A record that can't be understood fails for
 * itself alone, and so does one that DynamoDB has not read.
 */
async function readMany(options: JobsOptions, ids: readonly string[]): Promise<(Job | null | Error)[]> {
  const { items, unread } = await getMany(options, [...new Set(ids)]);
  const found = new Map([...items].map(([id, item]) => [id, orItemError(() => jobOf(item))]));
  const nowSeconds = options.clock() / 1000;
  return ids.map((id) => {
    const job = found.get(id) ?? unread.get(id) ?? null;
    if (job instanceof ItemError) options.unreadable.note(options.table, id, job);
    if (job === null || job instanceof Error) return job;
    return job.expiresAt !== null && job.expiresAt <= nowSeconds ? null : job;
  });
}

/** Without what the indexes need. */
function jobOf(item: Item): Job {
  const { openShard: _open, createdDay: _day, ...own } = item;
  return fromItem(jobRecord, own);
}

/** Absent is null: indexes take no null, and `attribute_exists` reads better. */
function withoutNulls(job: Job): Record<string, unknown> {
  return Object.fromEntries(Object.entries(job).filter(([, value]) => value !== null));
}

/** DynamoDB will never take the item: too large, or a value that it does not know. */
function isInvalid(error: unknown): boolean {
  return (
    error instanceof Error &&
    (error.name === 'ValidationException' || error.name === 'ItemCollectionSizeLimitExceededException')
  );
}

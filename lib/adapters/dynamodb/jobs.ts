import DataLoader from 'dataloader';
import { isObject } from '../../base/is-object.ts';
import { ItemError } from '../../base/item-error.ts';
import type { Clock } from '../../base/time.ts';
import { bareRecord } from '../../job/history.ts';
import type { Job } from '../../job/job.ts';
import { jobRecord } from '../../job/record-schema.ts';
import type { JobList, JobStore, OpenJobs, SaveResult } from '../../job/store.ts';
import { fromItem, type Item, orItemError, put, type Table, update } from './items.ts';
import { makeJobIndexes, shardOf } from './jobs-indexes.ts';
import { type KnownJobs, NOTHING_KNOWN, STAMP } from './known-jobs.ts';
import { BATCH_GET_MAX, getMany, type Reading } from './read-many.ts';

/**
 * The table `jobs`: one item a job. Beside the job's own fields an item has `openShard`, the key of the sparse index of
 * jobs that are not finished, and `createdDay`, the key of the index for lists.
 *
 * Two fields have other names there. The index of open jobs is sorted by the attribute `nextPollAt`, and holds what the
 * job has as `checkBy`: a key that moved with each poll would be paid for with each. The job's `nextPollAt` is `dueAt`.
 * Builds before this one had the time of the next poll in `nextPollAt`, and understand what is there now as a next poll
 * that is later: either build finds lost jobs by the other's records, and none takes a living one for lost.
 */
export interface JobsOptions extends Table, Reading {
  readonly clock: Clock;
  /** Where the same jobs are read again and again. */
  readonly known?: KnownJobs;
}

const BATCH_WAIT_MS = 3;
/** These are written by `published` and `clearOwner` alone, or derived. */
const NOT_SAVED = new Set(['id', 'version', 'notifiedSeq', 'expiresAt']);

export function makeJobStore({ known = NOTHING_KNOWN, ...options }: JobsOptions): JobStore & JobList & OpenJobs {
  const reader = new DataLoader<string, Job | null>((ids) => readMany({ ...options, known }, ids), {
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
        { ...fieldsOf(job), openShard: shardOf(job.id), createdDay: job.createdAt.slice(0, 10) },
        // TTL deletes days late: an expired record is none.
        { when: 'attribute_not_exists(id) OR expiresAt <= :now', given: { now: Math.floor(options.clock() / 1000) } },
      ),

    async save(job) {
      const whole = await save(options, job);
      const result = whole.kind === 'refused' ? await saveBare(options, job) : whole;
      if (result.kind === 'saved') known.keep(result.job);
      return result;
    },

    saveCallbacks({ id, version, callbacks = [] }) {
      known.forget(id);
      return update(options, id, {
        set: { callbacks, version: version + 1 },
        when: 'attribute_exists(id) AND #version = :was',
        given: { was: version },
      });
    },

    confirmOtherOwner: ({ id, version }, messageId) =>
      update(options, id, {
        set: { version },
        when: 'attribute_exists(id) AND #version = :version AND #owner <> :message',
        given: { message: messageId },
      }),

    published(id, seq, finish) {
      if (finish !== null) known.forget(id);
      return update(options, id, {
        set: { notifiedSeq: seq, ...finish },
        remove: finish === null ? [] : ['openShard'],
        when: `attribute_exists(id) AND notifiedSeq < :seq${finish === null ? '' : ' AND seq = :seq'}`,
        given: { seq },
      });
    },

    clearOwner: ({ id, version }, now) =>
      update(options, id, {
        set: { dueAt: now, nextPollAt: now, version: version + 1 },
        remove: ['owner'],
        when: 'attribute_exists(id) AND #version = :was AND attribute_exists(openShard)',
        given: { was: version },
      }),
  };
}

/** All of the job's own fields; the version is raised, the job is in the open index again, an end is no longer near. */
async function save(table: Table, job: Job): Promise<SaveResult> {
  const { id, version } = job;
  const set = Object.entries(fieldsOf(job)).filter(([name]) => !NOT_SAVED.has(name));
  const absent = Object.entries(job).filter(([name, value]) => value === null && !NOT_SAVED.has(name));
  try {
    const written = await update(table, id, {
      set: {
        ...Object.fromEntries(set),
        version: version + 1,
        openShard: shardOf(id),
      },
      remove: [...absent.map(([name]) => name), 'expiresAt'],
      when: 'attribute_exists(id) AND #version = :was',
      given: { was: version },
    });
    return written === 'saved' ? { kind: 'saved', job: { ...job, version: version + 1, expiresAt: null } } : CONFLICT;
  } catch (error) {
    if (isInvalid(error)) return { kind: 'refused' };
    throw error;
  }
}

async function saveBare(options: JobsOptions, job: Job): Promise<SaveResult> {
  const { items, unread } = await getMany(options, [job.id], ['id', 'seq']);
  for (const fault of unread.values()) throw fault;
  return save(options, bareRecord(job, Number(items.get(job.id)?.['seq']?.N ?? 0)));
}

const CONFLICT: SaveResult = { kind: 'conflict' };

type Reads = JobsOptions & { readonly known: KnownJobs };

/**
 * In the order of the ids; null for an absent job and for an expired one. A record that can't be understood fails for
 * itself alone, and so does one that DynamoDB has not read.
 */
async function readMany(options: Reads, ids: readonly string[]): Promise<(Job | null | Error)[]> {
  const found = await readStored(options, [...new Set(ids)]);
  const nowSeconds = options.clock() / 1000;
  return ids.map((id) => {
    const job = found.get(id) ?? null;
    if (job instanceof ItemError) options.unreadable.note(options.table, id, job);
    if (job === null || job instanceof Error) return job;
    return job.expiresAt !== null && job.expiresAt <= nowSeconds ? null : job;
  });
}

type Stored = Map<string, Job | Error>;

/** Of what is known the stamp is read, and the record only if it is another. */
async function readStored(options: Reads, ids: readonly string[]): Promise<Stored> {
  const { known } = options;
  const [stamps, stored] = await Promise.all([
    getMany(options, ids.filter(known.has), STAMP),
    readWhole(
      options,
      ids.filter((id) => !known.has(id)),
    ),
  ]);
  const others: string[] = [];
  for (const [id, stamp] of stamps.items) {
    const job = known.recall(stamp);
    if (job === null) others.push(id);
    else stored.set(id, job);
  }
  for (const [id, fault] of stamps.unread) stored.set(id, fault);
  for (const [id, job] of await readWhole(options, others)) stored.set(id, job);
  return stored;
}

async function readWhole(options: Reads, ids: readonly string[]): Promise<Stored> {
  const { items, unread } = await getMany(options, ids);
  const stored: Stored = new Map(unread);
  for (const [id, item] of items) {
    const job = orItemError(() => jobOf(item));
    if (!(job instanceof ItemError)) options.known.keep(job);
    stored.set(id, job);
  }
  return stored;
}

/** Without what the indexes need. */
function jobOf(item: Item): Job {
  const { openShard: _open, createdDay: _day, dueAt, nextPollAt, ...own } = item;
  if (nextPollAt === undefined) return fromItem(jobRecord, own);
  // An older build leaves `dueAt` as it is.
  const isOlder = dueAt === undefined || (dueAt.S ?? '') > (nextPollAt.S ?? '');
  return fromItem(jobRecord, { ...own, nextPollAt: isOlder ? nextPollAt : dueAt, checkBy: nextPollAt });
}

function fieldsOf({ nextPollAt: dueAt, checkBy: nextPollAt, ...job }: Job): Record<string, unknown> {
  return { ...withoutNulls(job), dueAt, nextPollAt };
}

/** Absent is null: indexes take no null, and each name is paid for. What older builds ask for is there, if empty. */
function withoutNulls(fields: object): Record<string, unknown> {
  const kept = Object.entries(fields).filter(([, value]) => value !== null);
  return Object.fromEntries(kept.map(([name, value]) => [name, lean(value)]));
}

function lean(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(lean);
  return isObject(value) ? withoutNulls(value) : value;
}

/** DynamoDB will never take the item: too large, or a value that it does not know. */
function isInvalid(error: unknown): boolean {
  return (
    error instanceof Error &&
    (error.name === 'ValidationException' || error.name === 'ItemCollectionSizeLimitExceededException')
  );
}

import { type DynamoDBClient, PutItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import DataLoader from 'dataloader';
import type { Clock } from '../../base/time.ts';
import { type Job, OPEN_SHARDS } from '../../job/job.ts';
import { jobRecord } from '../../job/record.ts';
import type { JobStore, Saved } from '../../job/store.ts';
import { conditionally, fromItem, getMany, type Item, ItemError } from './items.ts';
import { type JobList, makeJobIndexes, type OpenJobs, shardName } from './jobs-indexes.ts';

/**
 * The table `jobs`: one item a job. Beside the job's own fields an item has `openShard`, the key of the sparse index of
 * jobs that are not finished, and `createdDay`, the key of the index for lists.
 */
export interface JobsOptions {
  readonly client: DynamoDBClient;
  readonly table: string;
  readonly clock: Clock;
}

/**
 * DynamoDB's limit for BatchGetItem.
 * https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html
 */
const BATCH_GET_MAX = 100;
const BATCH_WAIT_MS = 3;
/** These are written by `told` and `disown` alone, or derived. */
const NOT_SAVED = new Set(['id', 'version', 'notifiedSeq', 'expiresAt']);

export function makeJobStore(options: JobsOptions): JobStore & JobList & OpenJobs {
  const { client, table, clock } = options;
  const reader = new DataLoader<string, Job | null>((ids) => readMany(options, ids), {
    cache: false,
    maxBatchSize: BATCH_GET_MAX,
    batchScheduleFn: (callback) => setTimeout(callback, BATCH_WAIT_MS),
  });

  const conditional = (command: PutItemCommand | UpdateItemCommand): Promise<boolean> =>
    conditionally(command instanceof PutItemCommand ? client.send(command) : client.send(command));

  return {
    ...makeJobIndexes(client, table),
    get: (id) => reader.load(id),

    create: (job) =>
      conditional(
        new PutItemCommand({
          TableName: table,
          Item: marshall(
            { ...withoutNulls(job), openShard: shardOf(job.id), createdDay: job.createdAt.slice(0, 10) },
            MARSHALL,
          ),
          // TTL deletes days late: an expired record is none.
          ConditionExpression: 'attribute_not_exists(id) OR expiresAt <= :now',
          ExpressionAttributeValues: marshall({ ':now': Math.floor(clock() / 1000) }),
        }),
      ),

    async save(job): Promise<Saved> {
      try {
        const saved = await conditional(new UpdateItemCommand({ TableName: table, ...saveExpression(job) }));
        return saved ? 'saved' : 'conflict';
      } catch (error) {
        if (isInvalid(error)) return 'refused';
        throw error;
      }
    },

    confirmOther: (job, messageId) =>
      conditional(
        new UpdateItemCommand({
          TableName: table,
          Key: marshall({ id: job.id }),
          UpdateExpression: 'SET #version = :version',
          ConditionExpression: 'attribute_exists(id) AND #version = :version AND #owner <> :message',
          ExpressionAttributeNames: { '#version': 'version', '#owner': 'owner' },
          ExpressionAttributeValues: marshall({ ':version': job.version, ':message': messageId }),
        }),
      ),

    told: (id, seq, finish) =>
      conditional(
        new UpdateItemCommand({
          TableName: table,
          Key: marshall({ id }),
          UpdateExpression: `SET notifiedSeq = :seq${finish === null ? '' : ', expiresAt = :expires REMOVE openShard'}`,
          ConditionExpression: `attribute_exists(id) AND notifiedSeq < :seq${finish === null ? '' : ' AND seq = :seq'}`,
          ExpressionAttributeValues: marshall({
            ':seq': seq,
            ...(finish === null ? {} : { ':expires': finish.expiresAt }),
          }),
        }),
      ),

    disown: (job, nowIso) =>
      conditional(
        new UpdateItemCommand({
          TableName: table,
          Key: marshall({ id: job.id }),
          UpdateExpression: 'SET nextPollAt = :now, #version = :next REMOVE #owner',
          ConditionExpression: 'attribute_exists(id) AND #version = :version AND attribute_exists(openShard)',
          ExpressionAttributeNames: { '#version': 'version', '#owner': 'owner' },
          ExpressionAttributeValues: marshall({ ':now': nowIso, ':version': job.version, ':next': job.version + 1 }),
        }),
      ),
  };
}

/**
 * In the order of the ids; null for an absent job and for an expired one. A record that can't be understood fails for
 * itself alone.
 */
async function readMany(options: JobsOptions, ids: readonly string[]): Promise<(Job | null | ItemError)[]> {
  const { client, table, clock } = options;
  const items = await getMany(client, table, [...new Set(ids)]);
  const found = new Map(items.map((item) => [item['id']?.S ?? '', jobOrFault(item)]));
  const nowSeconds = clock() / 1000;
  return ids.map((id) => {
    const job = found.get(id) ?? null;
    if (job === null || job instanceof ItemError) return job;
    return job.expiresAt !== null && job.expiresAt <= nowSeconds ? null : job;
  });
}

function jobOrFault(item: Item): Job | ItemError {
  try {
    return jobOf(item);
  } catch (error) {
    if (error instanceof ItemError) return error;
    throw error;
  }
}

const MARSHALL = { removeUndefinedValues: true };

/** All of the job's own fields; the version is raised, the job is in the open index again, an end is no longer near. */
function saveExpression(job: Job) {
  const entries = Object.entries(job).filter(([name]) => !NOT_SAVED.has(name));
  const set = entries.filter(([, value]) => value !== null);
  const names = Object.fromEntries(entries.map(([name]) => [`#${name}`, name]));
  const values = Object.fromEntries(set.map(([name, value]) => [`:${name}`, value]));
  const removed = entries.filter(([, value]) => value === null).map(([name]) => `#${name}`);
  return {
    Key: marshall({ id: job.id }),
    UpdateExpression: `SET ${[...set.map(([name]) => `#${name} = :${name}`), '#version = :next', 'openShard = :shard'].join(', ')} REMOVE ${[...removed, 'expiresAt'].join(', ')}`,
    ConditionExpression: 'attribute_exists(id) AND #version = :version',
    ExpressionAttributeNames: { ...names, '#version': 'version' },
    ExpressionAttributeValues: marshall(
      { ...values, ':version': job.version, ':next': job.version + 1, ':shard': shardOf(job.id) },
      MARSHALL,
    ),
  };
}

/** The sum spreads the ids evenly enough, whatever characters they are made of. */
function shardOf(id: string): string {
  const sum = [...id].reduce((total, character) => (total * 31 + character.charCodeAt(0)) % 65_521, 0);
  return shardName(sum % OPEN_SHARDS);
}

function withoutNulls(job: Job): Record<string, unknown> {
  return Object.fromEntries(Object.entries(job).filter(([, value]) => value !== null));
}

/** Without what the indexes need. */
function jobOf(item: Item): Job {
  const { openShard: _open, createdDay: _day, ...own } = item;
  return fromItem(jobRecord, own);
}

/** DynamoDB will never take the item: too large, or a value that it does not know. */
function isInvalid(error: unknown): boolean {
  return (
    error instanceof Error &&
    (error.name === 'ValidationException' || error.name === 'ItemCollectionSizeLimitExceededException')
  );
}

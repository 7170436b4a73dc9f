import {
  BatchGetItemCommand,
  ConditionalCheckFailedException,
  type DynamoDBClient,
  PutItemCommand,
  QueryCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import DataLoader from 'dataloader';
import { type Job, OPEN_SHARDS } from '../job.ts';
import type { Clock } from '../time.ts';
import type { JobStore, Saved } from '../watch-ports.ts';

/**
 * The table `jobs`: one item a job. Beside the job's own fields an item has `openShard`, the key of the sparse index of
 * jobs that are not finished, and `createdDay`, the key of the index for lists.
 */
export interface JobsOptions {
  readonly client: DynamoDBClient;
  readonly table: string;
  readonly clock: Clock;
}

export interface JobPage {
  readonly ids: string[];
  /** Where the next page begins; null at the end of the day. */
  readonly next: JobPageKey | null;
}

export interface JobPageKey {
  readonly id: string;
  readonly createdAt: string;
}

/** Lists come from an index, jobs are read by their ids; both may lag behind a write by moments. */
export interface JobList {
  /** One day's jobs (`2026-11-20`, UTC), newest first. */
  idsOfDay(day: string, limit: number, after: JobPageKey | null): Promise<JobPage>;
}

export interface OpenJobs {
  overdue(shard: number, before: string, limit: number): Promise<string[]>;
  openCount(shard: number): Promise<number>;
  /** The earliest `nextPollAt` in a shard; null if it is empty. */
  oldestDue(shard: number): Promise<string | null>;
  disown(job: Job, nowIso: string): Promise<boolean>;
}

/** DynamoDB's limit for BatchGetItem. https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html */
const BATCH_GET_MAX = 100;
const BATCH_WAIT_MS = 3;
const UNPROCESSED_TRIES = 4;
/** These are written by `told` and `disown` alone, or derived. */
const NOT_SAVED = new Set(['id', 'version', 'notifiedSeq', 'expiresAt']);

export function makeJobStore(options: JobsOptions): JobStore & JobList & OpenJobs {
  const { client, table, clock } = options;
  const reader = new DataLoader<string, Job | null>((ids) => readMany(options, ids), {
    cache: false,
    maxBatchSize: BATCH_GET_MAX,
    batchScheduleFn: (callback) => setTimeout(callback, BATCH_WAIT_MS),
  });

  /** Runs a conditional write; false if its condition did not hold. */
  async function conditional(command: PutItemCommand | UpdateItemCommand): Promise<boolean> {
    try {
      await (command instanceof PutItemCommand ? client.send(command) : client.send(command));
      return true;
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return false;
      throw error;
    }
  }

  return {
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

    async idsOfDay(day, limit, after) {
      const answer = await client.send(
        new QueryCommand({
          TableName: table,
          IndexName: 'day',
          KeyConditionExpression: 'createdDay = :day',
          ExpressionAttributeValues: marshall({ ':day': day }),
          ScanIndexForward: false,
          Limit: limit,
          ...(after === null ? {} : { ExclusiveStartKey: marshall({ ...after, createdDay: day }) }),
        }),
      );
      const last = answer.LastEvaluatedKey === undefined ? null : unmarshall(answer.LastEvaluatedKey);
      return {
        ids: (answer.Items ?? []).map((item) => String(unmarshall(item)['id'])),
        next: last === null ? null : { id: String(last['id']), createdAt: String(last['createdAt']) },
      };
    },

    async overdue(shard, before, limit) {
      const answer = await client.send(
        new QueryCommand({ ...openQuery(table, shard), Limit: limit, ...dueBefore(shard, before) }),
      );
      return (answer.Items ?? []).map((item) => String(unmarshall(item)['id']));
    },

    async openCount(shard) {
      let count = 0;
      let from: QueryCommand['input']['ExclusiveStartKey'];
      do {
        const answer = await client.send(
          new QueryCommand({
            ...openQuery(table, shard),
            Select: 'COUNT',
            ...(from === undefined ? {} : { ExclusiveStartKey: from }),
          }),
        );
        count += answer.Count ?? 0;
        from = answer.LastEvaluatedKey;
      } while (from !== undefined);
      return count;
    },

    async oldestDue(shard) {
      const answer = await client.send(new QueryCommand({ ...openQuery(table, shard), Limit: 1 }));
      const first = answer.Items?.[0];
      return first === undefined ? null : String(unmarshall(first)['nextPollAt']);
    },

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

  async function readMany({ client: dynamo }: JobsOptions, ids: readonly string[]): Promise<(Job | null)[]> {
    const found = new Map<string, Job>();
    let keys = [...new Set(ids)].map((id) => marshall({ id }));
    for (let attempt = 0; keys.length > 0 && attempt < UNPROCESSED_TRIES; attempt++) {
      const answer = await dynamo.send(
        new BatchGetItemCommand({ RequestItems: { [table]: { Keys: keys, ConsistentRead: true } } }),
      );
      for (const item of answer.Responses?.[table] ?? []) {
        const job = fromItem(unmarshall(item));
        found.set(job.id, job);
      }
      keys = answer.UnprocessedKeys?.[table]?.Keys ?? [];
    }
    if (keys.length > 0) throw new Error(`DynamoDB left ${keys.length} of ${ids.length} jobs unread.`);
    const nowSeconds = clock() / 1000;
    return ids.map((id) => {
      const job = found.get(id) ?? null;
      return job !== null && job.expiresAt !== null && job.expiresAt <= nowSeconds ? null : job;
    });
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

function openQuery(table: string, shard: number) {
  return {
    TableName: table,
    IndexName: 'open',
    KeyConditionExpression: 'openShard = :shard',
    ExpressionAttributeValues: marshall({ ':shard': shardName(shard) }),
  };
}

function dueBefore(shard: number, before: string) {
  return {
    KeyConditionExpression: 'openShard = :shard AND nextPollAt < :before',
    ExpressionAttributeValues: marshall({ ':shard': shardName(shard), ':before': before }),
  };
}

function shardName(shard: number): string {
  return `open#${shard}`;
}

/** The sum spreads the ids evenly enough, whatever characters they are made of. */
function shardOf(id: string): string {
  const sum = [...id].reduce((total, character) => (total * 31 + character.charCodeAt(0)) % 65_521, 0);
  return shardName(sum % OPEN_SHARDS);
}

function withoutNulls(job: Job): Record<string, unknown> {
  return Object.fromEntries(Object.entries(job).filter(([, value]) => value !== null));
}

/** Absent is null: indexes take no null, and `attribute_exists` reads better. */
function fromItem(item: Record<string, unknown>): Job {
  const { openShard: _open, createdDay: _day, ...fields } = item;
  return { ...ABSENT, ...fields } as unknown as Job;
}

const ABSENT = {
  projectId: null,
  owner: null,
  vendorStatus: null,
  lastPolledAt: null,
  waiting: null,
  misses: null,
  failSeenAt: null,
  correlationId: null,
  traceparent: null,
  endedAt: null,
  expiresAt: null,
} satisfies Partial<Job>;

/** DynamoDB will never take the item: too large, or a value that it does not know. */
function isInvalid(error: unknown): boolean {
  return (
    error instanceof Error &&
    (error.name === 'ValidationException' || error.name === 'ItemCollectionSizeLimitExceededException')
  );
}

import { type DynamoDBClient, QueryCommand } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import type { Job } from '../../job/job.ts';

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
  dueBefore(shard: number, before: string, limit: number): Promise<string[]>;
  openCount(shard: number): Promise<number>;
  /** The earliest `nextPollAt` in a shard; null if it is empty. */
  oldestDue(shard: number): Promise<string | null>;
  disown(job: Job, nowIso: string): Promise<boolean>;
}

/** What the indexes `day` and `open` answer. */
export function makeJobIndexes(client: DynamoDBClient, table: string): JobList & Omit<OpenJobs, 'disown'> {
  return {
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

    async dueBefore(shard, before, limit) {
      const answer = await client.send(
        new QueryCommand({ ...openQuery(table, shard), Limit: limit, ...dueBeforeQuery(shard, before) }),
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

function dueBeforeQuery(shard: number, before: string) {
  return {
    KeyConditionExpression: 'openShard = :shard AND nextPollAt < :before',
    ExpressionAttributeValues: marshall({ ':shard': shardName(shard), ':before': before }),
  };
}

export function shardName(shard: number): string {
  return `open#${shard}`;
}

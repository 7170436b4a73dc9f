import { QueryCommand, type QueryCommandInput } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { Iso } from '../../base/time.ts';
import type { JobList, OpenJobs } from '../../job/store.ts';
import { type Item, pagesOf, type Table, toItem } from './items.ts';

/** The index of open jobs is spread over so many keys: one key takes 1,000 writes a second. */
const OPEN_SHARDS = 16;
const SHARDS = Array.from({ length: OPEN_SHARDS }, (_, shard) => `open#${shard}`);

/** What the indexes `day` and `open` answer. */
export function makeJobIndexes({ client, table }: Table): JobList & Omit<OpenJobs, 'clearOwner'> {
  const query = (input: Partial<QueryCommandInput>) => client.send(new QueryCommand({ TableName: table, ...input }));
  const inShard = (shard: string, input: Partial<QueryCommandInput>) => query({ ...openQuery(shard), ...input });

  return {
    async idsOfDay(day, limit, after) {
      const answer = await query({
        IndexName: 'day',
        KeyConditionExpression: 'createdDay = :day',
        ExpressionAttributeValues: toItem({ ':day': day }),
        ScanIndexForward: false,
        Limit: limit,
        ...(after === null ? {} : { ExclusiveStartKey: toItem({ ...after, createdDay: day }) }),
      });
      const last = answer.LastEvaluatedKey === undefined ? null : unmarshall(answer.LastEvaluatedKey);
      return {
        ids: idsOf(answer.Items),
        next: last === null ? null : { id: String(last['id']), createdAt: String(last['createdAt']) },
      };
    },

    async *dueBefore(before, pageMax) {
      for (const shard of SHARDS) {
        const answer = await inShard(shard, {
          KeyConditionExpression: 'openShard = :shard AND nextPollAt < :before',
          ExpressionAttributeValues: toItem({ ':shard': shard, ':before': before }),
          Limit: pageMax,
        });
        yield idsOf(answer.Items);
      }
    },

    async openCount() {
      const counts = await Promise.all(
        SHARDS.map(async (shard) => {
          let count = 0;
          for await (const page of pagesOf((from) => inShard(shard, { Select: 'COUNT', ...from })))
            count += page.Count ?? 0;
          return count;
        }),
      );
      return counts.reduce((sum, count) => sum + count, 0);
    },

    async oldestDue() {
      const answers = await Promise.all(SHARDS.map((shard) => inShard(shard, { Limit: 1 })));
      const firsts = answers.flatMap(({ Items }) => (Items ?? []).map((item): Iso => item['nextPollAt']?.S ?? ''));
      return firsts.sort()[0] ?? null;
    },
  };
}

function openQuery(shard: string): Partial<QueryCommandInput> {
  return {
    IndexName: 'open',
    KeyConditionExpression: 'openShard = :shard',
    ExpressionAttributeValues: toItem({ ':shard': shard }),
  };
}

function idsOf(items: readonly Item[] | undefined): string[] {
  return (items ?? []).flatMap((item) => item['id']?.S ?? []);
}

/** The sum spreads the ids evenly enough, whatever characters they are made of. */
export function shardOf(id: string): string {
  const sum = [...id].reduce((total, character) => (total * 31 + character.charCodeAt(0)) % 65_521, 0);
  return SHARDS[sum % OPEN_SHARDS] ?? '';
}

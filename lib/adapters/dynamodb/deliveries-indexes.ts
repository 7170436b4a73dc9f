import { type DynamoDBClient, QueryCommand, type QueryCommandInput } from '@aws-sdk/client-dynamodb';
import type { Clock } from '../../base/time.ts';
import type { Delivery } from '../../deliver/delivery.ts';
import type { DeliveryStore } from '../../deliver/ports.ts';
import { type Item, pagesOf, type Table, toItem } from './items.ts';

const COUNT_CACHED_MS = 10_000;
/** Subscriptions are at most a hundred; deleted ones may not pile up in a long-lived process. */
const COUNTS_MAX = 1000;

export interface DeliveryIndexOptions extends Table {
  readonly clock: Clock;
}

/**
 * What the two indexes answer, both of keys only: `bySubscription` (subscription, createdAt) lists, `waiting`
 * (waitingFor, nextAttemptAt) holds the deliveries that have not ended. Both lag behind the table by moments; the
 * records are read from the table.
 */
export function makeDeliveryIndexes(
  { client, table, clock }: DeliveryIndexOptions,
  readMany: Readonly<Record<'all' | 'some', (ids: readonly string[]) => Promise<readonly Delivery[]>>>,
): Pick<DeliveryStore, 'list' | 'waitingCount' | 'overdue'> {
  const counts = new Map<string, { count: number; limit: number; atMs: number }>();
  return {
    list: async (subscription, { limit, after }) => {
      const found: Delivery[] = [];
      let from = after === null ? undefined : startAfter(subscription, after);
      do {
        const page = await client.send(
          new QueryCommand({
            TableName: table,
            IndexName: 'bySubscription',
            KeyConditionExpression: 'subscription = :subscription',
            ExpressionAttributeValues: toItem({ ':subscription': subscription }),
            ScanIndexForward: false,
            Limit: limit - found.length,
            ...startingAt(from),
          }),
        );
        found.push(...(await readMany.all(idsOf(page.Items))));
        from = page.LastEvaluatedKey;
      } while (found.length < limit && from !== undefined);
      return found;
    },
    waitingCount: async (subscription, limit) => {
      const nowMs = clock();
      const known = counts.get(subscription);
      if (known !== undefined && known.limit === limit && nowMs - known.atMs < COUNT_CACHED_MS) return known.count;
      const count = await countWaiting(client, waitingQuery(table, subscription), limit);
      if (counts.size >= COUNTS_MAX) counts.clear();
      counts.set(subscription, { count, limit, atMs: nowMs });
      return count;
    },
    overdue: async (subscription, before, limit) => {
      const page = await client.send(
        new QueryCommand({
          ...waitingQuery(table, subscription),
          KeyConditionExpression: 'waitingFor = :subscription AND nextAttemptAt < :before',
          ExpressionAttributeValues: toItem({ ':subscription': subscription, ':before': before }),
          Limit: limit,
        }),
      );
      // Who is not read now is read in the next pass.
      const records = await readMany.some(idsOf(page.Items));
      return records.filter(({ state, nextAttemptAt }) => state === 'waiting' && nextAttemptAt < before);
    },
  };
}

/** 5,000 keys are about 1 MB, which is a page: 125 read units, once in ten seconds. */
async function countWaiting(client: DynamoDBClient, query: QueryCommandInput, limit: number): Promise<number> {
  let count = 0;
  const counting = { ...query, Select: 'COUNT' } as const;
  const next = (from: object) => client.send(new QueryCommand({ ...counting, Limit: limit - count, ...from }));
  for await (const page of pagesOf(next)) {
    count += page.Count ?? 0;
    if (count >= limit) break;
  }
  return count;
}

function waitingQuery(table: string, subscription: string): QueryCommandInput {
  return {
    TableName: table,
    IndexName: 'waiting',
    KeyConditionExpression: 'waitingFor = :subscription',
    ExpressionAttributeValues: toItem({ ':subscription': subscription }),
  };
}

function startAfter(subscription: string, { createdAt, id }: { createdAt: string; id: string }): Item {
  return toItem({ id: `${subscription}/${id}`, subscription, createdAt });
}

function startingAt(from: Item | undefined): Pick<QueryCommandInput, 'ExclusiveStartKey'> {
  return from === undefined ? {} : { ExclusiveStartKey: from };
}

function idsOf(items: readonly Item[] | undefined): readonly string[] {
  return (items ?? []).flatMap((item) => item['id']?.S ?? []);
}

import { type DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import * as v from 'valibot';
import type { IdempotencyStore } from '../../api/http/idempotency.ts';
import { conditionally, fromItem, toItem } from './items.ts';

const record = v.object({
  id: v.string(),
  version: v.number(),
  request: v.string(),
  subject: v.string(),
  done: v.boolean(),
  leaseUntilMs: v.number(),
  expiresAtMs: v.number(),
});

/** What was begun under an `Idempotency-Key`, in the table `state`; its time to live removes what has expired. */
export function makeIdempotencyStore(client: DynamoDBClient, table: string): IdempotencyStore {
  return {
    get: async (id) => {
      const Key = toItem({ id });
      const { Item } = await client.send(new GetItemCommand({ TableName: table, Key, ConsistentRead: true }));
      return Item === undefined ? null : fromItem(record, Item);
    },
    put: async (next) => {
      const expiresAt = Math.ceil(next.expiresAtMs / 1000);
      const condition =
        next.version === 0
          ? { ConditionExpression: 'attribute_not_exists(id)' }
          : {
              // An item that its time to live removed in between is as good as one that has expired.
              ConditionExpression: '#version = :version OR attribute_not_exists(id)',
              ExpressionAttributeNames: { '#version': 'version' },
              ExpressionAttributeValues: toItem({ ':version': next.version }),
            };
      const Item = toItem({ ...next, version: next.version + 1, expiresAt });
      return conditionally(client.send(new PutItemCommand({ TableName: table, Item, ...condition })));
    },
  };
}

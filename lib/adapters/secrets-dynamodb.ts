import {
  DeleteItemCommand,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import * as v from 'valibot';
import type { SecretStore } from '../deliver-stores.ts';
import { fromItem, toItem } from './items.ts';

const secrets = v.object({
  current: v.string(),
  previous: v.optional(v.nullable(v.object({ secret: v.string(), until: v.string() })), null),
});

/** The table `secrets`, one item a subscription: only those that sign or hand out secrets have a right to it. */
export function makeSecretStore(client: DynamoDBClient, table: string): SecretStore {
  const keyOf = (subscription: string) => ({ TableName: table, Key: toItem({ id: subscription }) });
  return {
    get: async (subscription) => {
      const { Item } = await client.send(new GetItemCommand({ ...keyOf(subscription), ConsistentRead: true }));
      return Item === undefined ? null : fromItem(secrets, Item);
    },
    create: async (subscription, secret) => {
      const Item = toItem({ id: subscription, current: secret });
      const ConditionExpression = 'attribute_not_exists(id)';
      await client.send(new PutItemCommand({ TableName: table, Item, ConditionExpression }));
    },
    rotate: async (subscription, secret, previousUntil) => {
      const { Item } = await client.send(new GetItemCommand({ ...keyOf(subscription), ConsistentRead: true }));
      if (Item === undefined) throw new Error(`The subscription ${subscription} has no secret to rotate.`);
      const { current } = fromItem(secrets, Item);
      await client.send(
        new UpdateItemCommand({
          ...keyOf(subscription),
          UpdateExpression: 'SET #current = :next, #previous = :previous',
          // Of two rotations at once one fails, or a secret that was handed out would sign nothing.
          ConditionExpression: '#current = :current',
          ExpressionAttributeNames: { '#current': 'current', '#previous': 'previous' },
          ExpressionAttributeValues: toItem({
            ':next': secret,
            ':current': current,
            ':previous': { secret: current, until: previousUntil },
          }),
        }),
      );
    },
    remove: async (subscription) => {
      await client.send(new DeleteItemCommand(keyOf(subscription)));
    },
  };
}

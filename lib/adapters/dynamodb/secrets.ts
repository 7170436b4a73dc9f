import {
  DeleteItemCommand,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import * as v from 'valibot';
import { OLDER_SECRETS_MAX, type SecretStore } from '../../deliver/ports.ts';
import { conditionally, fromItem, toItem } from './items.ts';

const oldSecret = v.object({ secret: v.string(), until: v.string() });
const secrets = v.object({
  current: v.string(),
  previous: v.optional(v.nullable(oldSecret), null),
  older: v.optional(v.array(oldSecret)),
});

const ROTATE_TRIES = 5;

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
      for (let tries = 0; tries < ROTATE_TRIES; tries += 1) {
        const { Item } = await client.send(new GetItemCommand({ ...keyOf(subscription), ConsistentRead: true }));
        if (Item === undefined) throw new Error(`The subscription ${subscription} has no secret to rotate.`);
        const { current, previous, older = [] } = fromItem(secrets, Item);
        const replaced = previous === null ? older : [previous, ...older];
        const update = new UpdateItemCommand({
          ...keyOf(subscription),
          UpdateExpression: 'SET #current = :next, #previous = :previous, #older = :older',
          // Of two rotations at once the second begins again from the first, or a secret that was handed out would sign
          // nothing.
          ConditionExpression: '#current = :current',
          ExpressionAttributeNames: { '#current': 'current', '#previous': 'previous', '#older': 'older' },
          ExpressionAttributeValues: toItem({
            ':next': secret,
            ':current': current,
            ':previous': { secret: current, until: previousUntil },
            ':older': replaced.slice(0, OLDER_SECRETS_MAX),
          }),
        });
        if (await conditionally(client.send(update))) return;
      }
      throw new Error(`The secret of the subscription ${subscription} keeps changing.`);
    },
    remove: async (subscription) => {
      await client.send(new DeleteItemCommand(keyOf(subscription)));
    },
  };
}

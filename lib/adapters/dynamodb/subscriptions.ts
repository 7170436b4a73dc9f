import {
  DeleteItemCommand,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  ScanCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import * as v from 'valibot';
import type { CircuitState, SubscriptionStore } from '../../deliver/ports.ts';
import type { Subscription } from '../../deliver/subscription.ts';
import { conditionally, fromItem, type Item, toItem } from './items.ts';

const subscription = v.object({
  id: v.string(),
  url: v.string(),
  types: v.array(v.string()),
  filter: v.object({
    api: v.optional(v.string()),
    account: v.optional(v.string()),
    labels: v.optional(v.record(v.string(), v.string())),
  }),
  description: v.string(),
  createdAt: v.string(),
  state: v.picklist(['active', 'disabled']),
  disabled: v.nullable(v.object({ at: v.string(), by: v.picklist(['api', 'jobwatch']), reason: v.string() })),
  openUntil: v.nullable(v.string()),
  failingSince: v.nullable(v.string()),
  provenAt: v.optional(v.nullable(v.string())),
  turnUntil: v.optional(v.nullable(v.string())),
  version: v.number(),
});

/** Calls for the list that are made within this time share one read. */
const COALESCE_MS = 3;

/** The table `subscriptions`. */
export function makeSubscriptionStore(client: DynamoDBClient, table: string): SubscriptionStore {
  let shared: Promise<readonly Subscription[]> | null = null;
  return {
    list: () => {
      // Who comes after the read has begun may have seen a newer subscription: it gets a read of its own.
      shared ??= pause().then(() => {
        shared = null;
        return scan(client, table);
      });
      return shared;
    },
    get: async (id) => {
      const Key = toItem({ id });
      const { Item } = await client.send(new GetItemCommand({ TableName: table, Key, ConsistentRead: true }));
      return Item === undefined ? null : fromItem(subscription, Item);
    },
    create: async (fresh) => {
      const ConditionExpression = 'attribute_not_exists(id)';
      await client.send(new PutItemCommand({ TableName: table, Item: toItem({ ...fresh }), ConditionExpression }));
    },
    save: async (changed) => {
      const put = new PutItemCommand({
        TableName: table,
        Item: toItem({ ...changed, version: changed.version + 1 }),
        ConditionExpression: '#version = :version',
        ExpressionAttributeNames: { '#version': 'version' },
        ExpressionAttributeValues: toItem({ ':version': changed.version }),
      });
      return (await conditionally(client.send(put))) ? 'saved' : 'conflict';
    },
    setCircuit: async (id, circuit, was) => {
      const update = new UpdateItemCommand({
        TableName: table,
        Key: toItem({ id }),
        ...circuitExpression(circuit, was),
      });
      return (await conditionally(client.send(update))) ? 'saved' : 'conflict';
    },
    leaseProbe: async (id, now, until) => {
      const update = new UpdateItemCommand({
        TableName: table,
        Key: toItem({ id }),
        UpdateExpression: 'SET turnUntil = :until ADD #version :one',
        ConditionExpression:
          'attribute_exists(id) AND (attribute_not_exists(turnUntil) OR turnUntil = :none OR turnUntil <= :now)',
        ExpressionAttributeNames: { '#version': 'version' },
        ExpressionAttributeValues: toItem({ ':until': until, ':now': now, ':none': null, ':one': 1 }),
      });
      return (await conditionally(client.send(update))) ? 'saved' : 'conflict';
    },
    setLastSuccess: async (id, provenAt, was) => {
      const update = new UpdateItemCommand({
        TableName: table,
        Key: toItem({ id }),
        UpdateExpression: 'SET provenAt = :provenAt, turnUntil = :none ADD #version :one',
        ConditionExpression: was === undefined ? 'attribute_exists(id)' : 'provenAt = :was',
        ExpressionAttributeNames: { '#version': 'version' },
        ExpressionAttributeValues: toItem({ ':provenAt': provenAt, ':none': null, ':one': 1, ':was': was }),
      });
      return (await conditionally(client.send(update))) ? 'saved' : 'conflict';
    },
    remove: async (id) => {
      await client.send(new DeleteItemCommand({ TableName: table, Key: toItem({ id }) }));
    },
  };
}

function circuitExpression(circuit: CircuitState, was: CircuitState | undefined) {
  const set = { ':openUntil': circuit.openUntil, ':failingSince': circuit.failingSince, ':one': 1 };
  const before = was && { ':wasOpenUntil': was.openUntil, ':wasFailingSince': was.failingSince };
  const unchanged = before && 'openUntil = :wasOpenUntil AND failingSince = :wasFailingSince';
  return {
    UpdateExpression: 'SET openUntil = :openUntil, failingSince = :failingSince ADD #version :one',
    ConditionExpression: unchanged ?? 'attribute_exists(id)',
    ExpressionAttributeNames: { '#version': 'version' },
    ExpressionAttributeValues: toItem({ ...set, ...before }),
  };
}

async function scan(client: DynamoDBClient, table: string): Promise<readonly Subscription[]> {
  const items: Item[] = [];
  let from: Item | undefined;
  do {
    const page = from === undefined ? {} : { ExclusiveStartKey: from };
    const answer = await client.send(new ScanCommand({ TableName: table, ConsistentRead: true, ...page }));
    items.push(...(answer.Items ?? []));
    from = answer.LastEvaluatedKey;
  } while (from !== undefined);
  return items.map((item) => fromItem(subscription, item));
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, COALESCE_MS));
}

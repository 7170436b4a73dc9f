import {
  type AttributeValue,
  BatchGetItemCommand,
  ConditionalCheckFailedException,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import * as v from 'valibot';

export type Item = Record<string, AttributeValue>;

/** Fields that are undefined are left out: null is what is known to be absent. */
export function toItem(fields: Readonly<Record<string, unknown>>): Item {
  return marshall(fields, { removeUndefinedValues: true });
}

/** Throws on an item that nobody here has written: the table holds something else than it should. */
export function fromItem<Schema extends v.GenericSchema>(schema: Schema, item: Item): v.InferOutput<Schema> {
  const result = v.safeParse(schema, unmarshall(item));
  if (result.success) return result.output;
  const [issue] = result.issues;
  throw new ItemError(`An item is not what was stored: ${v.getDotPath(issue) ?? 'it'}: ${issue.message}`);
}

export class ItemError extends Error {
  override readonly name = 'ItemError';
}

/** Whether a conditional write took place. */
export async function conditionally(write: Promise<unknown>): Promise<boolean> {
  try {
    await write;
    return true;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false;
    throw error;
  }
}

/** https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html */
const BATCH_GET_MAX = 100;
const UNPROCESSED_TRIES = 4;

/** Consistent; in the order of the ids, without those that are absent. */
export async function getMany(client: DynamoDBClient, table: string, ids: readonly string[]): Promise<readonly Item[]> {
  const found = new Map<string, Item>();
  for (let at = 0; at < ids.length; at += BATCH_GET_MAX) {
    let keys: Item[] = ids.slice(at, at + BATCH_GET_MAX).map((id) => toItem({ id }));
    for (let tries = 0; keys.length > 0; tries += 1) {
      if (tries === UNPROCESSED_TRIES)
        throw new ItemError(`DynamoDB left ${keys.length} of ${ids.length} items of ${table} unread.`);
      const request = { RequestItems: { [table]: { Keys: keys, ConsistentRead: true } } };
      const answer = await client.send(new BatchGetItemCommand(request));
      for (const item of answer.Responses?.[table] ?? []) found.set(item['id']?.S ?? '', item);
      keys = answer.UnprocessedKeys?.[table]?.Keys ?? [];
    }
  }
  return ids.map((id) => found.get(id)).filter((item) => item !== undefined);
}

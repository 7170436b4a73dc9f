import {
  type AttributeValue,
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import * as v from 'valibot';
import type { WriteResult } from '../../base/conditional-write.ts';
import { ItemError } from '../../base/item-error.ts';

export type Item = Record<string, AttributeValue>;
export type Fields = Readonly<Record<string, unknown>>;

/** Where a store's items are. */
export interface Table {
  readonly client: DynamoDBClient;
  readonly table: string;
}

/** Fields that are undefined are left out: null is what is known to be absent. */
export function toItem(fields: Fields): Item {
  return marshall(fields, { removeUndefinedValues: true });
}

/** Throws an ItemError on an item that nobody here has written: the table holds something else than it should. */
export function fromItem<Schema extends v.GenericSchema>(schema: Schema, item: Item): v.InferOutput<Schema> {
  const result = v.safeParse(schema, plain(item));
  if (result.success) return result.output;
  const [issue] = result.issues;
  throw new ItemError(`An item is not what was stored: ${v.getDotPath(issue) ?? 'it'}: ${issue.message}`);
}

function plain(item: Item): Record<string, unknown> {
  try {
    return unmarshall(item);
  } catch {
    throw new ItemError('An item holds a number that is none here.');
  }
}

/** What can't be understood is an answer where many are read. */
export function orItemError<Result>(read: () => Result): Result | ItemError {
  try {
    return read();
  } catch (error) {
    if (error instanceof ItemError) return error;
    throw error;
  }
}

/** Consistent. */
export async function getItem({ client, table }: Table, key: Key): Promise<Item | null> {
  const command = new GetItemCommand({ TableName: table, Key: keyItem(key), ConsistentRead: true });
  return (await client.send(command)).Item ?? null;
}

/** Consistent; null: there is none. */
export async function get<Schema extends v.GenericSchema>(
  table: Table,
  id: string,
  schema: Schema,
): Promise<v.InferOutput<Schema> | null> {
  const item = await getItem(table, id);
  return item === null ? null : fromItem(schema, item);
}

/** What a write asks of the item that is stored. */
export interface Condition {
  /** DynamoDB's own words; `#name` is the attribute of that name. */
  readonly when?: string;
  /** The values that the condition speaks of: `given.was` is `:was`. */
  readonly given?: Fields;
}

/** Puts the item in the place of whatever is stored. */
export function put({ client, table }: Table, fields: Fields, condition: Condition = {}): Promise<WriteResult> {
  return conditionally(
    client.send(new PutItemCommand({ TableName: table, Item: toItem(fields), ...placeholders(condition) })),
  );
}

/** Puts the record and raises its version, if the version that is stored is still its own; 0: if nothing is stored. */
export function putNext(
  table: Table,
  record: Fields & { readonly version: number },
  when = '#version = :was',
): Promise<WriteResult> {
  const { version } = record;
  const condition = version === 0 ? NEW : { when, given: { was: version } };
  return put(table, { ...record, version: version + 1 }, condition);
}

/** Nothing is stored. */
export const NEW: Condition = { when: 'attribute_not_exists(id)' };

export interface Change extends Condition {
  readonly set?: Fields;
  readonly remove?: readonly string[];
  readonly add?: Fields;
}

/** Changes single attributes of an item; makes an item if there is none and the condition says nothing about that. */
export async function update(table: Table, key: Key, change: Change): Promise<WriteResult> {
  return (await updated(table, key, change, 'NONE')) === 'conflict' ? 'conflict' : 'saved';
}

/** An item's id, or its whole key where the table has two parts of it. */
export type Key = string | Fields;

/** The same; answers the item as it is then, if it is wanted. */
export async function updated(
  { client, table }: Table,
  key: Key,
  change: Change,
  wanted: 'NONE' | 'ALL_NEW' = 'ALL_NEW',
): Promise<Item | 'conflict'> {
  const { set = {}, remove = [], add = {} } = change;
  const clauses = [
    clause(
      'SET',
      Object.keys(set).map((name) => `#${name} = :${name}`),
    ),
    clause(
      'REMOVE',
      remove.map((name) => `#${name}`),
    ),
    clause(
      'ADD',
      Object.keys(add).map((name) => `#${name} :${name}`),
    ),
  ];
  const UpdateExpression = clauses.join('');
  const values = { ...set, ...add };
  const command = new UpdateItemCommand({
    TableName: table,
    Key: keyItem(key),
    UpdateExpression,
    ...(wanted === 'NONE' ? {} : { ReturnValues: wanted }),
    ...placeholders({ ...change, given: { ...values, ...change.given } }, UpdateExpression),
  });
  let item: Item = {};
  const write = async () => {
    item = (await client.send(command)).Attributes ?? {};
  };
  return (await conditionally(write())) === 'conflict' ? 'conflict' : item;
}

function keyItem(key: Key): Item {
  return toItem(typeof key === 'string' ? { id: key } : key);
}

function clause(verb: string, parts: readonly string[]): string {
  return parts.length === 0 ? '' : `${verb} ${parts.join(', ')} `;
}

/** The condition, and what every `#name` and `:value` of it and of another expression stands for. */
function placeholders({ when, given = {} }: Condition, other = '') {
  const names = [...`${other} ${when}`.matchAll(/#(\w+)/g)].map(([alias, name]) => [alias, name]);
  const values = Object.entries(given).map(([name, value]) => [`:${name}`, value]);
  return {
    ...(when === undefined ? {} : { ConditionExpression: when }),
    ...(names.length === 0 ? {} : { ExpressionAttributeNames: Object.fromEntries(names) }),
    ...(values.length === 0 ? {} : { ExpressionAttributeValues: toItem(Object.fromEntries(values)) }),
  };
}

async function conditionally(write: Promise<unknown>): Promise<WriteResult> {
  try {
    await write;
    return 'saved';
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return 'conflict';
    throw error;
  }
}

/** Items page by page, as a query or a scan gives them: each page says where the next one begins. */
export async function* pagesOf<Page extends { LastEvaluatedKey?: Item | undefined }>(
  read: (from: { readonly ExclusiveStartKey?: Item }) => Promise<Page>,
): AsyncGenerator<Page, void> {
  let from: Item | undefined;
  do {
    const page = await read(from === undefined ? {} : { ExclusiveStartKey: from });
    yield page;
    from = page.LastEvaluatedKey;
  } while (from !== undefined);
}

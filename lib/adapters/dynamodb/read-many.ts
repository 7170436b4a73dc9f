import { BatchGetItemCommand } from '@aws-sdk/client-dynamodb';
import type * as v from 'valibot';
import { ItemError } from '../../base/item-error.ts';
import type { Random } from '../../base/random.ts';
import { type Fields, fromItem, type Item, orItemError, type Table, toItem } from './items.ts';
import type { Unreadable } from './unreadable.ts';

/** What reading many items takes. */
export interface Reading {
  readonly unreadable: Unreadable;
  readonly sleep: (ms: number) => Promise<void>;
  readonly random: Random;
}

/** Those that can be read; the others are told of and left out. */
export function readableOf<Schema extends v.GenericSchema>(
  schema: Schema,
  items: readonly Item[] | undefined,
  { table, unreadable }: Pick<Table, 'table'> & Pick<Reading, 'unreadable'>,
): v.InferOutput<Schema>[] {
  return (items ?? []).flatMap((item) => {
    const read = orItemError(() => fromItem(schema, item));
    if (!(read instanceof ItemError)) return [read];
    unreadable.note(table, idIn(item), read);
    return [];
  });
}

/** https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html */
export const BATCH_GET_MAX = 100;
const UNREAD_TRIES = 6;
/** Before the second try at most so long, before each further one at most twice as long: 1.6 s in all. */
const UNREAD_WAIT_MS = 50;

/** What was read of many items. Of an id that is in neither there is no item. */
export interface ReadMany {
  readonly items: ReadonlyMap<string, Item>;
  /** Ids that DynamoDB has not read, and why: nothing is known about them. */
  readonly unread: ReadonlyMap<string, Error>;
}

/**
 * Consistent. Keys that DynamoDB leaves unread are asked for again with waits of full jitter, as its documentation
 * strongly recommends; what stays unread fails alone. Without `attributes` items are whole.
 */
export async function getMany(
  table: Table & Reading,
  ids: readonly string[],
  attributes: readonly string[] = [],
  restOfKey: Fields = {},
): Promise<ReadMany> {
  const items = new Map<string, Item>();
  const unread = new Map<string, Error>();
  for (let at = 0; at < ids.length; at += BATCH_GET_MAX)
    await getBatch(
      { ...table, attributes },
      ids.slice(at, at + BATCH_GET_MAX).map((id) => toItem({ id, ...restOfKey })),
      items,
      unread,
    );
  return { items, unread };
}

type Reads = Table & Reading & { readonly attributes: readonly string[] };

async function getBatch(
  table: Reads,
  wanted: Item[],
  items: Map<string, Item>,
  unread: Map<string, Error>,
): Promise<void> {
  let keys = wanted;
  let fault: Error | null = null;
  for (let tries = 0; keys.length > 0 && fault === null && tries < UNREAD_TRIES; tries += 1) {
    if (tries > 0) await table.sleep(table.random() * UNREAD_WAIT_MS * 2 ** (tries - 1));
    const answer = await getOnce(table, keys);
    for (const item of answer.items) items.set(idIn(item), item);
    ({ keys, fault } = answer);
  }
  const left = fault ?? new Error(`DynamoDB left ${keys.length} of ${wanted.length} items of ${table.table} unread.`);
  for (const key of keys) unread.set(idIn(key), left);
}

interface BatchAnswer {
  readonly items: readonly Item[];
  /** What is still to be read. */
  readonly keys: Item[];
  readonly fault: Error | null;
}

async function getOnce({ client, table, attributes }: Reads, keys: Item[]): Promise<BatchAnswer> {
  try {
    const request = { RequestItems: { [table]: { Keys: keys, ConsistentRead: true, ...only(attributes) } } };
    const { Responses, UnprocessedKeys } = await client.send(new BatchGetItemCommand(request));
    return { items: Responses?.[table] ?? [], keys: UnprocessedKeys?.[table]?.Keys ?? [], fault: null };
  } catch (error) {
    return { items: [], keys, fault: error instanceof Error ? error : new Error('unknown') };
  }
}

/** Some attributes; some of their names are words of DynamoDB's own. */
function only(attributes: readonly string[]) {
  if (attributes.length === 0) return {};
  return {
    ProjectionExpression: attributes.map((name) => `#${name}`).join(', '),
    ExpressionAttributeNames: Object.fromEntries(attributes.map((name) => [`#${name}`, name])),
  };
}

function idIn(item: Item): string {
  return item['id']?.S ?? '';
}

import { isDeepStrictEqual } from 'node:util';
import { type DynamoDBClient, PutItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { getItem, type Item } from '../../lib/adapters/dynamodb/items.ts';
import { getMany, type Reading } from '../../lib/adapters/dynamodb/read-many.ts';

export interface Copy {
  readonly client: DynamoDBClient;
  readonly reading: Reading;
  /** Names of tables whose key is `id`, or `id` and `sort`. */
  readonly from: string;
  readonly to: string;
  /** The second part of the key; null: there is none. */
  readonly sort: string | null;
  /** Begins after the item of this key (`id`, or `id/sort`); null: at the first. A scan has an order of its own, which stays the same. */
  readonly after: string | null;
  /** Puts items that differ in the place of those that are there. */
  readonly replace: boolean;
  /** Only counts. */
  readonly dryRun: boolean;
  /** Items that expire before are left: DynamoDB would delete them again. */
  readonly nowSeconds: number;
}

export interface Copied {
  readonly read: number;
  /** Were absent, and are written, or would be. */
  written: number;
  /** Were different, and are replaced, or would be. */
  replaced: number;
  /** Are there already, item for item the same. */
  same: number;
  /** Are there already and differ: left, without `replace`. */
  kept: number;
  expired: number;
  /** The key to go on after; null: all were read. */
  readonly next: string | null;
}

/** The keys of one BatchGetItem. */
const PAGE_ITEMS = 100;
const WRITES_AT_ONCE = 10;

type Fate = 'written' | 'replaced' | 'same' | 'kept' | 'expired';

/**
 * Copies a table into another, page by page; yields the counts of each page, after it was written, so that a run that
 * was cut off can go on after its last `next`, and a run that is repeated changes nothing more. Rejects with
 * DynamoDB's error; what was yielded is done.
 */
export async function* copyItems(copy: Copy): AsyncGenerator<Copied, void> {
  let from = copy.after;
  do {
    const { Items = [], LastEvaluatedKey } = await copy.client.send(
      new ScanCommand({
        TableName: copy.from,
        ConsistentRead: true,
        Limit: PAGE_ITEMS,
        ...(from === null ? {} : { ExclusiveStartKey: keyIn(copy, from) }),
      }),
    );
    from = LastEvaluatedKey === undefined ? null : textOf(copy, LastEvaluatedKey);
    const counts: Copied = { read: Items.length, written: 0, replaced: 0, same: 0, kept: 0, expired: 0, next: from };
    for (const fate of await copyPage(copy, Items)) counts[fate] += 1;
    yield counts;
  } while (from !== null);
}

async function copyPage(copy: Copy, items: readonly Item[]): Promise<readonly Fate[]> {
  const there = await presentOf(copy, items);
  const fates: Fate[] = [];
  for (let at = 0; at < items.length; at += WRITES_AT_ONCE) {
    const some = items.slice(at, at + WRITES_AT_ONCE);
    fates.push(...(await Promise.all(some.map((item) => copyOne(copy, item, there.get(textOf(copy, item)) ?? null)))));
  }
  return fates;
}

/** By their keys. What is not known to be absent is not written over: the run ends, and goes on from here later. */
async function presentOf(copy: Copy, items: readonly Item[]): Promise<ReadonlyMap<string, Item>> {
  const table = { client: copy.client, table: copy.to };
  if (copy.sort !== null) {
    const keys = items.map((item) => textOf(copy, item));
    const found = await Promise.all(keys.map((key) => getItem(table, unmarshall(keyIn(copy, key)))));
    return new Map(found.flatMap((item) => (item === null ? [] : [[textOf(copy, item), item] as const])));
  }
  const ids = items.map((item) => item['id']?.S ?? '');
  const { items: there, unread } = await getMany({ ...copy.reading, ...table }, ids);
  const [fault] = unread.values();
  if (fault !== undefined) throw fault;
  return there;
}

/** An item's key as one text: a sort key has no slash in it. */
function textOf({ sort }: Copy, item: Item): string {
  const id = item['id']?.S ?? '';
  return sort === null ? id : `${id}/${item[sort]?.S ?? ''}`;
}

function keyIn({ sort }: Copy, text: string): Item {
  if (sort === null) return { id: { S: text } };
  const at = text.lastIndexOf('/');
  return { id: { S: text.slice(0, at) }, [sort]: { S: text.slice(at + 1) } };
}

async function copyOne(copy: Copy, item: Item, present: Item | null): Promise<Fate> {
  if (Number(item['expiresAt']?.N ?? Infinity) <= copy.nowSeconds) return 'expired';
  if (present !== null && isDeepStrictEqual(present, item)) return 'same';
  if (present !== null && !copy.replace) return 'kept';
  if (!copy.dryRun && !(await put(copy, item, present === null))) return 'kept';
  return present === null ? 'written' : 'replaced';
}

/** False: somebody has made the item since it was found to be absent. */
async function put({ client, to }: Copy, Item: Item, isNew: boolean): Promise<boolean> {
  const condition = isNew ? { ConditionExpression: 'attribute_not_exists(id)' } : {};
  try {
    await client.send(new PutItemCommand({ TableName: to, Item, ...condition }));
    return true;
  } catch (error) {
    if (error instanceof Error && error.name === 'ConditionalCheckFailedException') return false;
    throw error;
  }
}

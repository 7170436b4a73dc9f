import { isDeepStrictEqual } from 'node:util';
import { type DynamoDBClient, PutItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import type { Item } from '../../lib/adapters/dynamodb/items.ts';
import { getMany, type Reading } from '../../lib/adapters/dynamodb/read-many.ts';

export interface Copy {
  readonly client: DynamoDBClient;
  readonly reading: Reading;
  /** Names of tables whose key is `id`. */
  readonly from: string;
  readonly to: string;
  /** Begins after the item of this id; null: at the first. A scan has an order of its own, which stays the same. */
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
  /** The id to go on after; null: all were read. */
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
        ...(from === null ? {} : { ExclusiveStartKey: { id: { S: from } } }),
      }),
    );
    from = LastEvaluatedKey?.['id']?.S ?? null;
    const counts: Copied = { read: Items.length, written: 0, replaced: 0, same: 0, kept: 0, expired: 0, next: from };
    for (const fate of await copyPage(copy, Items)) counts[fate] += 1;
    yield counts;
  } while (from !== null);
}

async function copyPage(copy: Copy, items: readonly Item[]): Promise<readonly Fate[]> {
  const ids = items.map((item) => item['id']?.S ?? '');
  const { items: there, unread } = await getMany({ ...copy.reading, client: copy.client, table: copy.to }, ids);
  const [fault] = unread.values();
  // What is not known to be absent is not written over: the run ends, and goes on from here later.
  if (fault !== undefined) throw fault;
  const fates: Fate[] = [];
  for (let at = 0; at < items.length; at += WRITES_AT_ONCE) {
    const some = items.slice(at, at + WRITES_AT_ONCE);
    fates.push(...(await Promise.all(some.map((item) => copyOne(copy, item, there.get(item['id']?.S ?? '') ?? null)))));
  }
  return fates;
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

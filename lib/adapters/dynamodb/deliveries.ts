import { DeleteItemCommand } from '@aws-sdk/client-dynamodb';
import * as v from 'valibot';
import { ItemError } from '../../base/item-error.ts';
import { DELIVERY_KEPT_SECONDS } from '../../base/retention.ts';
import { type Clock, toMs } from '../../base/time.ts';
import type { Delivery } from '../../deliver/delivery.ts';
import { ATTEMPTS_KEPT, type DeliveryStore, type PutResult } from '../../deliver/ports.ts';
import { CALLBACK_KINDS } from '../../job/callbacks.ts';
import { makeDeliveryIndexes } from './deliveries-indexes.ts';
import { fromItem, getItem, type Item, orItemError, put, putNext, type Table, toItem } from './items.ts';
import { getMany, type Reading, readableOf } from './read-many.ts';

export interface DeliveryStoreOptions extends Table, Reading {
  readonly clock: Clock;
}

const delivery = v.object({
  subscription: v.string(),
  eventId: v.string(),
  eventType: v.string(),
  eventJson: v.string(),
  state: v.picklist(['waiting', 'delivered', 'exhausted', 'canceled', 'skipped']),
  reason: v.nullable(v.string()),
  owner: v.nullable(v.string()),
  round: v.number(),
  attempts: v.number(),
  earlierAttempts: v.number(),
  unfinished: v.number(),
  createdAt: v.string(),
  nextAttemptAt: v.string(),
  slotAt: v.optional(v.nullable(v.string())),
  endedAt: v.nullable(v.string()),
  callback: v.optional(v.object({ kind: v.picklist(CALLBACK_KINDS), hash: v.string(), mayBeClosed: v.boolean() })),
  version: v.number(),
});

const attempt = v.object({
  number: v.number(),
  at: v.string(),
  status: v.nullable(v.number()),
  durationMs: v.number(),
  error: v.nullable(v.string()),
  answer: v.string(),
});

/**
 * The table `deliveries`: the item `<subscription>/<event id>` is a delivery, `<subscription>/<event id>#007` its
 * seventh attempt. Both are kept for 30 days; what has expired and is not yet swept away is not there any more.
 */
export function makeDeliveryStore(options: DeliveryStoreOptions): DeliveryStore {
  const { client, table, clock } = options;
  const nowSeconds = () => Math.floor(clock() / 1000);
  const isAlive = (item: Item) => Number(item['expiresAt']?.N ?? 0) > nowSeconds();
  const read = async (subscription: string, eventId: string): Promise<Delivery | null> => {
    const id = deliveryId(subscription, eventId);
    const item = await getItem(options, id);
    if (item === null || !isAlive(item)) return null;
    const stored = orItemError(() => fromItem(delivery, item));
    if (!(stored instanceof ItemError)) return stored;
    options.unreadable.note(table, id, stored);
    throw stored;
  };
  /** In the order of the ids, without what can't be understood. */
  const readItems = async <Schema extends v.GenericSchema>(schema: Schema, ids: readonly string[]) => {
    const { items, unread } = await getMany(options, ids);
    const alive = ids
      .map((id) => items.get(id))
      .filter((item) => item !== undefined)
      .filter(isAlive);
    return { read: readableOf(schema, alive, options), unread: [...unread.values()] };
  };
  /** A list from which something is missing would be wrong. */
  const readAll = async <Schema extends v.GenericSchema>(schema: Schema, ids: readonly string[]) => {
    const { read: found, unread } = await readItems(schema, ids);
    if (unread[0] !== undefined) throw unread[0];
    return found;
  };
  return {
    put: (fresh) => putIfAbsent(options, fresh, () => read(fresh.subscription, fresh.eventId)),
    get: read,
    save: (changed) => putNext(options, itemOf(changed)),
    addAttempt: async (subscription, eventId, made) => {
      const id = deliveryId(subscription, eventId);
      const expiresAt = nowSeconds() + DELIVERY_KEPT_SECONDS;
      await put(options, { id: attemptId(id, made.number), ...made, expiresAt });
      if (made.number <= ATTEMPTS_KEPT) return;
      const Key = toItem({ id: attemptId(id, made.number - ATTEMPTS_KEPT) });
      await client.send(new DeleteItemCommand({ TableName: table, Key }));
    },
    attempts: async (subscription, eventId) => {
      const record = await read(subscription, eventId);
      if (record === null) return [];
      const numbers = Array.from({ length: Math.min(record.attempts, ATTEMPTS_KEPT) }, (_, at) => record.attempts - at);
      const id = deliveryId(subscription, eventId);
      const ids = numbers.map((number) => attemptId(id, number));
      return await readAll(attempt, ids);
    },
    ...makeDeliveryIndexes(options, {
      all: (ids) => readAll(delivery, ids),
      some: async (ids) => (await readItems(delivery, ids)).read,
    }),
  };
}

const PUT_TRIES = 3;

async function putIfAbsent(
  options: DeliveryStoreOptions,
  fresh: Delivery,
  read: () => Promise<Delivery | null>,
): Promise<PutResult> {
  for (let tries = 0; tries < PUT_TRIES; tries += 1) {
    const written = await put(options, itemOf(fresh), {
      when: 'attribute_not_exists(id) OR expiresAt <= :now',
      given: { now: Math.floor(options.clock() / 1000) },
    });
    if (written === 'saved') return { kind: 'saved' };
    const stored = await read();
    if (stored !== null) return { kind: 'conflict', stored };
  }
  throw new Error(`The delivery ${deliveryId(fresh.subscription, fresh.eventId)} is there and can't be read.`);
}

export function deliveryId(subscription: string, eventId: string): string {
  return `${subscription}/${eventId}`;
}

function attemptId(id: string, number: number): string {
  return `${id}#${String(number).padStart(3, '0')}`;
}

/** Kept for 30 days from the latest thing that is known of it. `waitingFor` keys the index of those that wait. */
function itemOf(record: Delivery) {
  const { subscription, eventId, state, createdAt, nextAttemptAt, endedAt } = record;
  const lastMs = Math.max(toMs(createdAt), toMs(nextAttemptAt), endedAt === null ? 0 : toMs(endedAt));
  return {
    ...record,
    id: deliveryId(subscription, eventId),
    waitingFor: state === 'waiting' ? subscription : undefined,
    expiresAt: Math.floor(lastMs / 1000) + DELIVERY_KEPT_SECONDS,
  };
}

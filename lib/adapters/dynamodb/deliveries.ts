import { DeleteItemCommand } from '@aws-sdk/client-dynamodb';
import * as v from 'valibot';
import { DELIVERY_KEPT_SECONDS } from '../../base/retention.ts';
import { type Clock, toMs } from '../../base/time.ts';
import type { Delivery } from '../../deliver/delivery.ts';
import { ATTEMPTS_KEPT, type DeliveryStore, type PutResult } from '../../deliver/ports.ts';
import { makeDeliveryIndexes } from './deliveries-indexes.ts';
import { fromItem, getItem, getMany, type Item, put, putNext, type Table, toItem } from './items.ts';

export interface DeliveryStoreOptions extends Table {
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
  endedAt: v.nullable(v.string()),
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
    const item = await getItem(options, deliveryId(subscription, eventId));
    return item !== null && isAlive(item) ? fromItem(delivery, item) : null;
  };
  const readMany = async (ids: readonly string[]): Promise<readonly Delivery[]> =>
    (await getMany(options, ids)).filter(isAlive).map((item) => fromItem(delivery, item));
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
      const items = await getMany(
        options,
        numbers.map((number) => attemptId(id, number)),
      );
      return items.filter(isAlive).map((item) => fromItem(attempt, item));
    },
    ...makeDeliveryIndexes(options, readMany),
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

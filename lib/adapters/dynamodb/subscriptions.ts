import { DeleteItemCommand, type DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import * as v from 'valibot';
import { isObject } from '../../base/is-object.ts';
import { LANGUAGES } from '../../deliver/formats/words.ts';
import type { SubscriptionStore } from '../../deliver/ports.ts';
import { FORMATS, KINDS, type Subscription } from '../../deliver/subscription.ts';
import { type Fields, get, NEW, pagesOf, put, putNext, type Table, toItem, update } from './items.ts';
import { type Reading, readableOf } from './read-many.ts';

/** `v.record` would drop `constructor` without a word, and the filter would then fit every job. */
const labels = v.custom<Readonly<Record<string, string>>>(
  (value) => isObject(value) && Object.values(value).every((text) => typeof text === 'string'),
);

const subscription = v.object({
  id: v.string(),
  // Items from before there were others have neither.
  kind: v.optional(v.picklist(KINDS), 'webhook'),
  format: v.optional(v.picklist(FORMATS), 'cloudevents'),
  url: v.string(),
  language: v.optional(v.picklist(LANGUAGES)),
  robot: v.optional(v.string()),
  headerNames: v.optional(v.array(v.string())),
  types: v.array(v.string()),
  filter: v.object({
    api: v.optional(v.string()),
    account: v.optional(v.string()),
    labels: v.optional(labels),
  }),
  description: v.string(),
  createdAt: v.string(),
  state: v.picklist(['active', 'disabled']),
  disabled: v.nullable(
    v.object({
      at: v.string(),
      by: v.picklist(['api', 'jobwatch']),
      reason: v.string(),
      token: v.optional(v.string()),
    }),
  ),
  openUntil: v.nullable(v.string()),
  failingSince: v.nullable(v.string()),
  provenAt: v.optional(v.nullable(v.string())),
  turnUntil: v.optional(v.nullable(v.string())),
  version: v.number(),
});

/** Said wherever a null is compared: that an attribute which is absent differs from a null is documented nowhere. */
const IS_THERE = 'attribute_exists(id)';
/** Calls for the list that are made within this time share one read. */
const COALESCE_MS = 3;

/** The SDK takes an object for a class of its own where a label is named `constructor`; a map is always a map. */
function storable(fields: Subscription): Fields & { readonly version: number } {
  const { filter } = fields;
  if (filter.labels === undefined) return { ...fields };
  return { ...fields, filter: { ...filter, labels: new Map(Object.entries(filter.labels)) } };
}

/** The table `subscriptions`. */
export function makeSubscriptionStore(
  client: DynamoDBClient,
  table: string,
  unreadable: Reading['unreadable'],
): SubscriptionStore {
  const items = { client, table, unreadable };
  let shared: Promise<readonly Subscription[]> | null = null;
  return {
    list: () => {
      // Who comes after the read has begun may have seen a newer subscription: it gets a read of its own.
      shared ??= pause().then(() => {
        shared = null;
        return scan(items);
      });
      return shared;
    },
    get: (id) => get(items, id, subscription),
    create: async (fresh) => {
      const written = await put(items, storable(fresh), NEW);
      if (written === 'conflict') throw new Error(`There is a subscription ${fresh.id} already.`);
    },
    save: (changed) => putNext(items, storable(changed)),
    setCircuit: (id, { openUntil, failingSince }, was) =>
      update(items, id, {
        set: { openUntil, failingSince },
        add: { version: 1 },
        when: was ? `${IS_THERE} AND openUntil = :wasOpenUntil AND failingSince = :wasFailingSince` : IS_THERE,
        given: { wasOpenUntil: was?.openUntil, wasFailingSince: was?.failingSince },
      }),
    leaseProbe: (id, now, until) =>
      update(items, id, {
        set: { turnUntil: until },
        add: { version: 1 },
        when: `${IS_THERE} AND (attribute_not_exists(turnUntil) OR turnUntil = :none OR turnUntil <= :now)`,
        given: { now, none: null },
      }),
    setLastSuccess: (id, provenAt, was) =>
      update(items, id, {
        set: { provenAt, turnUntil: null },
        add: { version: 1 },
        when: was === undefined ? IS_THERE : `${IS_THERE} AND provenAt = :was`,
        given: { was },
      }),
    remove: async (id) => {
      const request = { TableName: table, Key: toItem({ id }), ReturnValues: 'ALL_OLD' } as const;
      return (await client.send(new DeleteItemCommand(request))).Attributes !== undefined;
    },
  };
}

async function scan({
  client,
  table,
  unreadable,
}: Table & Pick<Reading, 'unreadable'>): Promise<readonly Subscription[]> {
  const found: Subscription[] = [];
  const input = { TableName: table, ConsistentRead: true };
  for await (const { Items = [] } of pagesOf((from) => client.send(new ScanCommand({ ...input, ...from }))))
    found.push(...readableOf(subscription, Items, { table, unreadable }));
  return found;
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, COALESCE_MS));
}

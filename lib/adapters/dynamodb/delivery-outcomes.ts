import { QueryCommand } from '@aws-sdk/client-dynamodb';
import * as v from 'valibot';
import type { Clock } from '../../base/time.ts';
import { DELIVERY_STATES } from '../../deliver/delivery.ts';
import type { DeliveryOutcomes, MadeAt } from '../../deliver/ports.ts';
import { deliveryId } from './deliveries.ts';
import { type Item, pagesOf, type Table, toItem } from './items.ts';
import { getMany, type Reading, readableOf } from './read-many.ts';

/** What is read of a delivery where only its outcome is asked for: the event is the largest part of it. */
const outcome = v.object({
  id: v.string(),
  state: v.picklist(DELIVERY_STATES),
  createdAt: v.string(),
  endedAt: v.nullable(v.string()),
  earlierAttempts: v.number(),
});
const ATTRIBUTES = [...Object.keys(outcome.entries), 'expiresAt'];

/** Many deliveries at once, of the table `deliveries` and its index `bySubscription`. */
export function makeDeliveryOutcomes(options: Table & Reading & { readonly clock: Clock }): DeliveryOutcomes {
  const { client, table, clock } = options;
  const isAlive = (item: Item) => Number(item['expiresAt']?.N ?? 0) > Math.floor(clock() / 1000);
  return {
    idsSince: async (subscription, since, limit) => {
      const found: MadeAt[] = [];
      const query = {
        TableName: table,
        IndexName: 'bySubscription',
        KeyConditionExpression: 'subscription = :subscription AND createdAt >= :since',
        ExpressionAttributeValues: toItem({ ':subscription': subscription, ':since': since }),
        ScanIndexForward: false,
      };
      const next = (from: object) => client.send(new QueryCommand({ ...query, Limit: limit - found.length, ...from }));
      for await (const page of pagesOf(next)) {
        found.push(...(page.Items ?? []).map((item) => madeAt(subscription, item)));
        if (found.length >= limit) break;
      }
      return found;
    },
    outcomes: async (subscription, eventIds) => {
      const idOf = (eventId: string) => deliveryId(subscription, eventId);
      const { items, unread } = await getMany(options, eventIds.map(idOf), ATTRIBUTES);
      const alive = readableOf(outcome, [...items.values()].filter(isAlive), options);
      const found = new Map(alive.map(({ id, ...rest }) => [id, rest]));
      const read = eventIds.filter((eventId) => !unread.has(idOf(eventId)));
      return new Map(read.map((eventId) => [eventId, found.get(idOf(eventId)) ?? null]));
    },
  };
}

function madeAt(subscription: string, item: Item): MadeAt {
  return { eventId: item['id']?.S?.slice(subscription.length + 1) ?? '', createdAt: item['createdAt']?.S ?? '' };
}

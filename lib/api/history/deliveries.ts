import type { Log } from '../../base/log.ts';
import { type Iso, toMs } from '../../base/time.ts';
import { CALLBACKS } from '../../deliver/delivery.ts';
import type { DeliveryOutcome, DeliveryOutcomes, SubscriptionStore } from '../../deliver/ports.ts';
import { makeReadOnce } from '../read-once.ts';
import type { Sent } from './buckets.ts';
import type { Looked } from './ends.ts';

export interface SentPorts {
  readonly subscriptions: Pick<SubscriptionStore, 'list'>;
  readonly deliveries: DeliveryOutcomes;
  readonly log: Log;
}

/** Keys that one response goes through, in equal parts for the subscriptions. */
const IDS_MAX = 20_000;
/** Records that one response reads. */
const READS_MAX = 5000;

/**
 * Deliveries that were made since a time, to the subscriptions that there are now and to callbacks. One that was
 * delivered is read once; what waits or has failed is read again, since it may yet arrive.
 */
export function makeSent(ports: SentPorts): (since: Iso) => Promise<Looked<Sent>> {
  const outcomes = makeReadOnce<Sent>({
    read: (ids) => readSent(ports, ids),
    isFinal: ({ state }) => state === 'delivered',
    readsMax: READS_MAX,
    keptMax: 2 * IDS_MAX,
  });

  return async (since) => {
    const subscriptions = [CALLBACKS, ...(await ports.subscriptions.list()).map(({ id }) => id)];
    const max = Math.ceil(IDS_MAX / subscriptions.length);
    const made = await Promise.all(
      subscriptions.map(async (subscription) => {
        const found = await ports.deliveries.idsSince(subscription, since, max);
        return { ids: found.map(({ eventId }) => `${subscription}/${eventId}`), cutAt: cutAtOf(found, max) };
      }),
    );
    const cutAt = made
      .flatMap((one) => one.cutAt ?? [])
      .toSorted()
      .at(-1);
    const { facts, unread } = await outcomes.of(made.flatMap(({ ids }) => ids));
    return { rows: [...facts.values()], since: cutAt ?? since, isCut: cutAt !== undefined, unread };
  };
}

function cutAtOf(found: readonly { readonly createdAt: Iso }[], max: number): Iso | null {
  return found.length < max ? null : (found.at(-1)?.createdAt ?? null);
}

/** By `<subscription>/<event id>`. One subscription that can't be read hides no other. */
async function readSent(
  { deliveries, log }: SentPorts,
  ids: readonly string[],
): Promise<ReadonlyMap<string, Sent | null>> {
  const parts = Map.groupBy(ids, (id) => id.slice(0, id.indexOf('/')));
  const read = await Promise.allSettled(
    [...parts].map(async ([subscription, some]) => {
      const found = await deliveries.outcomes(
        subscription,
        some.map((id) => id.slice(subscription.length + 1)),
      );
      return [...found].map(([eventId, outcome]): [string, Sent | null] => [
        `${subscription}/${eventId}`,
        outcome === null ? null : sentOf(outcome),
      ]);
    }),
  );
  const fault = read.find((one) => one.status === 'rejected');
  if (fault !== undefined) log.warn('api.history', { reason: String(fault.reason) });
  return new Map(read.flatMap((one) => (one.status === 'fulfilled' ? one.value : [])));
}

/** What was sent again after its end tells nothing of how long the first sending took. */
export function sentOf({ state, createdAt, endedAt, earlierAttempts }: DeliveryOutcome): Sent {
  const atMs = toMs(createdAt);
  const isMeasured = state === 'delivered' && endedAt !== null && earlierAttempts === 0;
  return { state, atMs, delayMs: isMeasured ? Math.max(0, toMs(endedAt) - atMs) : null };
}

import { DELIVERY_KEPT_SECONDS } from '../../lib/base/retention.ts';
import { type Clock, toMs } from '../../lib/base/time.ts';
import type { Attempt, Delivery } from '../../lib/deliver/delivery.ts';
import {
  ATTEMPTS_KEPT,
  type DeliveryOutcome,
  type DeliveryOutcomes,
  type DeliveryStore,
} from '../../lib/deliver/ports.ts';

const KEPT_MS = DELIVERY_KEPT_SECONDS * 1000;

/** The store of deliveries in memory: passes the same suite as the real one. */
export function memoryDeliveries(
  clock: Clock,
): DeliveryStore & DeliveryOutcomes & { readonly all: () => readonly Delivery[] } {
  const records = new Map<string, Delivery>();
  const attempts = new Map<string, { attempt: Attempt; savedMs: number }[]>();
  const idOf = (subscription: string, eventId: string) => `${subscription}/${eventId}`;
  const lastMs = ({ createdAt, nextAttemptAt, endedAt }: Delivery) =>
    Math.max(toMs(createdAt), toMs(nextAttemptAt), endedAt === null ? 0 : toMs(endedAt));
  const isAlive = (record: Delivery) => lastMs(record) + KEPT_MS > clock();
  const alive = () => [...records.values()].filter(isAlive);
  const find = (subscription: string, eventId: string) => {
    const record = records.get(idOf(subscription, eventId));
    return record !== undefined && isAlive(record) ? record : null;
  };
  const waiting = (subscription: string) =>
    [...records.values()].filter(
      (record) => record.subscription === subscription && record.state === 'waiting' && isAlive(record),
    );
  return {
    all: alive,
    put: async (delivery) => {
      const stored = find(delivery.subscription, delivery.eventId);
      if (stored !== null) return { kind: 'conflict', stored };
      records.set(idOf(delivery.subscription, delivery.eventId), delivery);
      return { kind: 'saved' };
    },
    get: async (subscription, eventId) => find(subscription, eventId),
    save: async (delivery) => {
      const id = idOf(delivery.subscription, delivery.eventId);
      if (records.get(id)?.version !== delivery.version) return 'conflict';
      records.set(id, { ...delivery, version: delivery.version + 1 });
      return 'saved';
    },
    addAttempt: async (subscription, eventId, attempt) => {
      const id = idOf(subscription, eventId);
      const others = (attempts.get(id) ?? []).filter((entry) => entry.attempt.number !== attempt.number);
      attempts.set(id, [...others, { attempt, savedMs: clock() }]);
    },
    attempts: async (subscription, eventId) => {
      const newest = find(subscription, eventId)?.attempts ?? 0;
      return (attempts.get(idOf(subscription, eventId)) ?? [])
        .filter(
          ({ attempt: { number }, savedMs }) =>
            savedMs + KEPT_MS > clock() && number <= newest && number > newest - ATTEMPTS_KEPT,
        )
        .map(({ attempt }) => attempt)
        .sort((a, b) => b.number - a.number);
    },
    list: async (subscription, { limit, after }) => {
      const place = (createdAt: string, eventId: string) => `${createdAt} ${eventId}`;
      return alive()
        .filter((record) => record.subscription === subscription)
        .filter(
          ({ createdAt, eventId }) => after === null || place(createdAt, eventId) < place(after.createdAt, after.id),
        )
        .sort((a, b) => (place(a.createdAt, a.eventId) < place(b.createdAt, b.eventId) ? 1 : -1))
        .slice(0, limit);
    },
    idsSince: async (subscription, since, limit) =>
      alive()
        .filter((record) => record.subscription === subscription && record.createdAt >= since)
        .sort((a, b) => (a.createdAt < b.createdAt ? 1 : -1))
        .slice(0, limit)
        .map(({ eventId, createdAt }) => ({ eventId, createdAt })),
    outcomes: async (subscription, eventIds) =>
      new Map(eventIds.map((eventId) => [eventId, outcomeOf(find(subscription, eventId))])),
    waitingCount: async (subscription, limit) => Math.min(waiting(subscription).length, limit),
    overdue: async (subscription, before, limit) =>
      waiting(subscription)
        .filter(({ nextAttemptAt }) => nextAttemptAt < before)
        .sort((a, b) => (a.nextAttemptAt < b.nextAttemptAt ? -1 : 1))
        .slice(0, limit),
  };
}

function outcomeOf(record: Delivery | null): DeliveryOutcome | null {
  if (record === null) return null;
  const { state, createdAt, endedAt, earlierAttempts } = record;
  return { state, createdAt, endedAt, earlierAttempts };
}

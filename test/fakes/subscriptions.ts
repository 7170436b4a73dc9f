import type { SubscriptionStore } from '../../lib/deliver/ports.ts';
import type { Subscription } from '../../lib/deliver/subscription.ts';

/** The store of subscriptions in memory: passes the same suite as the real one. */
export function memorySubscriptions(...initial: readonly Subscription[]): SubscriptionStore {
  const stored = new Map(initial.map((subscription) => [subscription.id, subscription]));
  return {
    list: async () => [...stored.values()],
    get: async (id) => stored.get(id) ?? null,
    create: async (subscription) => {
      if (stored.has(subscription.id)) throw new Error(`the subscription ${subscription.id} exists`);
      stored.set(subscription.id, subscription);
    },
    save: async (subscription) => {
      if (stored.get(subscription.id)?.version !== subscription.version) return 'conflict';
      stored.set(subscription.id, { ...subscription, version: subscription.version + 1 });
      return 'saved';
    },
    setCircuit: async (id, circuit, was) => {
      const before = stored.get(id);
      if (before === undefined) return 'conflict';
      const changed =
        was !== undefined && (before.openUntil !== was.openUntil || before.failingSince !== was.failingSince);
      if (changed) return 'conflict';
      stored.set(id, { ...before, ...circuit, version: before.version + 1 });
      return 'saved';
    },
    leaseProbe: async (id, now, until) => {
      const before = stored.get(id);
      if (before === undefined || (typeof before.turnUntil === 'string' && before.turnUntil > now)) return 'conflict';
      stored.set(id, { ...before, turnUntil: until, version: before.version + 1 });
      return 'saved';
    },
    setLastSuccess: async (id, provenAt, was) => {
      const before = stored.get(id);
      if (before === undefined || (was !== undefined && before.provenAt !== was)) return 'conflict';
      stored.set(id, { ...before, provenAt, turnUntil: null, version: before.version + 1 });
      return 'saved';
    },
    remove: async (id) => stored.delete(id),
  };
}

export function aSubscription(fields: Partial<Subscription> = {}): Subscription {
  return {
    id: 'sub_a',
    kind: 'webhook',
    format: 'cloudevents',
    url: 'https://hooks.example.com/a',
    types: [],
    filter: {},
    description: '',
    createdAt: '2026-11-01T00:00:00.000Z',
    state: 'active',
    disabled: null,
    openUntil: null,
    failingSince: null,
    version: 1,
    ...fields,
  };
}

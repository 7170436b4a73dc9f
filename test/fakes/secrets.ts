import type { SecretStore, Secrets } from '../../lib/deliver-stores.ts';

/** The store of signing secrets in memory: passes the same suite as the real one. */
export function memorySecrets(initial: Readonly<Record<string, Secrets>> = {}): SecretStore {
  const stored = new Map(Object.entries(initial));
  return {
    get: async (subscription) => stored.get(subscription) ?? null,
    create: async (subscription, secret) => {
      if (stored.has(subscription)) throw new Error(`the subscription ${subscription} has a secret`);
      stored.set(subscription, { current: secret, previous: null });
    },
    rotate: async (subscription, secret, previousUntil) => {
      const before = stored.get(subscription);
      if (before === undefined) throw new Error(`the subscription ${subscription} has no secret to rotate`);
      stored.set(subscription, { current: secret, previous: { secret: before.current, until: previousUntil } });
    },
    remove: async (subscription) => {
      stored.delete(subscription);
    },
  };
}

import { rotated, type SecretStore, type Secrets } from '../../lib/deliver/ports.ts';

/** The store of signing secrets in memory: passes the same suite as the real one. */
export function memorySecrets(initial: Readonly<Record<string, Secrets>> = {}): SecretStore {
  const stored = new Map(Object.entries(initial));
  return {
    get: async (subscription) => stored.get(subscription) ?? null,
    create: async (subscription, secret) => {
      if (stored.has(subscription)) throw new Error(`the subscription ${subscription} has a secret`);
      stored.set(subscription, { current: secret, previous: null });
    },
    rotate: async (subscription, secret, previousUntil, now) => {
      const before = stored.get(subscription);
      if (before === undefined) throw new Error(`the subscription ${subscription} has no secret to rotate`);
      const next = rotated(before, secret, { previousUntil, now });
      if ('kind' in next) return next;
      stored.set(subscription, next);
      return { kind: 'rotated' };
    },
    remove: async (subscription) => {
      stored.delete(subscription);
    },
  };
}

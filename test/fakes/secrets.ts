import { OLDER_SECRETS_MAX, type SecretStore, type Secrets } from '../../lib/deliver/ports.ts';

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
      const replaced = before.previous === null ? [] : [before.previous, ...(before.older ?? [])];
      const previous = { secret: before.current, until: previousUntil };
      stored.set(subscription, { current: secret, previous, older: replaced.slice(0, OLDER_SECRETS_MAX) });
    },
    remove: async (subscription) => {
      stored.delete(subscription);
    },
  };
}

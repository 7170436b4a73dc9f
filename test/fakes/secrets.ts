import { type EndpointSecrets, rotated, type SecretStore, type Secrets } from '../../lib/deliver/ports.ts';

/** The store of signing secrets in memory: passes the same suite as the real one. */
export function memorySecrets(initial: Readonly<Record<string, Secrets>> = {}): SecretStore {
  const stored = new Map(Object.entries(initial));
  return {
    get: async (subscription) => stored.get(subscription) ?? null,
    create: async (subscription, secret, endpoint = {}) => {
      if (stored.has(subscription)) throw new Error(`the subscription ${subscription} has a secret`);
      stored.set(subscription, { current: secret, previous: null, ...given(endpoint) });
    },
    change: async (subscription, endpoint) => {
      const before = stored.get(subscription);
      if (before === undefined) return 'conflict';
      stored.set(subscription, { ...before, ...given(endpoint) });
      return 'saved';
    },
    rotate: async (subscription, secret, previousUntil, now) => {
      const before = stored.get(subscription);
      if (before === undefined || before.current === null)
        throw new Error(`the subscription ${subscription} has no secret to rotate`);
      const next = rotated({ ...before, current: before.current }, secret, { previousUntil, now });
      if ('kind' in next) return next;
      stored.set(subscription, { ...before, ...next });
      return { kind: 'rotated' };
    },
    remove: async (subscription) => {
      stored.delete(subscription);
    },
  };
}

function given(endpoint: EndpointSecrets): EndpointSecrets {
  return Object.fromEntries(Object.entries(endpoint).filter(([, value]) => value !== undefined));
}

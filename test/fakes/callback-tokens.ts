import { CALLBACK_TOKEN_KEPT_SECONDS } from '../../lib/base/retention.ts';
import { type CallbackRequest, callbackHash, tokenOf } from '../../lib/job/callbacks.ts';

/** Tokens of callbacks in memory: passes the same suite as the real store. */
export function memoryCallbackTokens(clock: () => number) {
  const stored = new Map<string, { token: string; untilMs: number }>();
  return {
    stored,
    keep: async (requests: readonly CallbackRequest[]) => {
      const untilMs = clock() + CALLBACK_TOKEN_KEPT_SECONDS * 1000;
      for (const request of requests) stored.set(callbackHash(request), { token: tokenOf(request), untilMs });
    },
    read: async (hash: string) => {
      const found = stored.get(hash);
      return found === undefined || found.untilMs <= clock() ? null : found.token;
    },
  };
}

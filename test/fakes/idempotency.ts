import type { IdempotencyRecord, IdempotencyStore } from '../../lib/api/http/idempotency.ts';

export function memoryIdempotency(): IdempotencyStore & { all(): readonly IdempotencyRecord[] } {
  const records = new Map<string, IdempotencyRecord>();
  return {
    get: async (id) => records.get(id) ?? null,
    put: async (next) => {
      if ((records.get(next.id)?.version ?? 0) !== next.version) return 'conflict';
      records.set(next.id, { ...next, version: next.version + 1 });
      return 'saved';
    },
    all: () => [...records.values()],
  };
}

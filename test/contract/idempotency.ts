import { expect, test } from 'vitest';
import type { IdempotencyRecord, IdempotencyStore } from '../../lib/api/http/idempotency.ts';
import { START_MS } from '../fakes/clock.ts';

/** What every store of idempotency keys keeps to. */
export function idempotencyContract(makeStore: () => IdempotencyStore): void {
  const fresh = (): IdempotencyRecord => ({
    id: `idem#ci#${crypto.randomUUID()}`,
    version: 0,
    request: 'ab',
    subject: 'sub_1',
    done: false,
    leaseUntilMs: START_MS + 60_000,
    expiresAtMs: START_MS + 86_400_000,
  });

  test('a key is unknown until it is written, and then read back', async () => {
    const store = makeStore();
    const record = fresh();
    expect(await store.get(record.id)).toBeNull();
    expect(await store.put(record)).toBe('saved');
    expect(await store.get(record.id)).toEqual({ ...record, version: 1 });
  });

  test('of two writes of one version the second fails', async () => {
    const store = makeStore();
    const record = fresh();
    const both = await Promise.all([store.put(record), store.put({ ...record, subject: 'sub_2' })]);
    expect(both.toSorted()).toEqual(['conflict', 'saved']);
    expect(await store.put({ ...record, version: 1, done: true })).toBe('saved');
    expect(await store.get(record.id)).toMatchObject({ version: 2, done: true });
  });
}

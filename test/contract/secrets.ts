import { expect, test } from 'vitest';
import type { SecretStore } from '../../lib/deliver-stores.ts';

/** What every store of signing secrets keeps to. Tests share a store and use subscriptions of their own. */
export function secretsContract(makeStore: () => SecretStore): void {
  const anId = () => `sub_${crypto.randomUUID().slice(0, 8)}`;
  const until = '2026-11-21T10:00:00.000Z';

  test('a first secret stands alone', async () => {
    const [store, id] = [makeStore(), anId()];
    expect(await store.get(id)).toBeNull();
    await store.create(id, 'whsec_one');
    expect(await store.get(id)).toEqual({ current: 'whsec_one', previous: null });
  });

  test('a first secret is stored once', async () => {
    const [store, id] = [makeStore(), anId()];
    await store.create(id, 'whsec_one');
    await expect(store.create(id, 'whsec_two')).rejects.toThrow();
    expect((await store.get(id))?.current).toBe('whsec_one');
  });

  test('a rotation keeps the secret before it, and the next rotation drops that', async () => {
    const [store, id] = [makeStore(), anId()];
    await store.create(id, 'whsec_one');
    await store.rotate(id, 'whsec_two', until);
    expect(await store.get(id)).toEqual({ current: 'whsec_two', previous: { secret: 'whsec_one', until } });
    await store.rotate(id, 'whsec_three', until);
    expect(await store.get(id)).toEqual({ current: 'whsec_three', previous: { secret: 'whsec_two', until } });
  });

  test('what is not there is not rotated, and what is removed is gone', async () => {
    const [store, id] = [makeStore(), anId()];
    await expect(store.rotate(id, 'whsec_two', until)).rejects.toThrow();
    await store.create(id, 'whsec_one');
    await store.remove(id);
    expect(await store.get(id)).toBeNull();
  });
}

import { expect, test } from 'vitest';
import type { SecretStore } from '../../lib/deliver/ports.ts';

/** What every store of signing secrets keeps to. Tests share a store and use subscriptions of their own. */
export function secretsContract(makeStore: () => SecretStore): void {
  const anId = () => `sub_${crypto.randomUUID().slice(0, 8)}`;
  const until = '2026-11-21T10:00:00.000Z';
  const now = '2026-11-20T10:00:00.000Z';

  test('a first secret stands alone', async () => {
    const [store, id] = [makeStore(), anId()];
    expect(await store.get(id)).toBeNull();
    await store.create(id, 'whsec_one');
    expect(await store.get(id)).toEqual({ current: 'whsec_one', previous: null });
  });

  test('what is secret of an endpoint is kept beside it, and changed without it', async () => {
    const [store, id] = [makeStore(), anId()];
    const headers = { authorization: 'Bearer a', constructor: 'b' };
    await store.create(id, 'whsec_1', { headers });
    expect(await store.get(id)).toEqual({ current: 'whsec_1', previous: null, headers });
    expect(await store.change(id, { headers: { 'x-a': '1' } })).toBe('saved');
    await store.rotate(id, 'whsec_2', until, now);
    expect(await store.get(id)).toMatchObject({ current: 'whsec_2', headers: { 'x-a': '1' } });
    expect(await store.change(anId(), { headers: {} })).toBe('conflict');
  });

  test('a robot has its URL and no secret to sign or rotate', async () => {
    const [store, id] = [makeStore(), anId()];
    await store.create(id, null, { url: 'https://robot.example/?key=a', robotSecret: 'SEC1' });
    await store.change(id, { url: 'https://robot.example/?key=b', robotSecret: null });
    expect(await store.get(id)).toEqual({
      ...{ current: null, previous: null },
      ...{ url: 'https://robot.example/?key=b', robotSecret: null },
    });
    await expect(store.rotate(id, 'whsec_1', until, now)).rejects.toThrow();
  });

  test('a first secret is stored once', async () => {
    const [store, id] = [makeStore(), anId()];
    await store.create(id, 'whsec_one');
    await expect(store.create(id, 'whsec_two')).rejects.toThrow();
    expect((await store.get(id))?.current).toBe('whsec_one');
  });

  test('a rotation keeps the secrets before it, and is refused while the oldest of four still signs', async () => {
    const [store, id] = [makeStore(), anId()];
    const old = (secret: string) => ({ secret, until });
    await store.create(id, 'whsec_1');
    expect(await store.rotate(id, 'whsec_2', until, now)).toEqual({ kind: 'rotated' });
    expect(await store.get(id)).toEqual({ current: 'whsec_2', previous: old('whsec_1'), older: [] });
    for (const secret of ['whsec_3', 'whsec_4', 'whsec_5']) await store.rotate(id, secret, until, now);
    const full = { current: 'whsec_5', previous: old('whsec_4'), older: ['whsec_3', 'whsec_2', 'whsec_1'].map(old) };
    expect(await store.get(id)).toEqual(full);
    expect(await store.rotate(id, 'whsec_6', until, now)).toEqual({ kind: 'full', until });
    expect(await store.get(id)).toEqual(full);
  });

  test('a rotation drops the secrets that sign no more', async () => {
    const [store, id] = [makeStore(), anId()];
    await store.create(id, 'whsec_1');
    for (const secret of ['whsec_2', 'whsec_3', 'whsec_4', 'whsec_5']) await store.rotate(id, secret, until, now);
    expect(await store.rotate(id, 'whsec_6', '2026-11-22T10:00:00.000Z', until)).toEqual({ kind: 'rotated' });
    const previous = { secret: 'whsec_5', until: '2026-11-22T10:00:00.000Z' };
    expect(await store.get(id)).toEqual({ current: 'whsec_6', previous, older: [] });
  });

  test('of two rotations at once both secrets sign', async () => {
    const [store, id] = [makeStore(), anId()];
    await store.create(id, 'whsec_1');
    await Promise.all([store.rotate(id, 'whsec_2', until, now), store.rotate(id, 'whsec_3', until, now)]);
    const { current, previous, older } = (await store.get(id)) ?? {};
    expect([current, previous?.secret].sort()).toEqual(['whsec_2', 'whsec_3']);
    expect(older).toEqual([{ secret: 'whsec_1', until }]);
  });

  test('what is not there is not rotated, and what is removed is gone', async () => {
    const [store, id] = [makeStore(), anId()];
    await expect(store.rotate(id, 'whsec_two', until, now)).rejects.toThrow();
    await store.create(id, 'whsec_one');
    await store.remove(id);
    expect(await store.get(id)).toBeNull();
  });
}

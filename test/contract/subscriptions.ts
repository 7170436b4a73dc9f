import { expect, test } from 'vitest';
import type { SubscriptionStore } from '../../lib/deliver/ports.ts';
import { aSubscription } from '../fakes/subscriptions.ts';

const CLOSED = { openUntil: null, failingSince: null };
const OPEN = { openUntil: '2026-11-20T10:05:00.000Z', failingSince: '2026-11-20T10:00:00.000Z' };

/** What every store of subscriptions keeps to. Tests share a store and use ids of their own. */
export function subscriptionsContract(makeStore: () => SubscriptionStore): void {
  const anId = () => `sub_${crypto.randomUUID().slice(0, 8)}`;

  test('a subscription is read back as it was created, in the list too', async () => {
    const store = makeStore();
    const filter = { api: 'huawei.elb.v3', labels: { team: 'net' } };
    const subscription = aSubscription({ id: anId(), types: ['jobwatch.job.*'], filter, ...OPEN });
    await store.create(subscription);
    expect(await store.get(subscription.id)).toEqual(subscription);
    expect(await store.list()).toContainEqual(subscription);
    expect(await store.get(anId())).toBeNull();
  });

  test('a filter keeps labels that are named like a member of an object', async () => {
    const store = makeStore();
    const labels = { constructor: 'a', toString: 'b', prototype: 'c', hasOwnProperty: 'd' };
    const subscription = aSubscription({ id: anId(), filter: { labels } });
    await store.create(subscription);
    expect((await store.get(subscription.id))?.filter).toEqual({ labels });
    expect(await store.save({ ...subscription, description: 'changed' })).toBe('saved');
    expect((await store.list()).find(({ id }) => id === subscription.id)?.filter).toEqual({ labels });
  });

  test('an id is created once', async () => {
    const store = makeStore();
    const subscription = aSubscription({ id: anId() });
    await store.create(subscription);
    await expect(store.create({ ...subscription, url: 'https://other.example.com/' })).rejects.toThrow();
    expect(await store.get(subscription.id)).toEqual(subscription);
  });

  test('of two saves of one version the second is a conflict, and a removed subscription stays removed', async () => {
    const store = makeStore();
    const subscription = aSubscription({ id: anId() });
    await store.create(subscription);
    const disabled = { at: '2026-11-20T10:00:00.000Z', by: 'jobwatch' as const, reason: 'gone' };
    expect(await store.save({ ...subscription, state: 'disabled', disabled })).toBe('saved');
    expect(await store.save({ ...subscription, url: 'https://other.example.com/' })).toBe('conflict');
    expect(await store.get(subscription.id)).toEqual({ ...subscription, state: 'disabled', disabled, version: 2 });
    await store.remove(subscription.id);
    expect(await store.save({ ...subscription, version: 2 })).toBe('conflict');
    expect(await store.get(subscription.id)).toBeNull();
  });

  test('the circuit is written whatever the version, and raises it', async () => {
    const store = makeStore();
    const subscription = aSubscription({ id: anId(), version: 7 });
    await store.create(subscription);
    expect(await store.setCircuit(subscription.id, OPEN)).toBe('saved');
    expect(await store.get(subscription.id)).toEqual({ ...subscription, ...OPEN, version: 8 });
    expect(await store.save(subscription)).toBe('conflict');
  });

  test('a circuit that has changed since is not written', async () => {
    const store = makeStore();
    const subscription = aSubscription({ id: anId() });
    await store.create(subscription);
    expect(await store.setCircuit(subscription.id, OPEN, { ...CLOSED, failingSince: OPEN.failingSince })).toBe(
      'conflict',
    );
    expect(await store.setCircuit(subscription.id, OPEN, CLOSED)).toBe('saved');
    expect(await store.setCircuit(subscription.id, OPEN, CLOSED)).toBe('conflict');
    expect(await store.setCircuit(subscription.id, CLOSED, OPEN)).toBe('saved');
    expect(await store.get(subscription.id)).toEqual({ ...subscription, version: 3 });
  });

  test('a probe lease is taken by one, until it is over or the endpoint has answered', async () => {
    const store = makeStore();
    const subscription = aSubscription({ id: anId() });
    await store.create(subscription);
    const [now, soon, later] = ['2026-11-20T10:00:00.000Z', '2026-11-20T10:00:30.000Z', '2026-11-20T10:01:00.000Z'];
    expect(await store.leaseProbe(subscription.id, now, soon)).toBe('saved');
    expect(await store.leaseProbe(subscription.id, now, later)).toBe('conflict');
    expect(await store.leaseProbe(subscription.id, soon, later)).toBe('saved');
    expect(await store.setLastSuccess(subscription.id, soon)).toBe('saved');
    expect(await store.get(subscription.id)).toEqual({ ...subscription, provenAt: soon, turnUntil: null, version: 4 });
    expect(await store.leaseProbe(subscription.id, now, soon)).toBe('saved');
    expect(await store.setLastSuccess(subscription.id, null, now)).toBe('conflict');
    expect(await store.setLastSuccess(subscription.id, null, soon)).toBe('saved');
    expect(await store.setLastSuccess(subscription.id, null, soon)).toBe('conflict');
    expect(await store.get(subscription.id)).toEqual({ ...subscription, provenAt: null, turnUntil: null, version: 6 });
  });

  test('a probe lease and a last success make no subscription', async () => {
    const [store, id] = [makeStore(), anId()];
    expect(await store.leaseProbe(id, OPEN.failingSince, OPEN.openUntil)).toBe('conflict');
    expect(await store.setLastSuccess(id, OPEN.openUntil)).toBe('conflict');
    expect(await store.setLastSuccess(id, null, OPEN.openUntil)).toBe('conflict');
    expect(await store.get(id)).toBeNull();
  });

  test('a circuit makes no subscription', async () => {
    const store = makeStore();
    const id = anId();
    expect(await store.setCircuit(id, OPEN)).toBe('conflict');
    expect(await store.setCircuit(id, OPEN, CLOSED)).toBe('conflict');
    expect(await store.get(id)).toBeNull();
  });
}

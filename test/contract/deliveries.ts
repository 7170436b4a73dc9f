import { expect, test } from 'vitest';
import { toIso, toMs } from '../../lib/base/time.ts';
import { type Attempt, type Delivery, end } from '../../lib/deliver/delivery.ts';
import type { DeliveryOutcomes, DeliveryStore } from '../../lib/deliver/ports.ts';

const START = toMs('2026-11-20T10:00:00.000Z');
const DAY_MS = 24 * 3_600_000;

/**
 * What every store of deliveries keeps to. The store reads the clock that is handed in; each test uses subscriptions of
 * its own.
 */
export function deliveriesContract(makeStore: (clock: () => number) => DeliveryStore & DeliveryOutcomes): void {
  const setUp = () => {
    const time = { nowMs: START };
    const subscription = `sub_${crypto.randomUUID().slice(0, 8)}`;
    const aDelivery = (fields: Partial<Delivery> = {}): Delivery => ({
      subscription,
      eventId: 'evt_1',
      eventType: 'jobwatch.job.succeeded',
      eventJson: '{"id":"evt_1"}',
      state: 'waiting',
      reason: null,
      owner: null,
      round: 0,
      attempts: 0,
      earlierAttempts: 0,
      unfinished: 0,
      createdAt: toIso(START),
      nextAttemptAt: toIso(START),
      endedAt: null,
      version: 1,
      ...fields,
    });
    return { time, subscription, aDelivery, store: makeStore(() => time.nowMs) };
  };
  const anAttempt = (number: number, fields: Partial<Attempt> = {}): Attempt => ({
    number,
    at: toIso(START + number * 1000),
    status: 503,
    durationMs: 12,
    error: 'the endpoint answered 503',
    answer: 'busy',
    ...fields,
  });

  test('a delivery that was put is read back as it was', async () => {
    const { store, subscription, aDelivery } = setUp();
    expect(await store.put(aDelivery())).toEqual({ kind: 'saved' });
    expect(await store.get(subscription, 'evt_1')).toEqual(aDelivery());
    expect(await store.get(subscription, 'evt_2')).toBeNull();
  });

  test('a second put changes nothing and answers what is stored', async () => {
    const { store, aDelivery } = setUp();
    await store.put(aDelivery({ owner: 'm1' }));
    const written = await store.put(aDelivery({ eventJson: 'other' }));
    expect(written).toEqual({ kind: 'conflict', stored: aDelivery({ owner: 'm1' }) });
  });

  test('of two saves of one version the second is a conflict', async () => {
    const { store, subscription, aDelivery } = setUp();
    await store.put(aDelivery());
    expect(await store.save(aDelivery({ owner: 'm1' }))).toBe('saved');
    expect(await store.save(aDelivery({ owner: 'm2' }))).toBe('conflict');
    expect(await store.get(subscription, 'evt_1')).toEqual(aDelivery({ owner: 'm1', version: 2 }));
  });

  test('a delivery that does not exist is not made by a save', async () => {
    const { store, subscription, aDelivery } = setUp();
    expect(await store.save(aDelivery())).toBe('conflict');
    expect(await store.get(subscription, 'evt_1')).toBeNull();
  });

  test('a delivery is kept for 30 days from its end, and then it may be put anew', async () => {
    const { store, time, subscription, aDelivery } = setUp();
    await store.put(aDelivery());
    await store.save(end(aDelivery(), 'delivered', null, toIso(START + 5 * DAY_MS)));
    time.nowMs = START + 34 * DAY_MS;
    expect(await store.get(subscription, 'evt_1')).not.toBeNull();
    time.nowMs = START + 36 * DAY_MS;
    expect(await store.get(subscription, 'evt_1')).toBeNull();
    expect(await store.list(subscription, { limit: 10, after: null })).toEqual([]);
    expect(await store.put(aDelivery({ createdAt: toIso(time.nowMs) }))).toEqual({ kind: 'saved' });
  });

  test('attempts are read newest first, the newest 20', async () => {
    const { store, subscription, aDelivery } = setUp();
    await store.put(aDelivery({ attempts: 23 }));
    for (let number = 1; number <= 23; number += 1) await store.addAttempt(subscription, 'evt_1', anAttempt(number));
    const numbers = (await store.attempts(subscription, 'evt_1')).map(({ number }) => number);
    expect(numbers).toEqual(Array.from({ length: 20 }, (_, at) => 23 - at));
  });

  test('an attempt that was cut off leaves a gap, and one without an answer keeps its nulls', async () => {
    const { store, subscription, aDelivery } = setUp();
    await store.put(aDelivery({ attempts: 3 }));
    const silent = anAttempt(3, { status: null, error: 'timeout: no answer', answer: '' });
    await store.addAttempt(subscription, 'evt_1', anAttempt(1));
    await store.addAttempt(subscription, 'evt_1', silent);
    expect(await store.attempts(subscription, 'evt_1')).toEqual([silent, anAttempt(1)]);
    expect(await store.attempts(subscription, 'evt_2')).toEqual([]);
  });

  test('a list runs from the newest to the oldest, page by page, without attempts and others', async () => {
    const { store, subscription, aDelivery } = setUp();
    for (let at = 0; at < 5; at += 1) {
      await store.put(aDelivery({ eventId: `evt_${at}`, createdAt: toIso(START + at), attempts: 1 }));
      await store.addAttempt(subscription, `evt_${at}`, anAttempt(1));
    }
    const first = await store.list(subscription, { limit: 3, after: null });
    expect(first.map(({ eventId }) => eventId)).toEqual(['evt_4', 'evt_3', 'evt_2']);
    const after = { createdAt: toIso(START + 2), id: 'evt_2' };
    const second = await store.list(subscription, { limit: 3, after });
    expect(second.map(({ eventId }) => eventId)).toEqual(['evt_1', 'evt_0']);
    expect(await store.list('sub_other', { limit: 3, after: null })).toEqual([]);
  });

  test('a page is full though what has expired lies between', async () => {
    const { store, time, subscription, aDelivery } = setUp();
    await store.put(aDelivery({ eventId: 'evt_old' }));
    await store.save(end(aDelivery({ eventId: 'evt_old' }), 'delivered', null, toIso(START + 5 * DAY_MS)));
    const next = toIso(START + DAY_MS);
    await store.put(aDelivery({ eventId: 'evt_expired', createdAt: next, nextAttemptAt: next }));
    time.nowMs = START + 32 * DAY_MS;
    const page = await store.list(subscription, { limit: 1, after: null });
    expect(page.map(({ eventId }) => eventId)).toEqual(['evt_old']);
  });

  test('only what waits is counted, up to the limit', async () => {
    const { store, time, subscription, aDelivery } = setUp();
    for (let at = 0; at < 4; at += 1) await store.put(aDelivery({ eventId: `evt_${at}` }));
    await store.save(end(aDelivery({ eventId: 'evt_0' }), 'delivered', null, toIso(START)));
    expect(await store.waitingCount(subscription, 10)).toBe(3);
    time.nowMs += 60_000;
    expect(await store.waitingCount(subscription, 2)).toBe(2);
  });

  test('overdue are those that wait and were due before the time, the longest overdue first', async () => {
    const { store, subscription, aDelivery } = setUp();
    const due = (eventId: string, afterMs: number) => aDelivery({ eventId, nextAttemptAt: toIso(START + afterMs) });
    for (const delivery of [due('evt_c', 3), due('evt_a', 1), due('evt_b', 2), due('evt_d', 9)])
      await store.put(delivery);
    await store.save(end(due('evt_b', 2), 'canceled', 'gone', toIso(START)));
    const overdue = await store.overdue(subscription, toIso(START + 5), 10);
    expect(overdue.map(({ eventId }) => eventId)).toEqual(['evt_a', 'evt_c']);
    expect((await store.overdue(subscription, toIso(START + 5), 1)).map(({ eventId }) => eventId)).toEqual(['evt_a']);
  });

  test('ids since a time run from the newest on, up to the limit, and are those of one subscription', async () => {
    const { store, subscription, aDelivery } = setUp();
    for (let at = 0; at < 5; at += 1)
      await store.put(aDelivery({ eventId: `evt_${at}`, createdAt: toIso(START + at) }));
    const since = (afterMs: number, limit: number) => store.idsSince(subscription, toIso(START + afterMs), limit);
    expect(await since(3, 10)).toEqual([
      { eventId: 'evt_4', createdAt: toIso(START + 4) },
      { eventId: 'evt_3', createdAt: toIso(START + 3) },
    ]);
    expect((await since(0, 3)).map(({ eventId }) => eventId)).toEqual(['evt_4', 'evt_3', 'evt_2']);
    expect(await since(5, 3)).toEqual([]);
    expect(await store.idsSince('sub_other', toIso(START), 3)).toEqual([]);
  });

  test('outcomes are those of the records, and null for what is not there or has expired', async () => {
    const { store, time, subscription, aDelivery } = setUp();
    await store.put(aDelivery({ eventId: 'evt_gone' }));
    time.nowMs = START + 31 * DAY_MS;
    const now = toIso(time.nowMs);
    const fresh = { createdAt: now, nextAttemptAt: now };
    await store.put(aDelivery({ eventId: 'evt_waits', ...fresh }));
    await store.put(end(aDelivery({ eventId: 'evt_sent', ...fresh, earlierAttempts: 2 }), 'delivered', null, now));
    const outcomes = await store.outcomes(subscription, ['evt_waits', 'evt_sent', 'evt_gone', 'evt_none']);
    expect(Object.fromEntries(outcomes)).toEqual({
      evt_waits: { state: 'waiting', createdAt: now, endedAt: null, earlierAttempts: 0 },
      evt_sent: { state: 'delivered', createdAt: now, endedAt: now, earlierAttempts: 2 },
      evt_gone: null,
      evt_none: null,
    });
    expect(await store.outcomes(subscription, [])).toEqual(new Map());
  });
}

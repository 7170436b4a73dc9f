import { expect, test } from 'vitest';
import { toIso } from '../../lib/base/time.ts';
import { type DeadMessage, removeSettled } from '../../lib/deliver/dead.ts';
import { type Delivery, end, newDelivery, reopen } from '../../lib/deliver/delivery.ts';
import { memoryDeliveries } from '../fakes/deliveries.ts';
import { aSubscription, memorySubscriptions } from '../fakes/subscriptions.ts';
import { anEvent, START_MS } from '../fakes/webhook-world.ts';

const NOW = toIso(START_MS);
const fresh = newDelivery('sub_a', anEvent({ id: 'evt_1' }), '{}', NOW);
const exhausted = end(fresh, 'exhausted', 'all attempts have failed', NOW);
const again = { ...reopen(exhausted, NOW), round: 1 };

/** A dead queue that hides what was received until it is given back. */
function deadQueue(...bodies: readonly unknown[]) {
  const messages = bodies.map((body, index) => ({
    receiptHandle: String(index),
    body: typeof body === 'string' ? body : JSON.stringify(body),
  }));
  const visible: DeadMessage[] = [...messages];
  const removed: string[] = [];
  return {
    visible,
    removed,
    receive: async () => visible.splice(0, 10),
    remove: async (handle: string) => void removed.push(handle),
    release: async (handle: string) => void visible.push(...messages.filter((one) => one.receiptHandle === handle)),
  };
}

async function run(dead: ReturnType<typeof deadQueue>, records: readonly Delivery[], limit = 100) {
  const deliveries = memoryDeliveries(() => START_MS);
  for (const record of records) await deliveries.put(record);
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const subscriptions = memorySubscriptions(aSubscription({ id: 'sub_a' }));
  return removeSettled({ dead, deliveries, subscriptions, log }, limit);
}

const MESSAGE = { subscription: 'sub_a', eventId: 'evt_1', round: 0 };

test.each<[string, unknown, readonly Delivery[], number]>([
  ['still exhausted', MESSAGE, [exhausted], 0],
  ['delivered by a redelivery', MESSAGE, [end(again, 'delivered', null, NOW)], 1],
  ['begun anew and under way', MESSAGE, [again], 1],
  ['begun anew, exhausted again', MESSAGE, [end(again, 'exhausted', 'none left', NOW)], 1],
  ['that second end itself', { ...MESSAGE, round: 1 }, [end(again, 'exhausted', 'none left', NOW)], 0],
  ['put back and delivered', MESSAGE, [end(fresh, 'delivered', null, NOW)], 1],
  ['put back and waiting', MESSAGE, [fresh], 0],
  ['canceled', MESSAGE, [end(fresh, 'canceled', 'disabled', NOW)], 1],
  ['without a record', MESSAGE, [], 0],
  ['of a subscription that is gone', { ...MESSAGE, subscription: 'sub_gone' }, [], 1],
  ['not a delivery message', '{"a":1}', [], 0],
])('a dead message %s', async (_, body, records, removed) => {
  const dead = deadQueue(body);
  expect(await run(dead, records)).toBe(removed);
  expect([dead.removed.length, dead.visible.length]).toEqual([removed, 1 - removed]);
});

test('what is kept is given back, also where the queue fails half-way, and no more is looked at than the limit', async () => {
  const dead = deadQueue(...Array.from({ length: 35 }, () => MESSAGE));
  expect(await run(dead, [exhausted], 20)).toBe(0);
  expect(dead.visible).toHaveLength(35);
  const receive = dead.receive;
  let calls = 0;
  const failing = Object.assign(dead, {
    receive: async () => {
      calls += 1;
      if (calls > 2) throw new Error('throttled');
      return receive();
    },
  });
  await expect(run(failing, [exhausted])).rejects.toThrow('throttled');
  expect(dead.visible).toHaveLength(35);
});

test('a record that can not be read keeps its own message alone', async () => {
  const dead = deadQueue({ ...MESSAGE, eventId: 'evt_odd' }, MESSAGE);
  const deliveries = {
    get: async (_: string, eventId: string) => {
      if (eventId === 'evt_odd') throw new Error('odd');
      return end(fresh, 'delivered', null, NOW);
    },
  };
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const subscriptions = memorySubscriptions(aSubscription({ id: 'sub_a' }));
  expect(await removeSettled({ dead, deliveries, subscriptions, log }, 100)).toBe(1);
  expect(dead.visible).toHaveLength(1);
});

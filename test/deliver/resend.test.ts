import { expect, test } from 'vitest';
import { toIso } from '../../lib/base/time.ts';
import { reopen } from '../../lib/deliver/delivery.ts';
import { resend, resendOverdue } from '../../lib/deliver/resend.ts';
import { anEvent, answer, aWorld } from '../fakes/webhook-world.ts';

test('what is overdue gets a new message and is not found overdue again', async () => {
  const world = aWorld();
  await world.publish([anEvent()]);
  world.queue.length = 0;
  world.time.nowMs += 16 * 60_000;
  const ports = {
    deliveries: world.deliveries,
    send: async (sent: readonly unknown[]) => sent.map((message) => world.enqueue(JSON.stringify(message)) !== ''),
    clock: () => world.time.nowMs,
  };
  const overdue = () => ({ subscription: 'sub_a', beforeMs: world.time.nowMs - 15 * 60_000, limit: 10 });
  expect(await resendOverdue(ports, overdue())).toBe(1);
  expect(await resendOverdue(ports, overdue())).toBe(0);
  await world.run();
  expect(world.theDelivery().state).toBe('delivered');
  expect(world.calls).toHaveLength(1);
});

test('a redelivery is a later round with fresh attempts; what changed meanwhile is left out', async () => {
  const world = aWorld({ answers: [answer(500), answer(500), answer(500), answer(200)] });
  await world.publish([anEvent()]);
  await world.run();
  const ended = world.theDelivery();
  expect(ended).toMatchObject({ state: 'exhausted', attempts: 3 });
  const send = async (sent: readonly unknown[]) => sent.map((message) => world.enqueue(JSON.stringify(message)) !== '');
  const ports = { deliveries: world.deliveries, send, clock: () => world.time.nowMs };
  const again = { ...reopen(ended, toIso(world.time.nowMs)), round: ended.round + 1 };
  expect(await resend(ports, [again])).toBe(1);
  expect(await resend(ports, [again])).toBe(0);
  await world.run();
  expect(world.theDelivery()).toMatchObject({ state: 'delivered', round: 1, attempts: 4, earlierAttempts: 3 });
  const attempts = await world.deliveries.attempts('sub_a', 'evt_1');
  expect(attempts.map(({ number, status }) => [number, status])).toEqual([
    [4, 200],
    [3, 500],
    [2, 500],
    [1, 500],
  ]);
});

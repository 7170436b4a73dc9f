import * as v from 'valibot';
import { expect, test } from 'vitest';
import type { RejectedQueue } from '../../lib/api/ports.ts';
import * as responses from '../../lib/api/responses.ts';
import { makeApiWorld } from '../fakes/api-world.ts';
import { fakeRejected } from '../fakes/rejected.ts';
import { TOKENS } from '../fakes/tokens.ts';

const many = (count: number) => Array.from({ length: count }, (_, index) => `reason ${index}`);

function aWorld(queue: ReturnType<typeof fakeRejected>, change: Partial<RejectedQueue> = {}) {
  const world = makeApiWorld(() => ({ rejected: { ...queue, ...change } }));
  const ask = async () => {
    const { status, body } = await world.request('GET', '/v1/queues/rejected');
    expect(status).toBe(200);
    return v.parse(responses.rejected, body);
  };
  return { ...world, ask };
}

test('rejected messages are told by id, time and reason, the newest first', async () => {
  const { ask } = aWorld(fakeRejected('api: required.', null));
  expect(await ask()).toEqual({
    messages: [
      { id: 'message-1', rejectedAt: '2026-11-20T09:59:01.000Z', reason: null, receives: 1 },
      { id: 'message-0', rejectedAt: '2026-11-20T09:59:00.000Z', reason: 'api: required.', receives: 1 },
    ],
    total: 2,
    isWhole: true,
  });
});

test('an empty queue is asked once', async () => {
  const queue = fakeRejected();
  expect(await aWorld(queue).ask()).toEqual({ messages: [], total: 0, isWhole: true });
  expect(queue.receives()).toBe(1);
});

test.each([1, 10, 11, 37, 50])('of %i messages all are shown, and all can be received again at once', async (count) => {
  const queue = fakeRejected(...many(count));
  const { messages, total, isWhole } = await aWorld(queue).ask();
  expect([messages.length, new Set(messages.map(({ id }) => id)).size, total, isWhole]).toEqual([
    ...[count, count, count, true],
  ]);
  expect([queue.visible.length, queue.hidden.size, queue.receives()]).toEqual([count, 0, Math.ceil(count / 10)]);
});

test('of more than fifty so many are shown, the others are counted and were never hidden', async () => {
  const queue = fakeRejected(...many(75));
  const { messages, total, isWhole } = await aWorld(queue).ask();
  expect([messages.length, total, isWhole]).toEqual([50, 75, false]);
  expect([queue.visible.length, queue.receives()]).toEqual([75, 5]);
});

test('a queue that hands over one at a time is received from eight times', async () => {
  const queue = fakeRejected(...many(30));
  let receives = 0;
  const receive = async () => {
    receives += 1;
    const [first, ...others] = await queue.receive();
    for (const { receiptHandle } of others) await queue.release(receiptHandle);
    return first === undefined ? [] : [first];
  };
  const { messages, isWhole } = await aWorld(queue, { receive }).ask();
  expect([messages.length, isWhole, receives]).toEqual([8, false, 8]);
  expect(queue.visible).toHaveLength(30);
});

test('a queue that answers slowly is not received from after three seconds', async () => {
  const queue = fakeRejected(...many(40));
  const world = aWorld(queue, {
    receive: async () => {
      world.clock.advance(1600);
      return queue.receive();
    },
  });
  expect((await world.ask()).messages).toHaveLength(20);
  expect(queue.visible).toHaveLength(40);
});

test('a message that is handed over twice is shown once', async () => {
  const queue = fakeRejected('a', 'b', 'c');
  const receive = async () => {
    const received = await queue.receive();
    return [...received, ...received];
  };
  expect((await aWorld(queue, { receive }).ask()).messages).toHaveLength(3);
});

test('messages that others look at are counted', async () => {
  const queue = fakeRejected('a', 'b');
  await queue.receive();
  expect(await aWorld(queue).ask()).toEqual({ messages: [], total: 2, isWhole: false });
});

test('what was received is given back where a further receive fails, and the next request reads anew', async () => {
  const queue = fakeRejected(...many(15));
  let isBroken = true;
  const world = aWorld(queue, {
    receive: async () => {
      if (isBroken && queue.hidden.size > 0) throw new Error('throttled');
      return queue.receive();
    },
  });
  expect((await world.request('GET', '/v1/queues/rejected')).status).toBe(500);
  expect([queue.visible.length, queue.hidden.size]).toEqual([15, 0]);
  isBroken = false;
  expect((await world.ask()).messages).toHaveLength(15);
});

test('one that can not be given back keeps no other, and the response is the same', async () => {
  const queue = fakeRejected('a', 'b', 'c');
  const release = async (handle: string) => {
    if (handle === 'handle-1') throw new Error('throttled');
    return queue.release(handle);
  };
  expect((await aWorld(queue, { release }).ask()).messages).toHaveLength(3);
  expect(queue.visible).toHaveLength(2);
});

test('the queue is read once in five seconds, however many ask at once', async () => {
  const queue = fakeRejected('a');
  const { ask, clock } = aWorld(queue);
  const both = await Promise.all([ask(), ask()]);
  expect(both[0]).toEqual(both[1]);
  clock.advance(4999);
  await ask();
  expect(queue.receives()).toBe(1);
  clock.advance(1);
  expect((await ask()).messages[0]?.receives).toBe(2);
});

test('a token that may not read does not touch the queue', async () => {
  const queue = fakeRejected('a');
  const { request } = aWorld(queue);
  expect((await request('GET', '/v1/queues/rejected', { token: null })).status).toBe(401);
  expect((await request('GET', '/v1/queues/rejected', { token: TOKENS.jobs })).status).toBe(403);
  expect(queue.receives()).toBe(0);
});

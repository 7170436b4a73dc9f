import { expect, test } from 'vitest';
import type { WakeQueue } from '../../lib/job/store.ts';
import type { PendingQueue } from '../../lib/watch/ports.ts';

export interface PendingUnderTest {
  readonly queue: PendingQueue & WakeQueue;
  /** Sends as a deployer would. */
  readonly send: (body: string, attributes?: Record<string, string>) => Promise<void>;
  readonly advance: (ms: number) => void;
}

const IDENTITY = { api: 'test.api', account: 'default', region: 'r', projectId: null, jobId: 'a' };

/**
 * What every pending queue keeps to; the suite moves the clock, it does not wait: what it would have to wait for is
 * skipped on an engine whose clock is out of reach.
 */
export function pendingContract(setUp: () => Promise<PendingUnderTest>, { movesClock = true } = {}): void {
  const timed = test.skipIf(!movesClock);
  test('a message is received whole, with the time of its sending and a lease', async () => {
    const { queue, send } = await setUp();
    await send('{"api":"ünï"}', { by: 'deployer' });
    const [message] = await queue.receive(10, 0);
    expect(message).toMatchObject({ body: '{"api":"ünï"}', reattach: null });
    expect(JSON.parse(message?.attributesJson ?? '')).toEqual({ by: { type: 'String', value: 'deployer' } });
    expect(message?.sentMs).toBeLessThanOrEqual(message?.receivedMs ?? 0);
    expect(await queue.receive(10, 0)).toEqual([]);
    expect(await queue.isEmpty()).toBe(false);
  });

  timed('a delayed message comes back when its time has come, with the same id', async () => {
    const { queue, send, advance } = await setUp();
    await send('{}');
    const [first] = await queue.receive(10, 0);
    if (first) expect(await queue.delay(first, 30)).toBe('done');
    advance(29_000);
    expect(await queue.receive(10, 0)).toEqual([]);
    advance(2000);
    const [second] = await queue.receive(10, 0);
    expect(second?.messageId).toBe(first?.messageId);
    expect(second?.sentMs).toBe(first?.sentMs);
  });

  test('a message that is released is there at once', async () => {
    const { queue, send } = await setUp();
    await send('{}');
    const [message] = await queue.receive(10, 0);
    if (message) await queue.delay(message, 0);
    const [again] = await queue.receive(10, 0);
    expect([message?.receives, again?.receives]).toEqual([1, 2]);
  });

  timed('a message that nobody settles comes back when its lease has run out', async () => {
    const { queue, send, advance } = await setUp();
    await send('{}');
    await queue.receive(10, 0);
    advance(121_000);
    expect(await queue.receive(10, 0)).toHaveLength(1);
  });

  test('a removed message is gone, and then the queue is empty', async () => {
    const { queue, send } = await setUp();
    await send('{}');
    const [message] = await queue.receive(10, 0);
    if (message) expect(await queue.remove(message)).toBe('done');
    expect(await queue.isEmpty()).toBe(true);
  });

  timed('many messages are settled at the same time, each for itself', async () => {
    const { queue, send, advance } = await setUp();
    await Promise.all(Array.from({ length: 23 }, (_, index) => send(`{"n":${index}}`)));
    const batches = [await queue.receive(10, 0), await queue.receive(10, 0), await queue.receive(10, 0)];
    const messages = batches.flat();
    expect(new Set(messages.map(({ body }) => body)).size).toBe(23);
    const settled = await Promise.all(
      messages.map((message, index) => (index % 2 === 0 ? queue.remove(message) : queue.delay(message, 5))),
    );
    expect(new Set(settled)).toEqual(new Set(['done']));
    advance(6000);
    expect(await queue.receive(10, 0)).toHaveLength(10);
  });

  test('a wake message names its job in an attribute and its identity in the body', async () => {
    const { queue } = await setUp();
    await queue.wake('job_1', IDENTITY);
    const [message] = await queue.receive(10, 0);
    expect(message?.reattach).toBe('job_1');
    expect(JSON.parse(message?.body ?? '')).toEqual(IDENTITY);
  });
}

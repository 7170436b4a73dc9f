import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Log } from '../../lib/base/log.ts';
import { makeBatch } from '../../lib/deliver/batch.ts';
import type { QueueRecord } from '../../lib/deliver/decide.ts';

/** Goal: what holds a worker costs nobody else one. Method: messages end when the test says so; time is a number. */
const record = (messageId: string): QueueRecord => ({
  messageId,
  body: messageId,
  receiptHandle: `handle of ${messageId}`,
  attributes: { SentTimestamp: '1000' },
});
const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

function aScene({ remainingMs = 60_000, messageMs = 30_000 } = {}) {
  const queue: string[] = [];
  const asked: number[] = [];
  const removed: string[] = [];
  const lines: string[] = [];
  const begun: { messageId: string; mayProbeFailing: boolean | undefined }[] = [];
  const ends = new Map<string, (result: 'done' | 'keep') => void>();
  const time = { remainingMs };
  let sleepers: (() => void)[] = [];
  let receivers: (() => void)[] = [];
  let fault: Error | null = null;
  const note = (message: string) => void lines.push(message);
  const log: Log = { info: note, warn: note, error: note };
  const others = {
    receive: async (max: number) => {
      asked.push(max);
      if (fault !== null) throw fault;
      if (queue.length === 0) await new Promise<void>((resolve) => receivers.push(resolve));
      return queue.splice(0, max).map(record);
    },
    remove: async (handle: string) => void removed.push(handle),
    sleep: () => new Promise<void>((resolve) => sleepers.push(resolve)),
    log,
  };
  const deliver = ({ messageId }: { messageId: string }, mayProbeFailing?: boolean) => {
    begun.push({ messageId, mayProbeFailing });
    return new Promise<'done' | 'keep'>((resolve) => ends.set(messageId, resolve));
  };
  const batch = makeBatch(
    deliver,
    { log, random: () => 0, delay: async () => undefined },
    { others, messageMs, callMs: 15_000 },
  );
  return {
    queue,
    asked,
    removed,
    lines,
    begun,
    time,
    breakQueue: () => {
      fault = new Error('SQS is away');
    },
    start: (...own: string[]) =>
      batch({ Records: own.map(record) }, { getRemainingTimeInMillis: () => time.remainingMs }),
    /** A second passes: sleepers wake, and a receive that waits comes back. */
    second: async () => {
      for (const wake of [...sleepers.splice(0), ...receivers.splice(0)]) wake();
      sleepers = [];
      receivers = [];
      await settled();
    },
    end: async (messageId: string, result: 'done' | 'keep' = 'done') => {
      ends.get(messageId)?.(result);
      await settled();
    },
  };
}

describe('a worker', () => {
  test('whose batch is quick takes nothing beside it', async () => {
    const { start, end, asked } = aScene();
    const batch = start('a', 'b');
    await end('a', 'keep');
    await end('b');
    expect(await batch).toEqual({ batchItemFailures: [{ itemIdentifier: 'a' }] });
    expect(asked).toEqual([]);
  });

  test('that is held handles others meanwhile, and deletes what is done', async () => {
    const { start, second, end, queue, begun, removed } = aScene();
    queue.push('x', 'y');
    const batch = start('hangs', 'b');
    await end('b');
    await second();
    expect(begun.map(({ messageId }) => messageId)).toEqual(['hangs', 'b', 'x', 'y']);
    await end('x');
    await end('y', 'keep');
    expect(removed).toEqual(['handle of x']);
    await end('hangs', 'keep');
    await second();
    expect(await batch).toEqual({ batchItemFailures: [{ itemIdentifier: 'hangs' }] });
  });

  test('takes nothing that its time does not suffice for, and waits for what it has', async () => {
    const { start, second, end, queue, asked, time, removed } = aScene();
    queue.push('x');
    const batch = start('hangs');
    await second();
    time.remainingMs = 30_000;
    await second();
    await second();
    expect(asked).toHaveLength(2);
    await end('hangs');
    await end('x');
    expect([await batch, removed]).toEqual([{ batchItemFailures: [] }, ['handle of x']]);
  });

  test('probes what has been failing only as long as it can work on after that', async () => {
    const { start, second, queue, time, begun } = aScene();
    queue.push('x');
    void start('hangs');
    await second();
    time.remainingMs = 45_000;
    queue.push('y');
    await second();
    expect(begun).toEqual([
      { messageId: 'hangs', mayProbeFailing: true },
      { messageId: 'x', mayProbeFailing: true },
      { messageId: 'y', mayProbeFailing: false },
    ]);
  });

  test('never has more than fifty beside its batch', async () => {
    const { start, second, end, queue, asked, begun } = aScene();
    queue.push(...Array.from({ length: 60 }, (_, index) => `x${index}`));
    void start('hangs');
    for (let seconds = 0; seconds < 5; seconds += 1) await second();
    expect([begun.length - 1, asked]).toEqual([50, [10, 10, 10, 10, 10]]);
    await end('x0');
    expect([begun.length - 1, asked.at(-1)]).toEqual([51, 1]);
  });

  test('whose queue can not be read does its own batch all the same', async () => {
    const { start, second, end, breakQueue, lines, asked } = aScene();
    breakQueue();
    const batch = start('hangs');
    await second();
    await end('hangs');
    expect([await batch, lines, asked]).toEqual([{ batchItemFailures: [] }, ['delivery.receive'], [10]]);
  });
});

test('whatever ends when, each message is begun once, and those that are done are deleted', async () => {
  const result = fc.constantFrom('done' as const, 'keep' as const);
  await fc.assert(
    fc.asyncProperty(
      fc.array(result, { minLength: 1, maxLength: 10 }),
      fc.array(result, { maxLength: 80 }),
      fc.infiniteStream(fc.nat(90)),
      async (own, other, turns) => {
        const { start, second, end, queue, begun, removed } = aScene();
        const results = new Map<string, 'done' | 'keep'>([
          ...own.map((one, index) => [`own${index}`, one] as const),
          ...other.map((one, index) => [`other${index}`, one] as const),
        ]);
        queue.push(...other.map((_, index) => `other${index}`));
        let isOver = false;
        const batch = start(...own.map((_, index) => `own${index}`)).finally(() => {
          isOver = true;
        });
        const open = new Set(results.keys());
        while (!isOver) {
          const [turn = 0] = [...turns.take(1)];
          const under = begun.map(({ messageId }) => messageId).filter((id) => open.has(id));
          const next = under[turn % Math.max(under.length, 1)];
          if (next === undefined || turn % 7 === 0) await second();
          else {
            open.delete(next);
            await end(next, results.get(next));
          }
        }
        const kept = own.flatMap((one, index) => (one === 'keep' ? [{ itemIdentifier: `own${index}` }] : []));
        expect(await batch).toEqual({ batchItemFailures: kept });
        const ids = begun.map(({ messageId }) => messageId);
        expect(new Set(ids).size).toBe(ids.length);
        const done = ids.filter((id) => id.startsWith('other') && results.get(id) === 'done');
        expect(removed.toSorted()).toEqual(done.map((id) => `handle of ${id}`).toSorted());
      },
    ),
  );
});

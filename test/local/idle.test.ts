import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type LocalFunction, makeFunction } from '../../local/runtime/function.ts';

/** Goal: a stream that is over leaves no processes behind. Method: real processes, and timers that the test moves. */
const IDLE_MS = 60_000;
const HANDLER = 'let count = 0; exports.handler = async () => (count += 1);';
let dir = '';
let fn: LocalFunction;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  dir = mkdtempSync(join(tmpdir(), 'jobwatch-idle-'));
  writeFileSync(join(dir, 'index.cjs'), HANDLER);
  const spec = {
    name: 'count',
    logicalId: 'Count',
    functionName: 'count',
    functionArn: 'arn:aws:lambda:eu-central-1:000000000000:function:count',
    module: join(dir, 'index'),
    handler: 'handler',
    timeoutMs: 600_000,
    memoryMb: 128,
    reservedConcurrency: null,
    roleId: null,
    env: {},
  };
  fn = makeFunction({ spec, isolation: 'process', environmentsMax: 4, idleMs: IDLE_MS, onLog: () => undefined });
});

afterEach(async () => {
  await fn.close();
  vi.useRealTimers();
  rmSync(dir, { recursive: true });
});

async function invocations(): Promise<unknown> {
  const result = await fn.invoke(null);
  return result.ok ? result.payload : result.error;
}

test('an environment that nobody needs for a while is given back', async () => {
  await Promise.all([invocations(), invocations(), invocations()]);
  expect(fn.pids()).toHaveLength(3);
  vi.advanceTimersByTime(IDLE_MS - 1);
  expect(fn.pids()).toHaveLength(3);
  vi.advanceTimersByTime(1);
  expect(fn.pids()).toEqual([]);
  expect(await invocations()).toBe(1);
});

test('one that is used stays, and those beside it go', async () => {
  await Promise.all([invocations(), invocations()]);
  for (let round = 2; round < 5; round += 1) {
    vi.advanceTimersByTime(IDLE_MS / 2);
    expect(await invocations()).toBe(round);
  }
  expect(fn.pids()).toHaveLength(1);
});

test('one that is at work is left alone, however long it takes', async () => {
  await invocations();
  vi.advanceTimersByTime(IDLE_MS / 2);
  const working = invocations();
  vi.advanceTimersByTime(IDLE_MS);
  expect(await working).toBe(2);
  expect(fn.pids()).toHaveLength(1);
});

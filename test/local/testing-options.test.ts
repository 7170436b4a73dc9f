import { rmSync } from 'node:fs';
import { ReceiveMessageCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { clockOffsetMs, moveClock } from '../../local/clock.ts';
import { awsCall } from '../../local/gateway/aws-json.ts';
import { type System, startSystem } from '../../local/system.ts';
import { packageFixture } from './fixtures/package.ts';

/** What the local system offers to tests of crashes and long waits. */
let packageDir = '';
let system: System;
let sqs: SQSClient;
const requests: string[] = [];

beforeAll(async () => {
  packageDir = await packageFixture();
  system = await startSystem({
    packageDir,
    paused: true,
    leaseSeconds: 30,
    isolation: { echo: 'process' },
    onRequest: (caller, action) => requests.push(`${caller} ${action}`),
  });
  sqs = new SQSClient(system.clientSettings('sqs'));
});

afterAll(async () => {
  sqs.destroy();
  await system.close();
  rmSync(packageDir, { recursive: true });
  moveClock(-clockOffsetMs());
});

async function payloadOf(name: string): Promise<{ invocations: number; nowMs: number; remainingMs: number }> {
  const result = await system.invoke(name, {});
  if (!result.ok) throw new Error(result.error.errorMessage);
  return result.payload as { invocations: number; nowMs: number; remainingMs: number };
}

test('onRequest is told of a request before its engine is', async () => {
  requests.length = 0;
  const QueueUrl = `${system.urls.sqs}/000000000000/there-is-none`;
  const call = awsCall(system.urls.sqs, 'sqs', 'PurgeQueue', { QueueUrl }, { caller: 'someone' });
  await expect(call).rejects.toThrow();
  expect(requests).toEqual(['someone sqs:PurgeQueue']);
});

test('skip lets time pass for queues and functions at once, whatever runs', async () => {
  const QueueUrl = system.outputs['NotesQueueUrl'];
  const receive = async (VisibilityTimeout?: number) => {
    const { Messages } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, VisibilityTimeout }));
    return Messages?.map(({ Body }) => Body) ?? [];
  };
  await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'a' }));
  const before = await payloadOf('echo');
  // The queue says 60 s, the caller an hour; the option cuts both to 30 s.
  expect(await receive()).toEqual(['a']);
  await system.skip(15_000);
  expect(await receive()).toEqual([]);
  await system.skip(20_000);
  expect(await receive(3600)).toEqual(['a']);
  const skipped = system.skip(40_000);
  const after = await payloadOf('echo');
  await skipped;
  expect(await receive()).toEqual(['a']);
  expect(after.invocations).toBe(1);
  expect(after.nowMs - before.nowMs).toBeGreaterThanOrEqual(75_000);
  expect(after.remainingMs).toBeGreaterThan(0);
  expect(after.remainingMs).toBeLessThanOrEqual(5000);
});

test('a moved clock is still a clock', () => {
  const wasAhead = clockOffsetMs();
  moveClock(3_600_000);
  expect(clockOffsetMs()).toBe(wasAhead + 3_600_000);
  const made = new Date();
  expect(Math.abs(made.getTime() - Date.now())).toBeLessThan(60_000);
  expect(new Date(0).toISOString()).toBe('1970-01-01T00:00:00.000Z');
  expect(new Date(2026, 10, 20).getMonth()).toBe(10);
  expect(new Date()).toBeInstanceOf(Date);
  expect(Date.parse('1970-01-01T00:00:01Z')).toBe(1000);
  expect(Date.UTC(1970, 0, 1)).toBe(0);
});

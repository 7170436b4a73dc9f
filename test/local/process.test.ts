import { spawn } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { awsCall } from '../../local/gateway/aws-json.ts';
import { type System, startSystem } from '../../local/system.ts';
import { packageFixture } from './fixtures/package.ts';

let packageDir = '';

beforeAll(async () => {
  packageDir = await packageFixture();
});

afterAll(() => rmSync(packageDir, { recursive: true }));

/** A process that has ended and that nobody has waited for yet (a zombie) still has an entry, but runs no more. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !/\) [ZX] /.test(existsSync(`/proc/${pid}/stat`) ? readFileSync(`/proc/${pid}/stat`, 'utf8') : '');
  } catch {
    return false;
  }
}

describe('when the process of the system ends', () => {
  test.each(['SIGKILL', 'SIGTERM'] as const)('of %s, its engine and its functions end too', async (signal) => {
    const script = join(import.meta.dirname, 'fixtures/parent.ts');
    const parent = spawn(process.execPath, [script, packageDir, 'hang'], { stdio: ['ignore', 'pipe', 'inherit'] });
    const line = await new Promise<string>((resolve) => createInterface(parent.stdout).once('line', resolve));
    const pids: number[] = JSON.parse(line);
    expect(pids.length).toBeGreaterThan(0);
    expect(pids.filter(isAlive)).toEqual(pids);
    parent.kill(signal);
    await vi.waitFor(() => expect(pids.filter(isAlive)).toEqual([]), { timeout: 15_000, interval: 20 });
  });
});

describe('with functions in processes', () => {
  let system: System;

  beforeAll(async () => {
    system = await startSystem({ packageDir, isolation: { echo: 'process' }, paused: true });
  });

  afterAll(() => system.close());

  test('a kill ends an invocation that blocks its process, at once, and the next starts cold', async () => {
    const running = system.invoke('echo', { mode: 'hold' });
    const [pid = 0] = system.pids('echo');
    await system.kill('echo');
    expect(await running).toMatchObject({
      ok: false,
      error: { errorType: 'Runtime.ExitError', errorMessage: 'the process ended: SIGKILL' },
    });
    expect(isAlive(pid)).toBe(false);
    expect(await system.invoke('echo', {})).toMatchObject({ ok: true, payload: { invocations: 1 } });
  });

  test('gives a function nothing of the environment of the system', async () => {
    const result = await system.invoke('echo', {});
    expect(result).toMatchObject({ ok: true });
    expect(Object.keys((result as { payload: { env: object } }).payload.env)).not.toContain('PATH');
  });

  test('a receive whose caller is gone gives its messages back', async () => {
    const QueueUrl = system.outputs['NotesQueueUrl'] ?? '';
    const controller = new AbortController();
    const receive = { QueueUrl, WaitTimeSeconds: 20 };
    const abandoned = awsCall(system.urls.sqs, 'sqs', 'ReceiveMessage', receive, {
      caller: 'doomed',
      signal: controller.signal,
    });
    await vi.waitFor(() => expect(system.requestCounts()['doomed']).toEqual({ 'sqs:ReceiveMessage': 1 }), {
      timeout: 15_000,
    });
    controller.abort();
    await expect(abandoned).rejects.toThrow();
    const sqs = new SQSClient(system.clientSettings('sqs'));
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'for the living' }));
    const { Messages } = await awsCall(
      system.urls.sqs,
      'sqs',
      'ReceiveMessage',
      { ...receive, WaitTimeSeconds: 5 },
      { caller: 'alive' },
    );
    expect(Messages).toMatchObject([{ Body: 'for the living' }]);
  });
});

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { findDynoxide, startDynamo } from '../../../local/engines/dynamodb.ts';
import { AwsError, awsCall } from '../../../local/gateway/aws-json.ts';

const hasBinary = findDynoxide(process.env['PATH'] ?? '') !== null;

/** Goal: an engine that is killed is there again, at the same address, with what it had acknowledged. */
test.runIf(hasBinary)('an engine that is killed is started again on its port, with its tables', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'jobwatch-engine-'));
  const died: number[] = [];
  const engine = await startDynamo({
    dataDir,
    env: process.env,
    kind: 'dynoxide',
    onDied: (starts) => died.push(starts),
  });
  try {
    const call = (action: string, input: object) => awsCall(engine.url, 'dynamodb', action, input, { caller: 'me' });
    await call('CreateTable', {
      TableName: 'notes',
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
      AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
      BillingMode: 'PAY_PER_REQUEST',
    });
    for (const number of [1, 2]) {
      await call('PutItem', { TableName: 'notes', Item: { id: { S: `n${number}` } } });
      const pid = engine.pid ?? 0;
      process.kill(pid, 'SIGKILL');
      await vi.waitFor(() => expect(engine.pid).not.toBe(pid), { timeout: 15_000, interval: 10 });
      const { Count } = await call('Scan', { TableName: 'notes' });
      expect([Count, died.length]).toEqual([number, number]);
    }
  } finally {
    await engine.close();
    rmSync(dataDir, { recursive: true });
  }
});

test.runIf(hasBinary)('an engine that is closed while it is started again ends, and stays away', async () => {
  const engine = await startDynamo({ env: process.env, kind: 'dynoxide', onDied: () => undefined });
  const pid = engine.pid ?? 0;
  const gone = vi.waitFor(() => expect(() => process.kill(pid, 0)).toThrow(), { timeout: 15_000, interval: 1 });
  process.kill(pid, 'SIGKILL');
  await gone;
  await engine.close();
  const ask = awsCall(engine.url, 'dynamodb', 'ListTables', {}, { caller: 'me' });
  await expect(ask).rejects.toThrow();
  await expect(ask).rejects.not.toBeInstanceOf(AwsError);
});

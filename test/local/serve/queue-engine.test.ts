import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Engine, startSqs } from '../../../local/engines/sqs.ts';
import { awsCall } from '../../../local/gateway/aws-json.ts';
import { isFields } from '../../../local/template/values.ts';

/**
 * Goal: what the queue engine was given is there until it is deleted, with a file as without one. Method: the engine, its
 * API, and its file.
 */
const QueueUrl = 'http://127.0.0.1/000000000000/notes';
let dataDir = '';
let engine: Engine;

beforeEach(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'jobwatch-queues-'));
  engine = await startSqs({ dataDir, env: {} });
  await call('CreateQueue', { QueueName: 'notes' });
});

afterEach(async () => {
  await engine.close();
  rmSync(dataDir, { recursive: true });
});

const call = (action: string, input: object) => awsCall(engine.url, 'sqs', action, input, { caller: 'me' });

async function receive() {
  const { Messages = [] } = await call('ReceiveMessage', {
    QueueUrl,
    MaxNumberOfMessages: 10,
    MessageSystemAttributeNames: ['All'],
  });
  return (Array.isArray(Messages) ? Messages : []).filter(isFields).map((message) => ({
    body: String(message['Body']),
    handle: String(message['ReceiptHandle']),
    receives: isFields(message['Attributes']) ? Number(message['Attributes']['ApproximateReceiveCount']) : 0,
  }));
}

const summary = (messages: Awaited<ReturnType<typeof receive>>) => messages.map((one) => [one.body, one.receives]);

const giveBack = (handles: readonly string[]) =>
  call('ChangeMessageVisibilityBatch', {
    QueueUrl,
    Entries: handles.map((ReceiptHandle, index) => ({ Id: String(index), ReceiptHandle, VisibilityTimeout: 0 })),
  });

describe('messages that are given back at once', () => {
  beforeEach(async () => {
    for (const MessageBody of ['one', 'two', 'three']) await call('SendMessage', { QueueUrl, MessageBody });
  });

  test('can be received again, one and in a batch', async () => {
    const [first, ...others] = await receive();
    await call('ChangeMessageVisibility', { QueueUrl, ReceiptHandle: first?.handle, VisibilityTimeout: 0 });
    const { Successful } = await giveBack(others.map(({ handle }) => handle));
    expect(Successful).toEqual([{ Id: '0' }, { Id: '1' }]);
    expect(summary(await receive())).toEqual([
      ['one', 2],
      ['two', 2],
      ['three', 2],
    ]);
  });

  test('are free in the file as well, with their receives', async () => {
    await giveBack((await receive()).map(({ handle }) => handle));
    await engine.close();
    engine = await startSqs({ dataDir, env: {} });
    expect(summary(await receive())).toEqual([
      ['one', 2],
      ['two', 2],
      ['three', 2],
    ]);
  });

  test('are not lost if the file can not be written', async () => {
    const received = await receive();
    const other = new DatabaseSync(join(dataDir, 'fauxqs.db'));
    other.exec('BEGIN IMMEDIATE');
    await giveBack(received.map(({ handle }) => handle));
    other.exec('ROLLBACK');
    other.close();
    expect(summary(await receive())).toEqual([
      ['one', 2],
      ['two', 2],
      ['three', 2],
    ]);
  });
});

// All of 127.0.0.0/8 is this machine there: an engine that listens on every address answers on this one, too.
test.runIf(process.platform === 'linux')('listens on the loopback address alone', async () => {
  const elsewhere = engine.url.replace('127.0.0.1', '127.0.0.2');
  await expect(fetch(`${elsewhere}/health`)).rejects.toThrow();
  expect((await fetch(`${engine.url}/health`)).status).toBe(200);
});

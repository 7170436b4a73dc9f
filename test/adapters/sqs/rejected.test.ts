import { ReceiveMessageCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { type FauxqsServer, startFauxqs } from 'fauxqs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeRejected, makeRejectedQueue } from '../../../lib/adapters/sqs/rejected.ts';

let engine: FauxqsServer;
let client: SQSClient;
let serial = 0;

beforeAll(async () => {
  engine = await startFauxqs({ port: 0, host: '127.0.0.1', logger: false });
  client = new SQSClient({
    endpoint: engine.address,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
});
afterAll(async () => {
  client.destroy();
  await engine.stop();
});

function aQueue() {
  serial += 1;
  engine.createQueue(`rejected-${serial}`);
  const url = `${engine.address}/000000000000/rejected-${serial}`;
  return { url, reject: makeRejected(client, url), queue: makeRejectedQueue(client, url) };
}

const BAD = {
  body: '{"api":"x","password":"swordfish"}',
  reason: 'password: unknown field.',
  receivedMs: 0,
  attributesJson: '{"by":{"type":"String","value":"x"}}',
};

test("a rejected message keeps its body, its reason and the sender's attributes", async () => {
  const { url, reject } = aQueue();
  await reject(BAD);
  const { Messages } = await client.send(new ReceiveMessageCommand({ QueueUrl: url, MessageAttributeNames: ['All'] }));
  expect(Messages?.[0]?.Body).toBe(BAD.body);
  const attributes = Object.fromEntries(
    Object.entries(Messages?.[0]?.MessageAttributes ?? {}).map(([name, { StringValue }]) => [name, StringValue]),
  );
  expect(attributes).toEqual({
    reason: BAD.reason,
    receivedAt: '1970-01-01T00:00:00.000Z',
    attributes: BAD.attributesJson,
  });
});

test('who looks gets its reason and time, and neither body nor attributes of the sender', async () => {
  const { reject, queue } = aQueue();
  await reject(BAD);
  const [message, ...others] = await queue.receive();
  expect(others).toEqual([]);
  expect(message).toEqual({
    id: expect.stringMatching(/^[0-9a-f-]{36}$/),
    rejectedAt: expect.stringMatching(/^20\d\d-.*Z$/),
    reason: BAD.reason,
    receives: 1,
    receiptHandle: expect.any(String),
  });
  expect(JSON.stringify({ ...message, receiptHandle: '' })).not.toMatch(/swordfish|"by"/);
});

test('it is hidden until it is given back, and then it is the same message', async () => {
  const { reject, queue } = aQueue();
  await reject(BAD);
  const [message] = await queue.receive();
  expect(await queue.depth()).toEqual({ visible: 0, inFlight: 1, delayed: 0 });
  await queue.release(message?.receiptHandle ?? '');
  expect(await queue.depth()).toEqual({ visible: 1, inFlight: 0, delayed: 0 });
  const [again] = await queue.receive();
  expect([again?.id, again?.receives]).toEqual([message?.id, 2]);
});

test('one without a reason has none, and a long reason is cut', async () => {
  const { url, reject, queue } = aQueue();
  await client.send(new SendMessageCommand({ QueueUrl: url, MessageBody: '{}' }));
  await reject({ ...BAD, reason: 'x'.repeat(5000) });
  const reasons = (await queue.receive()).map(({ reason }) => reason?.length ?? null);
  expect(new Set(reasons)).toEqual(new Set([null, 1000]));
});

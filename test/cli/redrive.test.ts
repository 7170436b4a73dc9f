import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  GetQueueAttributesCommand,
  type MessageAttributeValue,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { type FauxqsServer, startFauxqs } from 'fauxqs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { findQueue, type RedriveIo, type RedriveOptions, redrive } from '../../cli/queues/redrive.ts';
import { makeRejected } from '../../lib/adapters/sqs/rejected.ts';

let server: FauxqsServer;
let sqs: SQSClient;
let lines: string[] = [];
let [from, to] = ['', ''];
let queues = 0;

const clientOf = (endpoint: string) =>
  new SQSClient({ endpoint, region: 'eu-central-1', credentials: { accessKeyId: 'a', secretAccessKey: 'b' } });

beforeAll(async () => {
  server = await startFauxqs({ port: 0, host: '127.0.0.1', logger: false });
});

afterAll(() => server.stop());

beforeEach(() => {
  sqs = clientOf(`http://127.0.0.1:${server.port}`);
  queues += 1;
  [from, to] = ['from', 'to'].map((name) => {
    server.createQueue(`${name}-${queues}`);
    return `http://127.0.0.1:${server.port}/000000000000/${name}-${queues}`;
  }) as [string, string];
  lines = [];
});

afterEach(() => sqs.destroy());

type Kind = RedriveOptions['kind'];

function run(kind: Kind, options: Partial<RedriveOptions> = {}, change: Partial<RedriveIo> = {}) {
  const list: RedriveIo['list'] = ({ id, sentAt, reason }) => void lines.push(`${id}  ${sentAt}  ${reason}`);
  const io = { sqs, list, say: (line: string) => void lines.push(line), wait: async () => undefined, waitSeconds: 0 };
  return redrive(
    { kind, from, to, max: null, dryRun: false, ...options },
    { ...io, nowMs: () => Date.now() + 1, ...change },
  );
}

async function put(body: string, attributes: Readonly<Record<string, string>> = {}): Promise<void> {
  const MessageAttributes = Object.fromEntries(
    Object.entries(attributes).map(([name, StringValue]) => [name, { DataType: 'String', StringValue }]),
  );
  await sqs.send(new SendMessageCommand({ QueueUrl: from, MessageBody: body, MessageAttributes }));
}

async function take(QueueUrl: string): Promise<[string, Record<string, MessageAttributeValue>][]> {
  const { Messages } = await sqs.send(
    new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, MessageAttributeNames: ['All'] }),
  );
  return (Messages ?? []).map(({ Body, MessageAttributes }) => [Body ?? '', MessageAttributes ?? {}]);
}

/** Visible and hidden. */
async function depth(QueueUrl: string): Promise<[number, number]> {
  const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }));
  return [Number(Attributes?.ApproximateNumberOfMessages), Number(Attributes?.ApproximateNumberOfMessagesNotVisible)];
}

describe('a rejected message', () => {
  test("goes back as it was sent: with the sender's attributes, and without those of the rejection", async () => {
    const attributesJson = JSON.stringify({
      tenant: { type: 'String', value: 'blue' },
      weight: { type: 'Number', value: '7' },
      seal: { type: 'Binary.raw', value: 'AAEC' },
    });
    await makeRejected(sqs, from)({ body: '{"api":"x"}', reason: 'api: unknown.', receivedMs: 0, attributesJson });
    expect(await run('rejected')).toEqual({ moved: 1, left: 0 });
    expect(await take(to)).toEqual([
      [
        '{"api":"x"}',
        {
          tenant: { DataType: 'String', StringValue: 'blue' },
          weight: { DataType: 'Number', StringValue: '7' },
          seal: { DataType: 'Binary.raw', BinaryValue: new Uint8Array([0, 1, 2]) },
        },
      ],
    ]);
    expect(await depth(from)).toEqual([0, 0]);
  });

  test.each(['no JSON', '"blue"', '{"tenant":"blue"}'])(
    'whose sender’s attributes read %s stays where it is',
    async (text) => {
      await put('{}', { attributes: text });
      expect(await run('rejected')).toEqual({ moved: 0, left: 1 });
      expect(await depth(from)).toEqual([1, 0]);
      expect(await depth(to)).toEqual([0, 0]);
    },
  );

  test('is shown by its id, time and reason, never by its body', async () => {
    await put('{"password":"swordfish"}', { reason: 'password: unknown field.' });
    expect(await run('rejected', { dryRun: true })).toEqual({ moved: 0, left: 1 });
    expect(lines).toEqual([expect.stringMatching(/^[0-9a-f-]{36} {2}\d{4}-.*Z {2}password: unknown field\.$/)]);
  });

  test('that comes back while others are moved stays for another run', async () => {
    await put('{}');
    expect(await run('rejected', {}, { nowMs: () => Date.now() - 60_000 })).toEqual({ moved: 0, left: 1 });
    expect(await depth(from)).toEqual([1, 0]);
    expect(lines).toEqual([]);
  });
});

describe('many messages', () => {
  test('all go, however many batches it takes', async () => {
    for (let number = 0; number < 25; number += 1) await put(String(number));
    expect(await run('rejected')).toEqual({ moved: 25, left: 0 });
    expect([await depth(from), await depth(to)]).toEqual([
      [0, 0],
      [25, 0],
    ]);
  });

  test('go up to --max, and with --dry-run not at all; the others can be received at once', async () => {
    for (let number = 0; number < 13; number += 1) await put(String(number));
    expect(await run('rejected', { max: 12, dryRun: true })).toEqual({ moved: 0, left: 12 });
    expect(await depth(from)).toEqual([13, 0]);
    expect(await run('rejected', { max: 12 })).toEqual({ moved: 12, left: 0 });
    expect([await depth(from), await depth(to)]).toEqual([
      [1, 0],
      [12, 0],
    ]);
  });

  test.each(['SendMessageBatchCommand', 'DeleteMessageBatchCommand'])(
    'lose none where one entry of a %s fails',
    async (commandName) => {
      for (const body of ['a', 'b', 'c']) await put(body);
      sqs.middlewareStack.add(
        (next, context) => async (args) => {
          if (context['commandName'] !== commandName) return next(args);
          const entries = 'Entries' in args.input ? (args.input.Entries ?? []) : [];
          Object.assign(args.input, { Entries: entries.slice(1) });
          const result = await next(args);
          const Failed = [{ Id: '0', Code: 'InternalError', SenderFault: false }];
          return { ...result, output: { ...result.output, Failed } };
        },
        { step: 'initialize' },
      );
      expect(await run('rejected', { max: 3 })).toEqual({ moved: 2, left: 1 });
      const bodies = (await take(to)).map(([body]) => body).sort();
      // What could not be deleted is in both queues.
      expect(bodies).toEqual(commandName.startsWith('Delete') ? ['a', 'b', 'c'] : ['b', 'c']);
      expect(await depth(from)).toEqual([1, 0]);
    },
  );

  test('stay, hidden for two minutes, if the other queue does not answer', async () => {
    await put('a');
    to = to.replace('to-', 'nowhere-');
    await expect(run('rejected')).rejects.toThrow();
    expect(await depth(from)).toEqual([0, 1]);
  });
});

describe('dead deliveries', () => {
  test('are copied, without the reason, where SQS has no move tasks', async () => {
    await put('{"subscription":"s","eventId":"e","round":0}', { reason: 'no attempt is left' });
    expect(await run('dead')).toEqual({ moved: 1, left: 0 });
    expect(await take(to)).toEqual([['{"subscription":"s","eventId":"e","round":0}', {}]]);
    expect(await depth(from)).toEqual([0, 0]);
  });

  test('are moved by a task of SQS from one ARN to the other, which is followed to its end', async () => {
    const tasks = [
      { Status: 'RUNNING', ApproximateNumberOfMessagesMoved: 40, ApproximateNumberOfMessagesToMove: 90 },
      { Status: 'COMPLETED', ApproximateNumberOfMessagesMoved: 90, ApproximateNumberOfMessagesToMove: 90 },
    ];
    const fake = await startTasks(tasks);
    expect(await run('dead', {}, { sqs: fake.client })).toEqual({ moved: 90, left: 0 });
    expect(fake.started).toEqual([{ SourceArn: `arn:from-${queues}`, DestinationArn: `arn:to-${queues}` }]);
    expect(lines).toEqual(['40 of about 90 messages moved', '90 of about 90 messages moved']);
    await fake.close();
  });

  test("whose task fails are told with SQS's reason", async () => {
    const fake = await startTasks([{ Status: 'FAILED', FailureReason: 'AccessDenied' }]);
    await expect(run('dead', {}, { sqs: fake.client })).rejects.toThrow('ended as FAILED: AccessDenied');
    await fake.close();
  });
});

test('the queue of a stage is found by its name, whatever follows it', async () => {
  const name = `jobwatch-s${queues}-RejectedQueue`;
  expect(await findQueue(sqs, `s${queues}`, 'RejectedQueue')).toBeNull();
  server.createQueue(`${name}-AbC123`);
  server.createQueue(`jobwatch-s${queues}-more-RejectedQueue-AbC123`);
  expect(await findQueue(sqs, `s${queues}`, 'RejectedQueue')).toMatch(new RegExp(`/${name}-AbC123$`));
  server.createQueue(`${name}-DeF456`);
  expect(await findQueue(sqs, `s${queues}`, 'RejectedQueue')).toBeNull();
});

/** As much of SQS as a move task needs. */
async function startTasks(tasks: readonly object[]) {
  const started: unknown[] = [];
  let asked = 0;
  const answers: Readonly<Record<string, (input: { QueueUrl?: string }) => object>> = {
    GetQueueAttributes: ({ QueueUrl }) => ({ Attributes: { QueueArn: `arn:${QueueUrl?.split('/').at(-1)}` } }),
    StartMessageMoveTask: (input) => {
      started.push(input);
      return { TaskHandle: 'handle' };
    },
    ListMessageMoveTasks: () => ({ Results: [tasks[asked++]] }),
  };
  const http = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const action = String(request.headers['x-amz-target']).replace('AmazonSQS.', '');
    response.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' });
    response.end(JSON.stringify(answers[action]?.(JSON.parse(Buffer.concat(chunks).toString()))));
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const { port } = http.address() as AddressInfo;
  const client = clientOf(`http://127.0.0.1:${port}`);
  // Queue URLs name the host of a queue: the fake stands in for it.
  [from, to] = [from, to].map((url) => url.replace(String(server.port), String(port))) as [string, string];
  return {
    client,
    started,
    async close() {
      client.destroy();
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  };
}

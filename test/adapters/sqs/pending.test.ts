import {
  ChangeMessageVisibilityBatchCommand,
  CreateQueueCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { startFauxqs } from 'fauxqs';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { makeBatches } from '../../../lib/adapters/sqs/batches.ts';
import { makePending, makePendingSender } from '../../../lib/adapters/sqs/pending.ts';
import { pendingContract } from '../../contract/pending.ts';
import { GIVEN } from '../../engine/given.ts';
import { fakeClock, seededRandom } from '../../fakes/clock.ts';
import { fakePending } from '../../fakes/pending.ts';

describe('the pending queue in memory', () => {
  const setUp = async () => {
    const clock = fakeClock();
    const queue = fakePending({ clock, movesClock: false });
    const send = async (body: string, attributes: Record<string, string> = {}) => {
      const typed = Object.entries(attributes).map(([name, value]) => [name, { type: 'String', value }]);
      queue.send(body, { attributesJson: JSON.stringify(Object.fromEntries(typed)) });
    };
    return { queue, send, advance: clock.advance };
  };
  pendingContract(setUp);

  test('a stale handle is refused: the message has its own life again', async () => {
    const { queue, send, advance } = await setUp();
    await send('{}');
    const [stale] = await queue.receive(10, 0);
    advance(121_000);
    const [fresh] = await queue.receive(10, 0);
    if (stale) expect([await queue.delay(stale, 1), await queue.remove(stale)]).toEqual(['gone', 'gone']);
    if (fresh) expect(await queue.remove(fresh)).toBe('done');
  });

  test('it samples, shuffles and delivers twice when it is told to', async () => {
    const clock = fakeClock();
    const random = seededRandom(1);
    const queue = fakePending({ clock, random, sampleRate: 0.5, twinRate: 0.5 });
    for (let index = 0; index < 50; index++) queue.send(String(index));
    const received = (await Promise.all(Array.from({ length: 20 }, () => queue.receive(10, 0)))).flat();
    const bodies = received.map(({ body }) => body);
    expect(new Set(bodies).size).toBeLessThan(bodies.length);
    expect(bodies).not.toEqual(bodies.toSorted((a, b) => Number(a) - Number(b)));
  });
});

/** The real adapters, and what a deployer sends, on a queue. */
function pendingOn(client: SQSClient, url: string) {
  const { wake } = makePendingSender(client, url);
  const queue = { ...makePending({ client, url, clock: Date.now, mono: Date.now }), wake };
  const send = async (body: string, attributes: Record<string, string> = {}) => {
    const typed = Object.entries(attributes).map(([name, StringValue]) => [name, { DataType: 'String', StringValue }]);
    await client.send(
      new SendMessageCommand({ QueueUrl: url, MessageBody: body, MessageAttributes: Object.fromEntries(typed) }),
    );
  };
  return { queue, send };
}

describe.skipIf(GIVEN.sqs === '')('the pending queue on the engine that is given', () => {
  const client = new SQSClient({
    endpoint: GIVEN.sqs,
    useQueueUrlAsEndpoint: false,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  const queues: string[] = [];
  afterAll(async () => {
    await Promise.all(queues.map((QueueUrl) => client.send(new DeleteQueueCommand({ QueueUrl }))));
    client.destroy();
  });
  const aQueue = async () => {
    const { QueueUrl = '' } = await client.send(new CreateQueueCommand({ QueueName: `test-${crypto.randomUUID()}` }));
    queues.push(QueueUrl);
    return QueueUrl;
  };

  pendingContract(async () => ({ ...pendingOn(client, await aQueue()), advance: () => undefined }), {
    movesClock: false,
  });

  test.each([43_201, 50_000])(
    'a visibility time-out of %i s that it refuses is told, and is no message that is gone',
    async (seconds) => {
      const url = await aQueue();
      const { queue, send } = pendingOn(client, url);
      await send('{}');
      const [message] = await queue.receive(10, 0);
      const { Failed } = await client
        .send(
          new ChangeMessageVisibilityBatchCommand({
            QueueUrl: url,
            Entries: [{ Id: '0', ReceiptHandle: message?.receiptHandle, VisibilityTimeout: seconds }],
          }),
        )
        .catch((error: Error) => ({ Failed: [{ Code: error.name, Message: error.message }] }));
      expect(Failed?.map(({ Message }) => Message)).not.toEqual([expect.stringMatching(/ReceiptHandle/)]);
    },
  );
});

describe('the pending queue on the embedded engine', () => {
  let engine: Awaited<ReturnType<typeof startFauxqs>>;
  let client: SQSClient;
  let serial = 0;

  beforeAll(async () => {
    engine = await startFauxqs({ port: 0, logger: false });
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
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['Date'] });
    return () => void vi.useRealTimers();
  });

  function aQueue(): string {
    serial += 1;
    engine.createQueue(`queue-${serial}`);
    return `${engine.address}/000000000000/queue-${serial}`;
  }

  pendingContract(async () => ({
    ...pendingOn(client, aQueue()),
    advance: (ms: number) => void vi.setSystemTime(Date.now() + ms),
  }));

  test('a submitted body arrives as it was given', async () => {
    const url = aQueue();
    await makePendingSender(client, url).submit('{"api":"x"}');
    const { Messages } = await client.send(new ReceiveMessageCommand({ QueueUrl: url }));
    expect(Messages?.[0]?.Body).toBe('{"api":"x"}');
  });

  test('bodies too large for one request go in several, and none is lost', async () => {
    const url = aQueue();
    const { send } = makeBatches(client, url);
    await Promise.all(Array.from({ length: 10 }, () => send({ body: 'x'.repeat(200_000), attributes: {} })));
    const { Attributes } = await client.send(new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['All'] }));
    expect(Attributes?.['ApproximateNumberOfMessages']).toBe('10');
  });

  test('one entry that the queue refuses fails alone', async () => {
    const url = aQueue();
    const { send } = makeBatches(client, url);
    const results = await Promise.allSettled(
      ['good', 'bad \u0001', 'good'].map((body) => send({ body, attributes: {} })),
    );
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  });
});

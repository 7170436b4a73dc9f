import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  SendMessageBatchCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { describe, expect, it, test } from 'vitest';
import { makeBatches } from '../../../lib/adapters/sqs/batches.ts';
import { makeDeliveriesQueue } from '../../../lib/adapters/sqs/deliveries.ts';
import { makePending } from '../../../lib/adapters/sqs/pending.ts';
import { resend } from '../../../lib/deliver/resend.ts';
import { START_MS } from '../../fakes/clock.ts';
import { memoryDeliveries } from '../../fakes/deliveries.ts';
import { aClient, fates, numbers, Throttling } from '../dynamodb/answering-client.ts';

/**
 * Goal: in a batch each entry has its own fate. Method: the real adapters on clients whose answers are written here;
 * what an engine never does on its own (a partial failure, unprocessed keys, throttling) is then an everyday answer.
 */
type Entries = readonly { readonly Id?: string | undefined }[];

function entriesOf(command: object): Entries {
  const isBatch =
    command instanceof SendMessageBatchCommand ||
    command instanceof DeleteMessageBatchCommand ||
    command instanceof ChangeMessageVisibilityBatchCommand;
  return (isBatch ? command.input.Entries : undefined) ?? [];
}

/**
 * An answer in which the entries at these places fail with a code; the order of an answer means nothing, so it is
 * turned round.
 */
function failing(codes: Readonly<Record<number, string>>, messages: Readonly<Record<number, string>> = {}) {
  return (command: object) => {
    const entries = entriesOf(command);
    const isFailed = ({ Id }: { readonly Id?: string | undefined }) => codes[Number(Id)] !== undefined;
    return {
      Successful: entries.filter((entry) => !isFailed(entry)).reverse(),
      Failed: entries
        .filter(isFailed)
        .map(({ Id }) => ({ Id, Code: codes[Number(Id)], Message: messages[Number(Id)], SenderFault: true }))
        .reverse(),
    };
  };
}

describe('a batch of queue messages', () => {
  const settle = {
    delay: (batches: ReturnType<typeof makeBatches>, at: number) => batches.delay(`handle-${at}`, 30),
    remove: (batches: ReturnType<typeof makeBatches>, at: number) => batches.remove(`handle-${at}`),
    send: (batches: ReturnType<typeof makeBatches>, at: number) => batches.send({ body: `body ${at}`, attributes: {} }),
  };

  it.each(['delay', 'remove', 'send'] as const)('%s: an entry that fails, fails alone', async (what) => {
    const { client, commands } = aClient<SQSClient>(failing({ 2: 'InternalError', 5: 'ServiceUnavailable' }));
    const batches = makeBatches(client, 'url');
    const seen = await fates(numbers(7).map((at) => settle[what](batches, at)));
    expect(commands).toHaveLength(1);
    expect(seen.map((fate) => fate.replace(/.*: /, ''))).toEqual([
      'done',
      'done',
      'InternalError',
      'done',
      'done',
      'ServiceUnavailable',
      'done',
    ]);
  });

  it('delay: a wait longer than SQS allows is made as long as it allows', async () => {
    const { client, commands } = aClient<SQSClient>(failing({}));
    const batches = makeBatches(client, 'url');
    await Promise.all([batches.delay('short', 39_600), batches.delay('long', 86_400)]);
    expect(commands.flatMap(entriesOf)).toMatchObject([{ VisibilityTimeout: 39_600 }, { VisibilityTimeout: 39_600 }]);
  });

  it.each(['delay', 'remove'] as const)(
    '%s: a handle that is not valid any more is gone, and no error',
    async (what) => {
      const codes = {
        0: 'MessageNotInflight',
        1: 'AWS.SimpleQueueService.MessageNotInflight',
        2: 'InvalidParameterValue',
        3: 'ReceiptHandleIsInvalid',
        4: 'InvalidReceiptHandle',
      };
      const reason = 'Message does not exist or is not available for visibility timeout change.';
      const messages = { 2: `Value AQEB for parameter ReceiptHandle is invalid. Reason: ${reason}` };
      const batches = makeBatches(aClient<SQSClient>(failing(codes, messages)).client, 'url');
      expect(await fates(numbers(6).map((at) => settle[what](batches, at)))).toEqual([
        ...Array.from({ length: 5 }, () => 'gone'),
        'done',
      ]);
    },
  );

  it.each([
    [
      'Value 50000 for parameter VisibilityTimeout is invalid. Reason: Must be between 0 and 43200.',
      'VisibilityTimeout',
    ],
    ['Invalid request, maximum visibility timeout is 43200', 'of which parameter is not said'],
    [undefined, 'of which parameter is not said'],
  ])('delay: a wait that SQS refuses is an error and no message that is gone: %s', async (message, parameter) => {
    const answer = failing({ 0: 'InvalidParameterValue' }, message === undefined ? {} : { 0: message });
    const batches = makeBatches(aClient<SQSClient>(answer).client, 'url');
    expect(await fates([batches.delay('handle', 30)])).toEqual([
      `SQS refused one entry of a batch: InvalidParameterValue (${parameter})`,
    ]);
  });

  it.each(['delay', 'remove', 'send'] as const)(
    '%s: an entry of which the answer says nothing has failed',
    async (what) => {
      const { client } = aClient<SQSClient>((command) => ({
        Successful: entriesOf(command).slice(1),
        Failed: undefined,
      }));
      const batches = makeBatches(client, 'url');
      const [first, second] = await fates(numbers(2).map((at) => settle[what](batches, at)));
      expect([first, second]).toEqual(['SQS refused one entry of a batch: NoResult', 'done']);
    },
  );

  it.each(['delay', 'remove', 'send'] as const)(
    '%s: a request that is throttled fails all its entries, and no other request',
    async (what) => {
      const { client, commands } = aClient<SQSClient>((command, call) => {
        if (call === 1) throw new Throttling('slow down');
        return failing({})(command);
      });
      const batches = makeBatches(client, 'url');
      const seen = await fates(numbers(14).map((at) => settle[what](batches, at)));
      expect(commands.map((command) => entriesOf(command).length)).toEqual([10, 4]);
      expect(seen).toEqual([...numbers(10).map(() => 'slow down'), ...numbers(4).map(() => 'done')]);
    },
  );
});

describe('a batch of deliveries', () => {
  const message = (at: number) => ({ subscription: 'sub_a', eventId: `evt_${at}`, round: 0 });

  it('says of each message whether it was taken', async () => {
    const { client } = aClient<SQSClient>(failing({ 1: 'InternalError' }));
    const queue = makeDeliveriesQueue(client, 'url');
    expect(await queue.send([message(0), message(1), message(2)])).toEqual([true, false, true]);
  });

  it('rejects with the reason of the queue if nothing was taken', async () => {
    const { client } = aClient<SQSClient>(() => {
      throw new Throttling('slow down');
    });
    await expect(makeDeliveriesQueue(client, 'url').send([message(0)])).rejects.toThrow('slow down');
  });

  it('is not done while one of it was refused: who sends hears of it', async () => {
    const { client } = aClient<SQSClient>(failing({ 1: 'InternalError' }));
    const deliveries = memoryDeliveries(() => START_MS);
    const waiting = numbers(3).map((at) => ({
      ...message(at),
      eventType: 'jobwatch.job.succeeded',
      eventJson: '{}',
      state: 'waiting' as const,
      reason: null,
      owner: 'lost',
      attempts: 0,
      earlierAttempts: 0,
      unfinished: 0,
      createdAt: new Date(START_MS).toISOString(),
      nextAttemptAt: new Date(START_MS).toISOString(),
      endedAt: null,
      version: 1,
    }));
    for (const delivery of waiting) await deliveries.put(delivery);
    const { send } = makeDeliveriesQueue(client, 'url');
    await expect(resend({ deliveries, send, clock: () => START_MS }, waiting)).rejects.toThrow('has not taken 1 of 3');
  });
});

test('a lease is counted from before the receive, and ten seconds short', async () => {
  let monoMs = 5000;
  const { client } = aClient<SQSClient>(() => {
    monoMs += 20_000;
    return { Messages: [{ MessageId: 'm', ReceiptHandle: 'h', Body: '{}', Attributes: { SentTimestamp: '1' } }] };
  });
  const pending = makePending({ client, url: 'url', clock: () => START_MS, mono: () => monoMs });
  const [message] = await pending.receive(10, 20);
  expect(message?.leaseEndsMono).toBe(5000 + 110_000);
});

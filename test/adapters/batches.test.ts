import {
  BatchGetItemCommand,
  ConditionalCheckFailedException,
  type DynamoDBClient,
  PutItemCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  SendMessageBatchCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { describe, expect, it } from 'vitest';
import { makeDeliveriesQueue } from '../../lib/adapters/deliveries-sqs.ts';
import { makeJobStore } from '../../lib/adapters/jobs-dynamodb.ts';
import { makeBatches } from '../../lib/adapters/sqs-batches.ts';
import { resend } from '../../lib/outbox.ts';
import { START_MS } from '../fakes/clock.ts';
import { memoryDeliveries } from '../fakes/deliveries.ts';
import { aJob } from '../fakes/records.ts';

/**
 * Goal: in a batch each entry has its own fate. Method: the real adapters on clients whose answers are written here; what an
 * engine never does on its own (a partial failure, unprocessed keys, throttling) is then an everyday answer.
 */
class Throttling extends Error {
  override readonly name = 'ThrottlingException';
}

/** A client that answers commands by `answer`, and what it was asked. */
function aClient<Client extends object>(answer: (command: object, call: number) => unknown) {
  const commands: object[] = [];
  const send = async (command: object): Promise<unknown> => {
    commands.push(command);
    return answer(command, commands.length);
  };
  return { client: { send } as unknown as Client, commands };
}

type Entries = readonly { readonly Id?: string | undefined }[];

function entriesOf(command: object): Entries {
  const isBatch =
    command instanceof SendMessageBatchCommand ||
    command instanceof DeleteMessageBatchCommand ||
    command instanceof ChangeMessageVisibilityBatchCommand;
  return (isBatch ? command.input.Entries : undefined) ?? [];
}

/** An answer in which the entries at these places fail with a code; the order of an answer means nothing, so it is turned round. */
function failing(codes: Readonly<Record<number, string>>) {
  return (command: object) => {
    const entries = entriesOf(command);
    const isFailed = ({ Id }: { readonly Id?: string | undefined }) => codes[Number(Id)] !== undefined;
    return {
      Successful: entries.filter((entry) => !isFailed(entry)).reverse(),
      Failed: entries
        .filter(isFailed)
        .map(({ Id }) => ({ Id, Code: codes[Number(Id)], SenderFault: true }))
        .reverse(),
    };
  };
}

async function fates(results: readonly Promise<unknown>[]): Promise<string[]> {
  const settled = await Promise.allSettled(results);
  return settled.map((one) => (one.status === 'fulfilled' ? String(one.value ?? 'done') : String(one.reason.message)));
}

const numbers = (count: number) => Array.from({ length: count }, (_, at) => at);

describe('a batch of queue messages', () => {
  const settle = {
    hide: (batches: ReturnType<typeof makeBatches>, at: number) => batches.hide(`handle-${at}`, 30),
    remove: (batches: ReturnType<typeof makeBatches>, at: number) => batches.remove(`handle-${at}`),
    send: (batches: ReturnType<typeof makeBatches>, at: number) => batches.send({ body: `body ${at}`, attributes: {} }),
  };

  it.each(['hide', 'remove', 'send'] as const)('%s: an entry that fails, fails alone', async (what) => {
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

  it.each(['hide', 'remove'] as const)(
    '%s: a handle that is not valid any more is gone, and no error',
    async (what) => {
      const codes = {
        0: 'MessageNotInflight',
        1: 'AWS.SimpleQueueService.MessageNotInflight',
        2: 'InvalidParameterValue',
        3: 'ReceiptHandleIsInvalid',
        4: 'InvalidReceiptHandle',
      };
      const batches = makeBatches(aClient<SQSClient>(failing(codes)).client, 'url');
      expect(await fates(numbers(6).map((at) => settle[what](batches, at)))).toEqual([
        ...Array.from({ length: 5 }, () => 'gone'),
        'done',
      ]);
    },
  );

  it.each(['hide', 'remove', 'send'] as const)(
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

  it.each(['hide', 'remove', 'send'] as const)(
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

describe('a batch of reads', () => {
  const item = (id: string) => marshall({ ...aJob({ id }), openShard: 'open#0' }, { removeUndefinedValues: true });
  const keysOf = (command: object) => {
    if (!(command instanceof BatchGetItemCommand)) throw new Error('not a read');
    const { Keys = [], ConsistentRead } = command.input.RequestItems?.['jobs'] ?? {};
    expect(ConsistentRead).toBe(true);
    return Keys.map((key) => String(unmarshall(key)['id']));
  };
  const storeOn = (answer: (command: object, call: number) => unknown) => {
    const { client, commands } = aClient<DynamoDBClient>(answer);
    return { store: makeJobStore({ client, table: 'jobs', clock: () => START_MS }), commands };
  };
  /** Reads all but these, which are left for later. */
  const leaving = (command: object, left: readonly string[]) => {
    const ids = keysOf(command);
    const unread = ids.filter((id) => left.includes(id)).map((id) => marshall({ id }));
    return {
      Responses: { jobs: ids.filter((id) => !left.includes(id) && id !== 'absent').map(item) },
      UnprocessedKeys: unread.length > 0 ? { jobs: { Keys: unread } } : {},
    };
  };

  it('asks again for the keys that were left unprocessed, and for these alone', async () => {
    const { store, commands } = storeOn((command, call) => leaving(command, call < 3 ? ['b', 'c'] : []));
    const jobs = await Promise.all(['a', 'b', 'absent', 'c'].map((id) => store.get(id)));
    expect(jobs.map((job) => job?.id ?? null)).toEqual(['a', 'b', null, 'c']);
    expect(commands.map(keysOf)).toEqual([
      ['a', 'b', 'absent', 'c'],
      ['b', 'c'],
      ['b', 'c'],
    ]);
  });

  it('fails, and never says that there is no record, when keys stay unprocessed', async () => {
    const { store, commands } = storeOn((command) => leaving(command, ['b']));
    const seen = await fates([store.get('a'), store.get('b')]);
    expect(seen[1]).toContain('left 1 of 2 jobs unread');
    expect(commands.length).toBeLessThan(10);
  });

  it('fails when it is throttled', async () => {
    const { store } = storeOn(() => {
      throw new Throttling('slow down');
    });
    await expect(store.get('a')).rejects.toThrow('slow down');
  });
});

describe('a conditional write', () => {
  const failed = new ConditionalCheckFailedException({ message: 'no', $metadata: {} });
  const refused = Object.assign(new Error('too large'), { name: 'ValidationException' });
  const throttled = new Throttling('slow down');
  const writes = {
    create: (store: ReturnType<typeof makeJobStore>) => store.create(aJob()),
    save: (store: ReturnType<typeof makeJobStore>) => store.save(aJob()),
    confirmOther: (store: ReturnType<typeof makeJobStore>) => store.confirmOther(aJob(), 'm'),
    told: (store: ReturnType<typeof makeJobStore>) => store.told('id', 1, null),
    disown: (store: ReturnType<typeof makeJobStore>) => store.disown(aJob(), new Date(START_MS).toISOString()),
  };

  it.each([
    ['create', failed, false],
    ['confirmOther', failed, false],
    ['told', failed, false],
    ['disown', failed, false],
    ['save', failed, 'conflict'],
    ['save', refused, 'refused'],
  ] as const)('%s: %s is the answer %s', async (what, error, answer) => {
    const { client } = aClient<DynamoDBClient>(() => {
      throw error;
    });
    expect(await writes[what](makeJobStore({ client, table: 'jobs', clock: () => START_MS }))).toBe(answer);
  });

  it.each(['create', 'save', 'confirmOther', 'told', 'disown'] as const)(
    '%s: throttling is neither success nor a failed condition',
    async (what) => {
      const { client } = aClient<DynamoDBClient>(() => {
        throw throttled;
      });
      await expect(writes[what](makeJobStore({ client, table: 'jobs', clock: () => START_MS }))).rejects.toBe(
        throttled,
      );
    },
  );

  it.each(['save', 'confirmOther', 'told', 'disown'] as const)(
    '%s: makes no record where there is none',
    async (what) => {
      const { client, commands } = aClient<DynamoDBClient>(() => ({}));
      await writes[what](makeJobStore({ client, table: 'jobs', clock: () => START_MS }));
      const [command] = commands;
      expect(command).toBeInstanceOf(UpdateItemCommand);
      expect(command instanceof UpdateItemCommand && command.input.ConditionExpression).toMatch(
        /^attribute_exists\(id\) AND /,
      );
    },
  );

  it('create puts nothing over a record', async () => {
    const { client, commands } = aClient<DynamoDBClient>(() => ({}));
    await writes.create(makeJobStore({ client, table: 'jobs', clock: () => START_MS }));
    const [command] = commands;
    expect(command instanceof PutItemCommand && command.input.ConditionExpression).toMatch(
      /^attribute_not_exists\(id\)/,
    );
  });
});

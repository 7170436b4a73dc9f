import {
  BatchGetItemCommand,
  ConditionalCheckFailedException,
  type DynamoDBClient,
  PutItemCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { describe, expect, it } from 'vitest';
import { makeJobStore } from '../../../lib/adapters/dynamodb/jobs.ts';
import { toIso } from '../../../lib/base/time.ts';
import { START_MS } from '../../fakes/clock.ts';
import { aReading } from '../../fakes/reading.ts';
import { aJob } from '../../fakes/records.ts';
import { aClient, fates, Throttling } from './answering-client.ts';

describe('a batch of reads', () => {
  const item = (id: string) => marshall({ ...aJob({ id }), openShard: 'open#0' }, { removeUndefinedValues: true });
  const keysOf = (command: object) => {
    if (!(command instanceof BatchGetItemCommand)) throw new Error('not a read');
    const { Keys = [], ConsistentRead } = command.input.RequestItems?.['jobs'] ?? {};
    expect(ConsistentRead).toBe(true);
    return Keys.map((key) => String(unmarshall(key)['id']));
  };
  const storeOn = (answer: (command: object, call: number) => unknown, random = 0.5) => {
    const { client, commands } = aClient<DynamoDBClient>(answer);
    const waits: number[] = [];
    const sleep = async (ms: number) => void waits.push(ms);
    const reading = { ...aReading(), sleep, random: () => random };
    return { store: makeJobStore({ ...reading, client, table: 'jobs', clock: () => START_MS }), commands, waits };
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
    expect(seen[1]).toContain('left 1 of 2 items of jobs unread');
    expect(commands.length).toBeLessThan(10);
  });

  it('fails for the keys that stay unread, and for these alone', async () => {
    const ids = Array.from({ length: 100 }, (_, at) => `j${at}`);
    const { store } = storeOn((command) => leaving(command, ['j7']));
    const read = await Promise.allSettled(ids.map((id) => store.get(id)));
    expect(read.filter(({ status }) => status === 'fulfilled')).toHaveLength(99);
    expect(read[7]).toMatchObject({ status: 'rejected' });
  });

  it('keeps what was read when a later try is throttled', async () => {
    const { store } = storeOn((command, call) => {
      if (call > 1) throw new Throttling('slow down');
      return leaving(command, ['b']);
    });
    const seen = await fates([store.get('a'), store.get('b')]);
    expect(seen[0]).not.toContain('slow down');
    expect(seen[1]).toContain('slow down');
  });

  it.each([
    [0, [0, 0, 0, 0, 0]],
    [0.5, [25, 50, 100, 200, 400]],
    [0.999_999, [50, 100, 200, 400, 800]],
  ])('waits before it asks again, up to twice as long each time (chance %d)', async (random, expected) => {
    const { store, waits, commands } = storeOn((command) => leaving(command, ['b']), random);
    await expect(store.get('b')).rejects.toThrow('unread');
    expect(waits.map((ms) => Math.round(ms))).toEqual(expected);
    expect(commands).toHaveLength(6);
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
    confirmOtherOwner: (store: ReturnType<typeof makeJobStore>) => store.confirmOtherOwner(aJob(), 'm'),
    published: (store: ReturnType<typeof makeJobStore>) => store.published('id', 1, null),
    clearOwner: (store: ReturnType<typeof makeJobStore>) => store.clearOwner(aJob(), toIso(START_MS)),
  };

  it.each([
    ['create', failed, 'conflict'],
    ['confirmOtherOwner', failed, 'conflict'],
    ['published', failed, 'conflict'],
    ['clearOwner', failed, 'conflict'],
    ['save', failed, { kind: 'conflict' }],
    ['save', refused, { kind: 'refused' }],
  ] as const)('%s: %s is the answer %j', async (what, error, answer) => {
    const { client } = aClient<DynamoDBClient>((command) => {
      if (command instanceof BatchGetItemCommand) return {};
      throw error;
    });
    expect(await writes[what](makeJobStore({ ...aReading(), client, table: 'jobs', clock: () => START_MS }))).toEqual(
      answer,
    );
  });

  it.each(['create', 'save', 'confirmOtherOwner', 'published', 'clearOwner'] as const)(
    '%s: throttling is neither success nor a failed condition',
    async (what) => {
      const { client } = aClient<DynamoDBClient>(() => {
        throw throttled;
      });
      await expect(
        writes[what](makeJobStore({ ...aReading(), client, table: 'jobs', clock: () => START_MS })),
      ).rejects.toBe(throttled);
    },
  );

  it.each(['save', 'confirmOtherOwner', 'published', 'clearOwner'] as const)(
    '%s: makes no record where there is none',
    async (what) => {
      const { client, commands } = aClient<DynamoDBClient>(() => ({}));
      await writes[what](makeJobStore({ ...aReading(), client, table: 'jobs', clock: () => START_MS }));
      const [command] = commands;
      expect(command).toBeInstanceOf(UpdateItemCommand);
      expect(command instanceof UpdateItemCommand && command.input.ConditionExpression).toMatch(
        /^attribute_exists\(id\) AND /,
      );
    },
  );

  it('create puts nothing over a record', async () => {
    const { client, commands } = aClient<DynamoDBClient>(() => ({}));
    await writes.create(makeJobStore({ ...aReading(), client, table: 'jobs', clock: () => START_MS }));
    const [command] = commands;
    expect(command instanceof PutItemCommand && command.input.ConditionExpression).toMatch(
      /^attribute_not_exists\(id\)/,
    );
  });
});

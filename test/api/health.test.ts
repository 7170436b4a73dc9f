import { expect, test } from 'vitest';
import { makeHealthFacts } from '../../lib/api/health-facts.ts';
import { toIso } from '../../lib/base/time.ts';
import { makeApiWorld } from '../fakes/api-world.ts';
import { START_MS } from '../fakes/clock.ts';

const HOUR_MS = 3_600_000;

test('durations are what was learned; nothing at first', async () => {
  expect((await makeApiWorld().request('GET', '/v1/durations')).body).toEqual({ durations: [] });
  const learned = {
    api: 'alibaba.nlb',
    operation: 'Create',
    count: 3,
    p50Seconds: 40,
    p90Seconds: 90.5,
    p99Seconds: 120,
    histogram: [],
  };
  const world = makeApiWorld(() => ({ durations: async () => [learned] }));
  expect((await world.request('GET', '/v1/durations')).body).toEqual({ durations: [learned] });
});

test.each([
  [30_000, 'ok'],
  [300_000, 'ok'],
  [300_001, 'late'],
  [null, 'unknown'],
])('a last tick %j ms ago is %s', async (age, status) => {
  const world = makeApiWorld((ports) => ({
    health: { ...ports.health, lastTickAt: async () => (age === null ? null : toIso(START_MS - age)) },
  }));
  expect((await world.request('GET', '/v1/health', { token: null })).body).toMatchObject({
    status,
    queues: { pending: { visible: 1 } },
  });
});

test('a part of the health that can not be read is null, and the others are there', async () => {
  const world = makeApiWorld((ports) => ({
    health: {
      ...ports.health,
      queues: async () => {
        throw new Error('throttled');
      },
    },
  }));
  const response = await world.request('GET', '/v1/health');
  expect(response.status).toBe(200);
  expect(response.body).toMatchObject({
    status: 'ok',
    queues: null,
    deniedAccounts: [{ account: 'default' }],
    unread: ['queues'],
  });
});

test('the health is read once in five seconds, however many ask for it', async () => {
  let reads = 0;
  const world = makeApiWorld((ports) => ({
    health: {
      ...ports.health,
      oldestDueAt: async () => {
        reads += 1;
        return null;
      },
    },
  }));
  for (let asked = 0; asked < 10; asked += 1) await world.request('GET', '/v1/health');
  expect(reads).toBe(1);
  world.clock.advance(5000);
  await world.request('GET', '/v1/health');
  expect(reads).toBe(2);
});

test('the facts of the health are the earliest of all jobs and denials', async () => {
  const at = (ms: number) => toIso(START_MS + ms);
  const denial = (id: string, account: string, since: string, versions: object = {}) => ({
    id,
    denial: { account, since, untilMs: START_MS, versions: { ...versions }, reason: `${id} refused` },
  });
  const facts = makeHealthFacts({
    state: {
      lastTick: async () => null,
      denials: async () => [
        denial('key#cafe', 'a', at(5), { a: '1', c: '1' }),
        { id: 'key#none', denial: null },
        denial('account#b@huawei', 'b', at(1)),
        denial('scope#alibaba.nlb/a/cn-hangzhou', 'a', at(2)),
        // Nobody has tried it for longer than an hour: the account has another key by now.
        {
          ...denial('key#old', 'd', at(0)),
          denial: { ...denial('key#old', 'd', at(0)).denial, untilMs: START_MS - 1 },
        },
      ],
    },
    jobs: { oldestDue: async () => at(7) },
    subscriptions: { list: async () => [] },
    unreadable: () => 2,
    depthOf: async (url) => ({ visible: url.length, inFlight: 0, delayed: 0 }),
    queueUrls: { pending: 'four', dead: 'xx' },
    clock: () => START_MS + HOUR_MS,
  });
  expect(await facts.lastTickAt()).toBeNull();
  expect(await facts.oldestDueAt()).toBe(at(7));
  expect(await facts.queues()).toEqual({
    pending: { visible: 4, inFlight: 0, delayed: 0 },
    dead: { visible: 2, inFlight: 0, delayed: 0 },
  });
  expect(await facts.unreadableItems()).toBe(2);
  const nextTryAt = toIso(START_MS);
  const key = { what: 'key', scope: null, since: at(5), reason: 'key#cafe refused', nextTryAt };
  const account = { what: 'account', scope: null, since: at(1), reason: 'account#b@huawei refused', nextTryAt: null };
  const scope = { what: 'scope', scope: 'alibaba.nlb/a/cn-hangzhou', since: at(2), nextTryAt };
  expect(await facts.deniedAccounts()).toEqual([
    {
      account: 'a',
      since: at(2),
      denials: [{ ...scope, reason: 'scope#alibaba.nlb/a/cn-hangzhou refused' }, key],
    },
    { account: 'c', since: at(5), denials: [key] },
    { account: 'b', since: at(1), denials: [account] },
  ]);
});

test('the health shows a hundred denied accounts, those denied longest, and how many there are', async () => {
  const denied = Array.from({ length: 300 }, (_, at) => ({
    account: `a${at}`,
    since: toIso(START_MS - at * 1000),
    denials: [],
  }));
  const world = makeApiWorld((ports) => ({
    health: { ...ports.health, deniedAccounts: async () => denied, unreadableItems: async () => 3 },
  }));
  const { body } = await world.request('GET', '/v1/health', { token: null });
  const health = body as { deniedAccounts: { account: string }[] };
  expect(health).toMatchObject({ deniedAccountsTotal: 300, unreadableItems: 3 });
  expect(Object.keys(health.deniedAccounts[0] ?? {})).toEqual(['account', 'since']);
  expect(health.deniedAccounts.map(({ account }) => account)).toEqual(
    Array.from({ length: 100 }, (_, at) => `a${299 - at}`),
  );
});

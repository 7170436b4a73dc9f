import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeDeliveryStore } from '../../../lib/adapters/dynamodb/deliveries.ts';
import { makeSecretStore } from '../../../lib/adapters/dynamodb/secrets.ts';
import { makeSubscriptionStore } from '../../../lib/adapters/dynamodb/subscriptions.ts';
import type { SubscriptionStore } from '../../../lib/deliver/ports.ts';
import { deliveriesContract } from '../../contract/deliveries.ts';
import { secretsContract } from '../../contract/secrets.ts';
import { subscriptionsContract } from '../../contract/subscriptions.ts';
import {
  type Engine,
  hasDynoxide,
  startDynalite,
  startDynoxide,
  startGiven,
  type Table,
} from '../../engine/dynamodb.ts';
import { GIVEN } from '../../engine/given.ts';
import { memoryDeliveries } from '../../fakes/deliveries.ts';
import { memorySecrets } from '../../fakes/secrets.ts';
import { aSubscription, memorySubscriptions } from '../../fakes/subscriptions.ts';
import { aClient } from './answering-client.ts';

const AT = '2026-11-20T10:00:00.000Z';
const CLOSED = { openUntil: null, failingSince: null };
const TABLES: readonly Table[] = [
  { name: 'subscriptions', indexes: [] },
  { name: 'secrets', indexes: [] },
  {
    name: 'deliveries',
    indexes: [
      { name: 'bySubscription', partition: 'subscription', sort: 'createdAt' },
      { name: 'waiting', partition: 'waitingFor', sort: 'nextAttemptAt' },
    ],
  },
];

test.each([
  ['setCircuit', (store: SubscriptionStore) => store.setCircuit('sub_a', CLOSED, CLOSED)],
  ['leaseProbe', (store: SubscriptionStore) => store.leaseProbe('sub_a', AT, AT)],
  ['setLastSuccess', (store: SubscriptionStore) => store.setLastSuccess('sub_a', null, AT)],
])(
  '%s asks for a subscription that is there, since an engine may take what is absent for a null',
  async (_, change) => {
    const { client, commands } = aClient<DynamoDBClient>(() => ({}));
    await change(makeSubscriptionStore(client, 'subscriptions'));
    expect(commands).toMatchObject([
      { input: { ConditionExpression: expect.stringMatching(/^attribute_exists\(id\) AND /) } },
    ]);
  },
);

describe('in memory', () => {
  describe('deliveries', () => deliveriesContract(memoryDeliveries));
  describe('subscriptions', () => subscriptionsContract(memorySubscriptions));
  describe('secrets', () => secretsContract(memorySecrets));
});

describe.each([
  ['dynoxide', startDynoxide, hasDynoxide],
  ['dynalite', startDynalite, true],
  ['the engine that is given', startGiven, GIVEN.dynamodb !== ''],
] as const)('on %s', (_name, start, isHere) => {
  describe.skipIf(!isHere)('the stores', () => {
    let engine: Engine;
    beforeAll(async () => {
      engine = await start(TABLES);
    });
    afterAll(() => engine.stop());

    describe('deliveries', () =>
      deliveriesContract((clock) =>
        makeDeliveryStore({ client: engine.client, table: engine.table('deliveries'), clock }),
      ));
    describe('subscriptions', () =>
      subscriptionsContract(() => makeSubscriptionStore(engine.client, engine.table('subscriptions'))));
    describe('secrets', () => secretsContract(() => makeSecretStore(engine.client, engine.table('secrets'))));

    test('lists asked for together share one read, and a later one sees what was created since', async () => {
      const store = makeSubscriptionStore(engine.client, engine.table('subscriptions'));
      const [first, second] = [store.list(), store.list()];
      expect(await second).toBe(await first);
      const fresh = aSubscription({ id: 'sub_fresh' });
      await store.create(fresh);
      expect(await store.list()).toContainEqual(fresh);
    });

    test('the count of the waiting is not read again within ten seconds', async () => {
      let nowMs = 0;
      const store = makeDeliveryStore({ client: engine.client, table: engine.table('deliveries'), clock: () => nowMs });
      expect(await store.waitingCount('sub_counted', 10)).toBe(0);
      const at = '2026-11-20T10:00:00.000Z';
      const record = {
        eventType: 't',
        eventJson: '{}',
        state: 'waiting',
        reason: null,
        owner: null,
        round: 0,
      } as const;
      const times = { createdAt: at, nextAttemptAt: at, endedAt: null };
      await store.put({
        ...record,
        ...times,
        subscription: 'sub_counted',
        eventId: 'e',
        attempts: 0,
        earlierAttempts: 0,
        unfinished: 0,
        version: 1,
      });
      nowMs = 9_999;
      expect(await store.waitingCount('sub_counted', 10)).toBe(0);
      nowMs = 10_000;
      expect(await store.waitingCount('sub_counted', 10)).toBe(1);
    });
  });
});

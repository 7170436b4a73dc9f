import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeCallbackTokens } from '../../../lib/adapters/dynamodb/callback-tokens.ts';
import { makeDeliveryStore } from '../../../lib/adapters/dynamodb/deliveries.ts';
import { makeDeliveryOutcomes } from '../../../lib/adapters/dynamodb/delivery-outcomes.ts';
import { put, update } from '../../../lib/adapters/dynamodb/items.ts';
import { makeSecretStore } from '../../../lib/adapters/dynamodb/secrets.ts';
import { makeSlotStore } from '../../../lib/adapters/dynamodb/slots.ts';
import { makeSubscriptionStore } from '../../../lib/adapters/dynamodb/subscriptions.ts';
import { toIso } from '../../../lib/base/time.ts';
import { newDelivery } from '../../../lib/deliver/delivery.ts';
import { makePublish } from '../../../lib/deliver/outbox.ts';
import type { SubscriptionStore } from '../../../lib/deliver/ports.ts';
import { callbackTokensContract } from '../../contract/callback-tokens.ts';
import { deliveriesContract } from '../../contract/deliveries.ts';
import { secretsContract } from '../../contract/secrets.ts';
import { slotsContract } from '../../contract/slots.ts';
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
import { memoryCallbackTokens } from '../../fakes/callback-tokens.ts';
import { memoryDeliveries } from '../../fakes/deliveries.ts';
import { aReading } from '../../fakes/reading.ts';
import { memorySecrets } from '../../fakes/secrets.ts';
import { memorySlots } from '../../fakes/slots.ts';
import { aSubscription, memorySubscriptions } from '../../fakes/subscriptions.ts';
import { anEvent, START_MS } from '../../fakes/webhook-world.ts';
import { aClient } from './answering-client.ts';

const AT = '2026-11-20T10:00:00.000Z';
const CLOSED = { openUntil: null, failingSince: null };
const TABLES: readonly Table[] = [
  { name: 'subscriptions', indexes: [] },
  { name: 'secrets', indexes: [] },
  { name: 'state', indexes: [] },
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
    await change(makeSubscriptionStore(client, 'subscriptions', aReading().unreadable));
    expect(commands).toMatchObject([
      { input: { ConditionExpression: expect.stringMatching(/^attribute_exists\(id\) AND /) } },
    ]);
  },
);

describe('in memory', () => {
  describe('deliveries', () => deliveriesContract(memoryDeliveries));
  describe('subscriptions', () => subscriptionsContract(memorySubscriptions));
  describe('secrets', () => secretsContract(memorySecrets));
  describe('callback tokens', () => callbackTokensContract(memoryCallbackTokens));
  describe('slots', () => slotsContract(memorySlots));
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
      deliveriesContract((clock) => {
        const options = { ...aReading(), client: engine.client, table: engine.table('deliveries'), clock };
        return { ...makeDeliveryStore(options), ...makeDeliveryOutcomes(options) };
      }));
    describe('subscriptions', () =>
      subscriptionsContract(() =>
        makeSubscriptionStore(engine.client, engine.table('subscriptions'), aReading().unreadable),
      ));
    describe('secrets', () => secretsContract(() => makeSecretStore(engine.client, engine.table('secrets'))));
    describe('callback tokens', () =>
      callbackTokensContract((clock) => makeCallbackTokens(engine.client, engine.table('secrets'), clock)));
    describe('slots', () =>
      slotsContract(() => makeSlotStore({ client: engine.client, table: engine.table('state') })));

    test('lists asked for together share one read, and a later one sees what was created since', async () => {
      const store = makeSubscriptionStore(engine.client, engine.table('subscriptions'), aReading().unreadable);
      const [first, second] = [store.list(), store.list()];
      expect(await second).toBe(await first);
      const fresh = aSubscription({ id: 'sub_fresh' });
      await store.create(fresh);
      expect(await store.list()).toContainEqual(fresh);
    });

    test('an item from before there were kinds and formats is a webhook that gets the event itself', async () => {
      const { kind: _, format: __, ...old } = aSubscription({ id: 'sub_old' });
      await put({ client: engine.client, table: engine.table('subscriptions') }, old);
      const store = makeSubscriptionStore(engine.client, engine.table('subscriptions'), aReading().unreadable);
      const read = await store.get('sub_old');
      expect(read).toEqual({ ...old, kind: 'webhook', format: 'cloudevents' });
      expect(await store.list()).toContainEqual(read);
      expect(await store.remove('sub_old')).toBe(true);
    });

    describe('an item that can not be understood', () => {
      const oddSubscription = async (id: string) => {
        const { state: _, ...fields } = aSubscription({ id, types: ['jobwatch.*'] });
        await put({ client: engine.client, table: engine.table('subscriptions') }, { ...fields, state: 'paused' });
      };

      test('among subscriptions keeps no event from the others, and can be deleted', async () => {
        const reading = aReading();
        const subscriptions = makeSubscriptionStore(engine.client, engine.table('subscriptions'), reading.unreadable);
        const deliveries = makeDeliveryStore({
          ...reading,
          client: engine.client,
          table: engine.table('deliveries'),
          clock: () => 0,
        });
        await oddSubscription('sub_odd');
        await subscriptions.create(aSubscription({ id: 'sub_even', types: ['jobwatch.*'] }));
        const sent: string[] = [];
        const send = async (messages: readonly { subscription: string }[]) =>
          messages.map(({ subscription }) => sent.push(subscription) > 0);
        const publish = makePublish({ subscriptions, deliveries, send, clock: () => 0 });
        await Promise.all(Array.from({ length: 8 }, (_, at) => publish([anEvent({ id: `evt_odd_${at}` })])));
        expect(sent.filter((id) => id === 'sub_even')).toHaveLength(8);
        expect(reading.noted).toContain(`${engine.table('subscriptions')} sub_odd`);
        await expect(subscriptions.get('sub_odd')).rejects.toThrow('state');
        expect(await subscriptions.remove('sub_odd')).toBe(true);
        expect(await subscriptions.remove('sub_odd')).toBe(false);
        expect(await subscriptions.remove('sub_even')).toBe(true);
      });

      test('among deliveries is left out of the list and of what is overdue', async () => {
        const reading = aReading();
        const options = { ...reading, client: engine.client, table: engine.table('deliveries'), clock: () => START_MS };
        const store = makeDeliveryStore(options);
        const at = toIso(START_MS);
        for (const id of ['evt_a', 'evt_b']) await store.put(newDelivery('sub_of_odd', anEvent({ id }), '{}', at));
        const change = { set: { state: 'asleep' } };
        await update({ client: engine.client, table: engine.table('deliveries') }, 'sub_of_odd/evt_a', change);
        const ids = (deliveries: readonly { eventId: string }[]) => deliveries.map(({ eventId }) => eventId);
        expect(ids(await store.list('sub_of_odd', { limit: 10, after: null }))).toEqual(['evt_b']);
        expect(ids(await store.overdue('sub_of_odd', '9999', 10))).toEqual(['evt_b']);
        await expect(store.put(newDelivery('sub_of_odd', anEvent({ id: 'evt_a' }), '{}', at))).rejects.toThrow('state');
        expect(new Set(reading.noted)).toEqual(new Set([`${engine.table('deliveries')} sub_of_odd/evt_a`]));
      });
    });

    test('the count of the waiting is not read again within ten seconds', async () => {
      let nowMs = 0;
      const store = makeDeliveryStore({
        ...aReading(),
        client: engine.client,
        table: engine.table('deliveries'),
        clock: () => nowMs,
      });
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

import { Webhook } from 'standardwebhooks';
import { describe, expect, test } from 'vitest';
import type { Send } from '../../lib/base/http.ts';
import { ItemError } from '../../lib/base/item-error.ts';
import { toIso, toMs } from '../../lib/base/time.ts';
import { makeBatch } from '../../lib/deliver/batch.ts';
import { makeCircuit } from '../../lib/deliver/circuit.ts';
import { makeDeliver } from '../../lib/deliver/deliver.ts';
import type { Delivery } from '../../lib/deliver/delivery.ts';
import { RETRY_WAITS_SECONDS } from '../../lib/deliver/retry.ts';
import { aSubscription } from '../fakes/subscriptions.ts';
import {
  anEvent,
  answer,
  aWorld,
  Crash,
  SECRET,
  START_MS,
  silence,
  type WorldOptions,
} from '../fakes/webhook-world.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** A world in which one event was published to one subscription. */
async function published(options: WorldOptions = {}) {
  const world = aWorld(options);
  await world.publish([anEvent()]);
  return world;
}

/** The record changed as somebody else would. */
async function change(world: Awaited<ReturnType<typeof published>>, fields: Partial<Delivery>): Promise<void> {
  await world.deliveries.save({ ...world.theDelivery(), ...fields });
}

const waitsOf = (world: Awaited<ReturnType<typeof published>>) =>
  world.calls.map(({ atMs }) => Math.round((atMs - START_MS) / 1000));

describe('a delivery', () => {
  test('is posted once, signed, and recorded', async () => {
    const world = await published({ answers: [answer(200, {}, 'thanks')] });
    await world.run();
    expect(world.calls).toHaveLength(1);
    const [call] = world.calls;
    expect(call?.url).toBe('https://hooks.example.com/a');
    expect(JSON.parse(call?.body ?? '')).toEqual(anEvent());
    expect(call?.headers['webhook-signature']).toBe(
      new Webhook(SECRET).sign('evt_1', new Date(START_MS), call?.body ?? '').toString(),
    );
    expect(world.theDelivery()).toMatchObject({ state: 'delivered', attempts: 1, owner: 'm1' });
    expect(await world.deliveries.attempts('sub_a', 'evt_1')).toEqual([
      { number: 1, at: toIso(START_MS), status: 200, durationMs: 20, error: null, answer: 'thanks' },
    ]);
    expect(world.queue).toEqual([]);
  });

  test('is tried again as the schedule says, with the same bytes, until it succeeds', async () => {
    const world = await published({ answers: [answer(500), silence, answer(204)] });
    await world.run();
    expect(waitsOf(world)).toEqual([0, 5, 305]);
    expect(new Set(world.calls.map(({ body }) => body)).size).toBe(1);
    expect(world.theDelivery()).toMatchObject({ state: 'delivered', attempts: 3 });
    const attempts = await world.deliveries.attempts('sub_a', 'evt_1');
    expect(attempts.map(({ status, error }) => [status, error])).toEqual([
      [204, null],
      [null, 'timeout: no answer'],
      [500, 'the endpoint answered 500'],
    ]);
  });

  test('without success is exhausted after the last attempt, and its message lies on the dead queue', async () => {
    const world = await published({ answers: [silence] });
    await world.run();
    expect(world.calls).toHaveLength(3);
    expect(world.theDelivery()).toMatchObject({
      state: 'exhausted',
      attempts: 3,
      reason: 'all 3 attempts have failed',
    });
    expect(world.dead).toEqual([
      { body: '{"subscription":"sub_a","eventId":"evt_1","round":0}', reason: 'all attempts have failed' },
    ]);
    expect(world.queue).toEqual([]);
  });

  test('that waits for days does so in steps that the queue can hold', async () => {
    const world = await published({ waitsSeconds: [86_400], answers: [answer(500), answer(200)] });
    await world.tick();
    const steps: number[] = [];
    while (world.queue[0] !== undefined) {
      steps.push((world.queue[0].visibleAtMs - world.time.nowMs) / 1000);
      world.time.nowMs = world.queue[0].visibleAtMs;
      await world.tick();
    }
    expect(steps).toEqual([39_600, 39_600, 7200]);
    expect(world.theDelivery().state).toBe('delivered');
  });

  test('keeps the first kilobyte of the answer', async () => {
    const world = await published({ answers: [answer(200, {}, 'ü'.repeat(5000))] });
    await world.run();
    const [attempt] = await world.deliveries.attempts('sub_a', 'evt_1');
    expect(attempt?.answer).toBe('ü'.repeat(512));
  });

  test('is signed with the previous secret too until that runs out', async () => {
    const world = await published({ answers: [answer(500)] });
    await world.secrets.rotate('sub_a', 'whsec_bmV3', toIso(START_MS + 1000), toIso(START_MS));
    await world.run();
    expect(world.calls.map(({ headers }) => headers['webhook-signature']?.split(' ').length)).toEqual([2, 1, 1]);
  });

  test('without a secret is not sent, and says so', async () => {
    const world = await published();
    await world.secrets.remove('sub_a');
    await world.run();
    expect(world.calls).toEqual([]);
    expect(world.theDelivery().state).toBe('exhausted');
    const [attempt] = await world.deliveries.attempts('sub_a', 'evt_1');
    expect(attempt?.error).toBe('blocked: the subscription has no secret to sign with');
  });
});

describe('a message', () => {
  test.each<[string, Partial<Delivery>]>([
    ['is delivered', { state: 'delivered', endedAt: toIso(START_MS) }],
    ['is canceled', { state: 'canceled', endedAt: toIso(START_MS) }],
    ['is skipped', { state: 'skipped', endedAt: toIso(START_MS) }],
    ['is exhausted without ever having had this message', { state: 'exhausted', endedAt: toIso(START_MS) }],
    ['is in a later round', { round: 1 }],
    ['belongs to another message', { owner: 'other' }],
    [
      'belongs to another message, 15 minutes overdue',
      { owner: 'other', nextAttemptAt: toIso(START_MS - 15 * MINUTE_MS) },
    ],
  ])('is dropped if its delivery %s', async (_name, fields) => {
    const world = await published();
    await change(world, fields);
    await world.tick();
    expect(world.queue).toEqual([]);
    expect(world.calls).toEqual([]);
    expect(world.dead).toEqual([]);
  });

  test('takes over a delivery that is more than 15 minutes overdue', async () => {
    const world = await published();
    await change(world, { owner: 'other', nextAttemptAt: toIso(START_MS - 15 * MINUTE_MS - 1) });
    await world.run();
    expect(world.theDelivery()).toMatchObject({ state: 'delivered', owner: 'm1' });
  });

  test('that owns the delivery continues however late it is', async () => {
    const world = await published({ answers: [answer(500), answer(200)] });
    await world.tick();
    world.time.nowMs += 10 * DAY_MS;
    await world.tick();
    expect(world.theDelivery()).toMatchObject({ state: 'delivered', attempts: 2 });
  });

  test('that comes early waits for what is left, without an attempt', async () => {
    const world = await published();
    await change(world, { owner: 'm1', nextAttemptAt: toIso(START_MS + 90_500) });
    await world.tick();
    expect(world.calls).toEqual([]);
    expect(world.queue[0]?.visibleAtMs).toBe(START_MS + 91_000);
  });

  test('and its twin together make one call', async () => {
    const world = await published();
    const [message] = world.queue;
    if (message === undefined) throw new Error('there is no message');
    const results = await Promise.all([world.receive(message), world.receive(message)]);
    expect(results.sort()).toEqual(['done', 'keep']);
    expect(world.calls).toHaveLength(1);
  });

  test('and its twin, received while the call is under way, make one call', async () => {
    const world = await published();
    const received = { messageId: 'm1', body: world.queue[0]?.body ?? '', receiptHandle: 'm1', sentAtMs: START_MS };
    const twins: Promise<string>[] = [];
    const send: Send = async (request) => {
      twins.push(deliver(received));
      await Promise.all(twins);
      return await world.send(request);
    };
    const deliver = makeDeliver(
      { ...world.ports, sinks: world.sinksOver(send) },
      { stage: 'test', waitsSeconds: [5], timeoutMs: 15_000 },
    );
    expect(await deliver(received)).toBe('done');
    expect(await Promise.all(twins)).toEqual(['keep']);
    expect(world.calls).toHaveLength(1);
  });

  test.each([
    '',
    'hello',
    '[]',
    'null',
    '{"subscription":"sub_a","eventId":"evt_1"}',
    '{"subscription":"sub_a","eventId":"evt_1","round":-1}',
    '{"subscription":"sub_a","eventId":"evt_1","round":"0"}',
    '{"subscription":"sub a","eventId":"evt_1","round":0}',
    '{"subscription":"sub_a","eventId":"evt/1","round":0}',
    '{"subscription":1,"eventId":"evt_1","round":0}',
  ])('that is not ours goes to the dead queue: %s', async (body) => {
    const world = aWorld();
    world.enqueue(body);
    await world.tick();
    expect(world.dead).toEqual([{ body, reason: 'the body is no delivery message' }]);
    expect(world.queue).toEqual([]);
  });

  test('without a record goes to the dead queue', async () => {
    const world = aWorld();
    world.enqueue('{"subscription":"sub_a","eventId":"evt_9","round":0}');
    await world.tick();
    expect(world.dead).toMatchObject([{ reason: 'no record of the delivery exists' }]);
  });

  test('moved back from the dead queue begins anew, with fresh attempts', async () => {
    const world = await published({ answers: [silence, silence, silence, silence, answer(200)] });
    await world.run();
    world.time.nowMs += HOUR_MS;
    world.enqueue(world.dead[0]?.body ?? '');
    await world.run();
    expect(world.theDelivery()).toMatchObject({ state: 'delivered', attempts: 5, earlierAttempts: 3 });
    const numbers = (await world.deliveries.attempts('sub_a', 'evt_1')).map(({ number }) => number);
    expect(numbers).toEqual([5, 4, 3, 2, 1]);
  });

  test('whose attempts are cut off again and again is given up in the end', async () => {
    const world = await published();
    await change(world, { owner: 'm1', attempts: 8, unfinished: 5 });
    await world.run();
    expect(world.calls).toEqual([]);
    expect(world.theDelivery()).toMatchObject({
      state: 'exhausted',
      reason: '5 attempts were interrupted',
    });
    expect(world.dead).toHaveLength(1);
  });
});

describe('a delivery whose attempts are cut off', () => {
  /** A table, or a key, that nobody can use for so long. */
  const OUTAGE_MS = HOUR_MS;

  test('for an hour, since a table is out of order, is not given up', async () => {
    let nowMs = () => START_MS;
    const world = await published({
      waitsSeconds: RETRY_WAITS_SECONDS,
      meddle: (port, at) => {
        if (port === 'secrets.get' && at === 'before' && nowMs() < START_MS + OUTAGE_MS) throw new Crash();
      },
    });
    nowMs = () => world.time.nowMs;
    await world.run();
    expect(world.dead).toEqual([]);
    expect(world.theDelivery()).toMatchObject({ state: 'delivered' });
    expect(world.calls).toHaveLength(1);
  });

  test('waits as the schedule says, and is given up after the fifth', async () => {
    const beganMs: number[] = [];
    let nowMs = () => START_MS;
    const world = await published({
      waitsSeconds: RETRY_WAITS_SECONDS,
      meddle: (port, at) => {
        if (port !== 'http' || at !== 'before') return;
        beganMs.push(nowMs() - START_MS);
        throw new Crash();
      },
    });
    nowMs = () => world.time.nowMs;
    await world.run();
    const waits = beganMs.map((ms, at) => Math.round((ms - (beganMs[at - 1] ?? 0)) / MINUTE_MS));
    expect(waits).toEqual([0, 3, 5, 30, 120]);
    expect(world.theDelivery()).toMatchObject({ state: 'exhausted', reason: '5 attempts were interrupted' });
    expect(world.dead).toHaveLength(1);
  });
});

describe('a subscription', () => {
  test('that was deleted cancels its deliveries', async () => {
    const world = await published();
    await world.subscriptions.remove('sub_a');
    await world.run();
    expect(world.theDelivery()).toMatchObject({ state: 'canceled', reason: 'the subscription was deleted' });
    expect(world.calls).toEqual([]);
  });

  test('that was disabled by somebody cancels its deliveries, and the others hear of it all the same', async () => {
    const other = aSubscription({ id: 'sub_b', types: ['jobwatch.endpoint.disabled'] });
    const world = await published({ subscriptions: [aSubscription(), other] });
    const disabled = { at: toIso(START_MS), by: 'api' as const, reason: 'holidays' };
    await world.subscriptions.save(aSubscription({ types: ['jobwatch.*'], state: 'disabled', disabled }));
    const [first] = world.queue;
    if (first === undefined) throw new Error('there is no message');
    await world.receive(first);
    expect(world.deliveries.all()).toMatchObject([
      { subscription: 'sub_a', state: 'canceled', reason: 'the subscription is disabled' },
      { subscription: 'sub_b', state: 'waiting', eventType: 'jobwatch.endpoint.disabled' },
    ]);
  });

  test('that answers 410 is disabled at once, and the others hear of it', async () => {
    const others = [
      aSubscription({ id: 'sub_b', types: ['jobwatch.endpoint.disabled'] }),
      aSubscription({ id: 'sub_c' }),
    ];
    const world = await published({ subscriptions: [aSubscription(), ...others], answers: [answer(410)] });
    const [first] = world.queue;
    if (first === undefined) throw new Error('there is no message');
    await world.receive(first);
    const disabled = { at: toIso(START_MS + 20), by: 'jobwatch', reason: 'the endpoint answered 410 Gone' };
    expect(await world.subscriptions.get('sub_a')).toMatchObject({ state: 'disabled', disabled });
    expect(await world.deliveries.get('sub_a', 'evt_1')).toMatchObject({ state: 'canceled', reason: disabled.reason });
    const hearers = world.deliveries.all().filter(({ eventType }) => eventType === 'jobwatch.endpoint.disabled');
    expect(hearers).toMatchObject([{ subscription: 'sub_b', state: 'waiting' }]);
    expect(JSON.parse(hearers[0]?.eventJson ?? '').data).toEqual({ subscription: 'sub_a', reason: disabled.reason });
    const said = world.lines.filter(({ message }) => message === 'subscription.disabled');
    expect(said).toMatchObject([{ level: 'warn', fields: { subscription: 'sub_a', reason: disabled.reason } }]);
  });

  test.each([
    [5 * DAY_MS - 21, 'active'],
    [5 * DAY_MS, 'disabled'],
  ])('whose every attempt has failed for %i ms is %s after the next', async (forMs, state) => {
    const failing = aSubscription({ failingSince: toIso(START_MS - forMs) });
    const world = await published({ subscriptions: [failing], answers: [answer(500)] });
    await world.tick();
    expect((await world.subscriptions.get('sub_a'))?.state).toBe(state);
    expect(world.theDelivery().state).toBe(state === 'disabled' ? 'canceled' : 'waiting');
  });

  test('that has failed for days and succeeds now stays, and starts anew', async () => {
    const failing = aSubscription({ failingSince: toIso(START_MS - 6 * DAY_MS) });
    const world = await published({ subscriptions: [failing] });
    await world.run();
    expect(await world.subscriptions.get('sub_a')).toMatchObject({ state: 'active', failingSince: null });
  });

  test('whose address was changed meanwhile is not disabled for what the old one said', async () => {
    const world = await published({
      answers: [answer(410), answer(200)],
      meddle: (port, moment) => {
        if (port !== 'http' || moment !== 'after' || world.calls.length > 1) return;
        // The worker has taken the probe lease: that has raised the version.
        const changed = { types: ['jobwatch.*'], url: 'https://new.example.com/', version: 2 };
        void world.subscriptions.save(aSubscription(changed));
      },
    });
    await world.run();
    expect(world.calls.map(({ url }) => url)).toEqual(['https://hooks.example.com/a', 'https://new.example.com/']);
    expect(world.theDelivery().state).toBe('delivered');
  });
});

describe('the circuit of an endpoint', () => {
  const many = async (events: number, options: WorldOptions) => {
    const world = aWorld({ waitsSeconds: [3600, 3600], ...options });
    await world.publish(Array.from({ length: events }, (_, at) => anEvent({ id: `evt_${at}` })));
    return world;
  };

  test('notes the first failure and forgets it after a success', async () => {
    const world = await published({ answers: [answer(500), answer(200)] });
    await world.tick();
    expect(await world.subscriptions.get('sub_a')).toMatchObject({
      failingSince: toIso(START_MS + 20),
      openUntil: null,
    });
    await world.run();
    expect(await world.subscriptions.get('sub_a')).toMatchObject({ failingSince: null, openUntil: null });
  });

  test('opens after five failures: what is due then waits without an attempt', async () => {
    const world = await many(9, { answers: [silence] });
    await world.tick();
    expect(world.calls).toHaveLength(5);
    expect((await world.subscriptions.get('sub_a'))?.openUntil).toBe(toIso(START_MS + 5 * 20 + 30_000));
    const untried = world.deliveries.all().filter(({ attempts }) => attempts === 0);
    expect(untried).toHaveLength(4);
    expect(untried.every(({ state }) => state === 'waiting')).toBe(true);
  });

  test('counts only failures in a row', async () => {
    const answers = [silence, silence, silence, silence, answer(200), silence, silence, silence, silence, answer(200)];
    const world = await many(10, { answers });
    await world.tick();
    expect(world.calls).toHaveLength(10);
  });

  test('lets only one of two workers try', async () => {
    const world = aWorld({ subscriptions: [aSubscription({ openUntil: toIso(START_MS - 1) })] });
    const read = await world.subscriptions.get('sub_a');
    if (read === null) throw new Error('there is no subscription');
    const workers = [makeCircuit(world.ports, 30_000), makeCircuit(world.ports, 30_000)];
    const admissions = await Promise.all(workers.map(({ admit }) => admit(read, true)));
    expect(admissions.map(({ kind }) => kind)).toEqual(['permit', 'wait']);
  });

  test('lets one probe through when its time is over, and stays open while that fails', async () => {
    const world = await many(9, { answers: [silence] });
    await world.tick();
    for (let probe = 1; probe <= 3; probe += 1) {
      world.time.nowMs = toMs((await world.subscriptions.get('sub_a'))?.openUntil ?? '') + 2000;
      await world.tick();
      expect(world.calls).toHaveLength(5 + probe);
    }
  });

  test('is open for as long as the endpoint has failed, ten minutes at most', async () => {
    const failingSince = toIso(START_MS - DAY_MS);
    const world = await many(1, {
      answers: [silence],
      subscriptions: [aSubscription({ failingSince, openUntil: toIso(START_MS - 1) })],
    });
    await world.tick();
    expect((await world.subscriptions.get('sub_a'))?.openUntil).toBe(toIso(START_MS + 20 + 10 * MINUTE_MS));
  });

  test('closes with the first success, and all that waited is delivered', async () => {
    const world = await many(9, { answers: [silence, silence, silence, silence, silence, answer(200)] });
    await world.run();
    expect(world.deliveries.all().every(({ state }) => state === 'delivered')).toBe(true);
    expect(world.calls).toHaveLength(5 + 9);
    expect(await world.subscriptions.get('sub_a')).toMatchObject({ openUntil: null, failingSince: null });
  });

  test('makes nothing that waits for it look lost', async () => {
    const subscriptions = [aSubscription({ failingSince: toIso(START_MS - DAY_MS), openUntil: toIso(START_MS - 1) })];
    const world = await many(9, { answers: [silence], waitsSeconds: [], subscriptions });
    let latestMs = 0;
    for (let steps = 0; steps < 200 && world.queue.length > 0; steps += 1) {
      world.time.nowMs = Math.min(...world.queue.map(({ visibleAtMs }) => visibleAtMs));
      for (const { state, nextAttemptAt } of world.deliveries.all()) {
        if (state === 'waiting') latestMs = Math.max(latestMs, world.time.nowMs - toMs(nextAttemptAt));
      }
      await world.tick();
    }
    expect(world.queue).toEqual([]);
    expect(latestMs).toBeLessThan(15 * MINUTE_MS);
  });
});

describe('the log', () => {
  test('has one line an attempt, without the address, the body and the secret', async () => {
    const secretive = aSubscription({ url: 'https://hooks.example.com/path?token=hidden' });
    const world = await published({ subscriptions: [secretive], answers: [answer(503, {}, 'busy'), answer(200)] });
    await world.run();
    const attempts = world.lines.filter(({ message }) => message === 'delivery.attempted').map(({ fields }) => fields);
    expect(attempts).toMatchObject([
      {
        subscription: 'sub_a',
        eventId: 'evt_1',
        attempt: 1,
        status: 503,
        durationMs: 20,
        state: 'waiting',
        nextWaitMs: 5000,
      },
      { subscription: 'sub_a', eventId: 'evt_1', attempt: 2, status: 200, state: 'delivered', nextWaitMs: null },
    ]);
    expect(JSON.stringify(world.lines)).not.toMatch(/hidden|busy|whsec_|hooks\.example/);
  });
});

describe('a batch', () => {
  const record = (messageId: string) => ({
    messageId,
    body: messageId,
    receiptHandle: 'r',
    attributes: { SentTimestamp: '1000' },
  });

  test('reports what is kept and what failed, and one failure touches no other message', async () => {
    const world = aWorld();
    const { log, random } = world.ports;
    const delays: [string, number][] = [];
    const delay = async (handle: string, seconds: number) => void delays.push([handle, seconds]);
    const ports = { log, random, delay };
    const batch = makeBatch(async ({ messageId, sentAtMs }) => {
      expect(sentAtMs).toBe(1000);
      if (messageId === 'c') throw new Error('DynamoDB is away');
      return messageId === 'b' ? 'keep' : 'done';
    }, ports);
    const response = await batch({ Records: ['a', 'b', 'c', 'd'].map(record) });
    expect(response).toEqual({ batchItemFailures: [{ itemIdentifier: 'b' }, { itemIdentifier: 'c' }] });
    expect(world.lines).toMatchObject([{ level: 'error', message: 'delivery.fault', fields: { messageId: 'c' } }]);
    expect(delays).toEqual([['r', 5]]);
  });

  test('comes back within half a minute after a fault, and in the time of the queue if nothing can be mended', async () => {
    const world = aWorld();
    const seen: number[] = [];
    const fail = (
      error: Error,
      random: number,
      delay = async (_: string, seconds: number) => void seen.push(seconds),
    ) =>
      makeBatch(() => Promise.reject(error), { log: world.ports.log, random: () => random, delay })({
        Records: [record('a')],
      });
    const kept = { batchItemFailures: [{ itemIdentifier: 'a' }] };
    expect(await fail(new Error('throttled'), 0)).toEqual(kept);
    expect(await fail(new Error('throttled'), 0.999)).toEqual(kept);
    expect(await fail(new ItemError('odd'), 0.5)).toEqual(kept);
    expect(await fail(new Error('throttled'), 0.5, () => Promise.reject(new Error('SQS is away')))).toEqual(kept);
    expect(seen).toEqual([5, 30]);
  });

  test.each(['claim', 'outcome'])('comes back in seconds when its %s loses the race', async (what) => {
    const world = await published();
    let saves = 0;
    const save: typeof world.ports.deliveries.save = async (delivery) => {
      saves += 1;
      return saves === (what === 'claim' ? 1 : 2) ? 'conflict' : world.deliveries.save(delivery);
    };
    const ports = { ...world.ports, deliveries: { ...world.ports.deliveries, save } };
    const deliver = makeDeliver(ports, { stage: 'test', waitsSeconds: [5], timeoutMs: 15_000 });
    const [message] = world.queue;
    if (message === undefined) throw new Error('nothing was sent');
    expect(await deliver({ ...message, receiptHandle: message.messageId })).toBe('keep');
    expect(message.visibleAtMs - world.time.nowMs).toBe(5000);
  });
});

import { describe, expect, test } from 'vitest';
import type { HttpFailure, HttpResponse, Send } from '../../lib/base/http.ts';
import { toIso, toMs } from '../../lib/base/time.ts';
import { makeDeliver } from '../../lib/deliver/deliver.ts';
import { aSubscription } from '../fakes/subscriptions.ts';
import { anEvent, answer, aWorld, type Meddle, START_MS, silence } from '../fakes/webhook-world.ts';

/**
 * Goal: an endpoint that hangs holds one worker, and of that one slot. Method: several workers over the stores of one
 * world; calls hang until the test answers them.
 */
interface HangingCall {
  readonly url: string;
  readonly answer: (outcome: HttpResponse | HttpFailure, tookMs?: number) => Promise<void>;
}

async function aScene(events: number, fields: Parameters<typeof aSubscription>[0] = {}, meddle: Meddle = () => {}) {
  const world = aWorld({ subscriptions: [aSubscription({ types: ['jobwatch.*'], ...fields })], meddle });
  await world.publish(Array.from({ length: events }, (_, at) => anEvent({ id: `evt_${at}` })));
  const calls: HangingCall[] = [];
  const delayed: { messageId: string; seconds: number }[] = [];
  const send: Send = ({ url }) => {
    const { promise, resolve } = Promise.withResolvers<HttpResponse | HttpFailure>();
    const end: HangingCall['answer'] = async (outcome, tookMs = 20) => {
      world.time.nowMs += tookMs;
      resolve(outcome);
      await settled();
    };
    calls.push({ url: url.href, answer: end });
    return promise;
  };
  const delay = async (messageId: string, seconds: number) => {
    delayed.push({ messageId, seconds });
  };
  const aWorker = () =>
    makeDeliver(
      { ...world.ports, sinks: world.sinksOver(send), delay },
      { stage: 'test', waitsSeconds: [60], timeoutMs: 15_000 },
    );
  /** The worker receives these messages in one batch. */
  const receive = async (worker: ReturnType<typeof aWorker>, ...at: readonly number[]) => {
    const batch = at.map((index) => {
      const { messageId, body } = world.queue[index] ?? { messageId: '', body: '' };
      const work = worker({ messageId, body, receiptHandle: messageId, sentAtMs: START_MS });
      // What rejects is looked at later.
      work.catch(() => undefined);
      return work;
    });
    await settled();
    return batch;
  };
  const theSubscription = async () => (await world.subscriptions.get('sub_a')) ?? aSubscription();
  return { world, calls, delayed, aWorker, receive, theSubscription };
}

/** Everything that goes on without the outside world has gone on. */
const settled = () => new Promise<void>((resolve) => setImmediate(resolve));
const PROVEN = { provenAt: toIso(START_MS - 1000) };

describe('an endpoint that nobody knows', () => {
  test('is called by one worker alone; the others come back soon', async () => {
    const { calls, delayed, aWorker, receive } = await aScene(3);
    await receive(aWorker(), 0);
    await receive(aWorker(), 1, 2);
    expect(calls).toHaveLength(1);
    expect(delayed).toEqual([
      { messageId: 'm2', seconds: 1 },
      { messageId: 'm3', seconds: 1 },
    ]);
  });

  test('is tried the less often the longer the call lasts', async () => {
    const { world, calls, delayed, aWorker, receive } = await aScene(2);
    await receive(aWorker(), 0);
    for (const lastedMs of [1500, 4000, 14_000]) {
      world.time.nowMs = START_MS + lastedMs;
      await receive(aWorker(), 1);
    }
    expect(calls).toHaveLength(1);
    expect(delayed.map(({ seconds }) => seconds)).toEqual([2, 4, 14]);
  });

  test('is free to all after its first success', async () => {
    const { calls, aWorker, receive, theSubscription } = await aScene(3);
    await receive(aWorker(), 0);
    await calls[0]?.answer(answer(200));
    expect(await theSubscription()).toMatchObject({ provenAt: toIso(START_MS + 20), turnUntil: null });
    await receive(aWorker(), 1);
    await receive(aWorker(), 2);
    expect(calls).toHaveLength(3);
  });

  test('ends the probe lease after a failure', async () => {
    const { calls, aWorker, receive, theSubscription } = await aScene(3);
    await receive(aWorker(), 0);
    await calls[0]?.answer(answer(500));
    expect(await theSubscription()).toMatchObject({ provenAt: null, turnUntil: null });
    await receive(aWorker(), 1);
    await receive(aWorker(), 2);
    expect(calls).toHaveLength(2);
  });

  test('ends the probe lease when it is disabled', async () => {
    const { calls, aWorker, receive, theSubscription } = await aScene(1);
    await receive(aWorker(), 0);
    await calls[0]?.answer(answer(410));
    expect(await theSubscription()).toMatchObject({ state: 'disabled', turnUntil: null });
  });

  test('is called by another worker when the first died with the probe lease', async () => {
    const { world, calls, aWorker, receive } = await aScene(2);
    await receive(aWorker(), 0);
    world.time.nowMs += 30_000;
    await receive(aWorker(), 1);
    expect(calls).toHaveLength(2);
  });
});

describe('a proven endpoint', () => {
  test('is called by many workers at once', async () => {
    const { calls, aWorker, receive } = await aScene(3, PROVEN);
    for (const at of [0, 1, 2]) await receive(aWorker(), at);
    expect(calls).toHaveLength(3);
  });

  test('has to prove itself anew after 5 minutes without a success', async () => {
    const { calls, aWorker, receive } = await aScene(2, { provenAt: toIso(START_MS - 5 * 60_000) });
    for (const at of [0, 1]) await receive(aWorker(), at);
    expect(calls).toHaveLength(1);
  });

  test('has to prove itself anew after a time-out, and not after another failure', async () => {
    const { world, calls, aWorker, receive, theSubscription } = await aScene(6, PROVEN);
    const worker = aWorker();
    await receive(worker, 0);
    await calls[0]?.answer(answer(500));
    for (const at of [1, 2]) await receive(aWorker(), at);
    expect(calls).toHaveLength(3);
    await calls[1]?.answer(silence, 15_000);
    expect((await theSubscription()).provenAt).toBeNull();
    for (const at of [3, 4, 5]) await receive(aWorker(), at);
    expect(calls).toHaveLength(4);
    expect(world.deliveries.all().filter(({ attempts }) => attempts === 0)).toHaveLength(2);
  });

  test('has its last success written once a minute by each worker', async () => {
    const { world, calls, aWorker, receive, theSubscription } = await aScene(3, PROVEN);
    const worker = aWorker();
    for (const [at, stepMs] of [0, 58_960, 20].entries()) {
      world.time.nowMs += stepMs;
      await receive(worker, at);
      await calls[at]?.answer(answer(200));
    }
    expect(await theSubscription()).toMatchObject({ provenAt: toIso(START_MS + 59_000), version: 2 });
  });

  test('that times out when nothing has succeeded for 30 s is left alone by all', async () => {
    const failingSince = toIso(START_MS - 15_000);
    const { calls, aWorker, receive, theSubscription } = await aScene(2, { failingSince });
    await receive(aWorker(), 0);
    await calls[0]?.answer(silence, 15_000);
    expect((await theSubscription()).openUntil).toBe(toIso(START_MS + 15_000 + 30_000));
    await receive(aWorker(), 1);
    expect(calls).toHaveLength(1);
  });
});

describe('an endpoint that answers with success, and slowly', () => {
  const at = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];

  test('is not proven by that: one worker alone calls it', async () => {
    const { calls, aWorker, receive, theSubscription } = await aScene(4);
    await receive(aWorker(), 0);
    await calls[0]?.answer(answer(200), 4000);
    expect(await theSubscription()).toMatchObject({ provenAt: null, turnUntil: null, failingSince: null });
    for (const index of [1, 2, 3]) await receive(aWorker(), index);
    expect(calls).toHaveLength(2);
  });

  test('loses its proof, also to those who are calling it', async () => {
    const { world, calls, delayed, aWorker, receive, theSubscription } = await aScene(6, PROVEN);
    for (const index of [0, 1]) await receive(aWorker(), index);
    await calls[0]?.answer(answer(200), 2001);
    expect((await theSubscription()).provenAt).toBeNull();
    await receive(aWorker(), 2);
    await calls[1]?.answer(answer(200), 2001);
    expect((await theSubscription()).turnUntil).not.toBeNull();
    for (const index of [3, 4, 5]) await receive(aWorker(), index);
    expect([calls.length, delayed.length]).toEqual([3, 3]);
    expect(world.deliveries.all().filter(({ state }) => state === 'delivered')).toHaveLength(2);
  });

  test('gets ten calls at a time of the worker that holds the lease, and is free when the last has ended', async () => {
    const { calls, delayed, aWorker, receive, theSubscription } = await aScene(16);
    const worker = aWorker();
    await receive(worker, 0);
    await calls[0]?.answer(answer(200), 4000);
    await receive(worker, ...at.map((index) => index + 1));
    expect([calls.length, delayed.length]).toEqual([11, 2]);
    await calls[1]?.answer(answer(200), 2001);
    for (const call of calls.slice(2, 10)) await call.answer(answer(200), 0);
    expect((await theSubscription()).turnUntil).not.toBeNull();
    await receive(aWorker(), 13);
    expect(calls).toHaveLength(11);
    await calls[10]?.answer(answer(200), 0);
    expect((await theSubscription()).turnUntil).toBeNull();
    await receive(aWorker(), 14);
    expect(calls).toHaveLength(12);
  });

  test('is not asked for by its waiting messages every second', async () => {
    const { calls, delayed, aWorker, receive } = await aScene(4);
    await receive(aWorker(), 0);
    await calls[0]?.answer(answer(200), 4000);
    for (const index of [1, 2, 3]) await receive(aWorker(), index);
    expect(delayed.map(({ seconds }) => seconds)).toEqual([4, 4]);
  });

  test('is free to all again after a quick success', async () => {
    const { calls, aWorker, receive, theSubscription } = await aScene(4);
    await receive(aWorker(), 0);
    await calls[0]?.answer(answer(200), 4000);
    await receive(aWorker(), 1);
    await calls[1]?.answer(answer(200), 2000);
    expect((await theSubscription()).provenAt).not.toBeNull();
    for (const index of [2, 3]) await receive(aWorker(), index);
    expect(calls).toHaveLength(4);
  });

  test('is called by one other worker when its lease is half over, at most', async () => {
    const { world, calls, aWorker, receive } = await aScene(5);
    const worker = aWorker();
    await receive(worker, 0);
    await calls[0]?.answer(answer(200), 4000);
    await receive(worker, 1, 2);
    world.time.nowMs += 15_001;
    await receive(worker, 3);
    await receive(aWorker(), 4);
    expect(calls).toHaveLength(3);
  });
});

describe('an endpoint that has been failing', () => {
  const FAILING = { failingSince: toIso(START_MS - 1000) };
  test.each([
    [FAILING, 0],
    [{ ...FAILING, openUntil: toIso(START_MS - 1) }, 0],
    [{ ...FAILING, ...PROVEN }, 1],
    [{}, 1],
  ])('%j is called %i times by a worker that may not be held any longer', async (fields, times) => {
    const { world, calls, delayed, aWorker } = await aScene(1, fields);
    const { messageId = '', body = '' } = world.queue[0] ?? {};
    void aWorker()({ messageId, body, receiptHandle: messageId, sentAtMs: START_MS }, false);
    await settled();
    expect(calls).toHaveLength(times);
    expect(delayed.map(({ seconds }) => seconds)).toEqual(times === 0 ? [5] : []);
  });
});

describe('an endpoint whose circuit was open until now', () => {
  test('is probed by one delivery; who has lost to it comes back soon, and goes on if it answers', async () => {
    const open = { openUntil: toIso(START_MS - 1000), failingSince: toIso(START_MS - 60_000) };
    const { world, calls, delayed, aWorker, receive } = await aScene(2, open);
    await Promise.all([receive(aWorker(), 0), receive(aWorker(), 1)]);
    expect(calls).toHaveLength(1);
    expect(delayed).toEqual([{ messageId: 'm2', seconds: expect.any(Number) }]);
    const seconds = delayed[0]?.seconds ?? Number.POSITIVE_INFINITY;
    expect(seconds).toBeLessThanOrEqual(8);
    await calls[0]?.answer(answer(204));
    world.time.nowMs += seconds * 1000;
    await receive(aWorker(), 1);
    expect(calls).toHaveLength(2);
  });
});

describe('a probe whose worker can write nothing', () => {
  /** The n-th write of a delivery's record fails. */
  const failing = (nth: number): Meddle => {
    let writes = 0;
    return (port, moment) => {
      if (port !== 'deliveries.save' || moment !== 'before') return;
      writes += 1;
      if (writes === nth) throw new Error('throttled');
    };
  };
  const OPEN = { failingSince: toIso(START_MS - 60_000), openUntil: toIso(START_MS - 1) };

  test.each([
    ['of an unknown endpoint', {}],
    ['of an open circuit', OPEN],
  ])('%s is no call, and the next delivery is the probe at once', async (_name, fields) => {
    const { calls, aWorker, receive, theSubscription } = await aScene(2, fields, failing(1));
    const [batch] = await receive(aWorker(), 0);
    await expect(batch).rejects.toThrow('throttled');
    expect({ turnUntil: null, ...(await theSubscription()) }).toMatchObject({
      openUntil: null,
      turnUntil: null,
      ...fields,
    });
    await receive(aWorker(), 1);
    expect(calls).toHaveLength(1);
  });

  test.each([
    ['of an unknown endpoint', {}],
    ['of an open circuit', OPEN],
  ])('%s tells the others what was answered all the same', async (_name, fields) => {
    const { calls, aWorker, receive, theSubscription } = await aScene(3, fields, failing(2));
    const [batch] = await receive(aWorker(), 0);
    await calls[0]?.answer(answer(200));
    await expect(batch).rejects.toThrow('throttled');
    expect(await theSubscription()).toMatchObject({ openUntil: null, failingSince: null });
    await receive(aWorker(), 1);
    await receive(aWorker(), 2);
    expect(calls.length).toBeGreaterThanOrEqual(2);
  });

  test('of an open circuit opens it again if the endpoint fails', async () => {
    const { world, calls, aWorker, receive, theSubscription } = await aScene(2, OPEN, failing(2));
    const [batch] = await receive(aWorker(), 0);
    await calls[0]?.answer(answer(500));
    await expect(batch).rejects.toThrow('throttled');
    expect(toMs((await theSubscription()).openUntil ?? '')).toBeGreaterThan(world.time.nowMs + 30_000);
    await receive(aWorker(), 1);
    expect(calls).toHaveLength(1);
  });

  test('is over when somebody else has changed the record', async () => {
    const { world, calls, aWorker, receive, theSubscription } = await aScene(1);
    await receive(aWorker(), 0);
    const stored = await world.deliveries.get('sub_a', 'evt_0');
    if (stored !== null) await world.deliveries.save({ ...stored, round: 1 });
    await calls[0]?.answer(answer(500));
    expect(await theSubscription()).toMatchObject({ turnUntil: null });
  });
});

describe('the deliveries of one batch to one endpoint', () => {
  const at = [0, 1, 2, 3, 4, 5, 6, 7];

  test('go one first, and three at a time once it has answered quickly', async () => {
    const { world, calls, aWorker, receive } = await aScene(8, PROVEN);
    const batch = await receive(aWorker(), ...at);
    const open: number[] = [];
    for (let next = 0; next < 8; ) {
      const under = calls.length - next;
      open.push(under);
      for (let ended = 0; ended < under; ended += 1, next += 1) await calls[next]?.answer(answer(200));
    }
    expect(Math.max(...open)).toBe(3);
    expect(open[0]).toBe(1);
    expect(await Promise.all(batch)).toEqual(at.map(() => 'done'));
    expect(world.deliveries.all().every(({ state }) => state === 'delivered')).toBe(true);
  });

  test('do not wait in the queue behind a call that was slow: they come back', async () => {
    const { calls, delayed, aWorker, receive } = await aScene(8, PROVEN);
    const batch = await receive(aWorker(), ...at);
    await calls[0]?.answer(answer(200), 2001);
    expect(await Promise.all(batch)).toEqual(['done', ...at.slice(1).map(() => 'keep')]);
    expect(calls).toHaveLength(1);
    expect(delayed).toHaveLength(7);
  });

  test('go on after a quick failure, until the circuit opens', async () => {
    const { world, calls, aWorker, receive, theSubscription } = await aScene(8);
    const batch = await receive(aWorker(), ...at);
    for (let next = 0; next < calls.length; next += 1) await calls[next]?.answer(answer(500));
    await Promise.all(batch);
    expect(calls.length).toBeLessThanOrEqual(5);
    const waiting = world.deliveries.all().filter(({ attempts }) => attempts === 0);
    expect(waiting).toHaveLength(8 - calls.length);
    expect(toMs((await theSubscription()).failingSince ?? '')).toBe(START_MS + 20);
  });
});

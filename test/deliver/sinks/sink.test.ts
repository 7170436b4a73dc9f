import { describe, expect, test } from 'vitest';
import { toIso } from '../../../lib/base/time.ts';
import { makeDeliver } from '../../../lib/deliver/deliver.ts';
import type { Detail, Failed, OutgoingEvent, Sent } from '../../../lib/deliver/sinks/sink.ts';
import { aSubscription } from '../../fakes/subscriptions.ts';
import { anEvent, aWorld, START_MS } from '../../fakes/webhook-world.ts';

const HOUR_MS = 3_600_000;
const detail: Detail = {
  at: toIso(START_MS),
  status: 200,
  durationMs: 5,
  error: 'code 310000',
  answer: '{"errcode":310000}',
  failure: null,
  code: null,
};
const failure: Failed = {
  kind: 'failed',
  retryAfterMs: null,
  isGone: false,
  isTimeout: false,
  isFinal: false,
  detail,
};

/** A sink of no kind that exists: what it answers is all that anybody learns. */
async function told(...answers: readonly Sent[]) {
  const other = aSubscription({ id: 'sub_b', types: ['jobwatch.endpoint.disabled'] });
  const world = aWorld({ subscriptions: [aSubscription({ types: ['jobwatch.test'] }), other] });
  const events: OutgoingEvent[] = [];
  const sink = {
    check: () => [],
    send: async (_: unknown, event: OutgoingEvent) => {
      events.push(event);
      return answers[Math.min(events.length, answers.length) - 1] ?? failure;
    },
  };
  const settings = { stage: 'test', waitsSeconds: [5, 300], timeoutMs: 15_000 };
  const deliver = makeDeliver({ ...world.ports, sinks: new Map([['webhook', sink]]) }, settings);
  await world.publish([anEvent({ type: 'jobwatch.test' })]);
  const receive = async () => {
    const { messageId, body, sentAtMs } = world.queue[0] ?? { messageId: '', body: '', sentAtMs: 0 };
    return await deliver({ messageId, body, sentAtMs, receiptHandle: messageId });
  };
  const record = async () => await world.deliveries.get('sub_a', 'evt_1');
  return { world, events, receive, record };
}

describe('what a sink answers', () => {
  test('decides, whatever the status was: a 200 that is a failure is one', async () => {
    const { world, receive, record, events } = await told(failure, { kind: 'delivered', detail });
    expect(await receive()).toBe('keep');
    expect(await record()).toMatchObject({ state: 'waiting', nextAttemptAt: toIso(START_MS + 5000) });
    expect(await world.deliveries.attempts('sub_a', 'evt_1')).toMatchObject([
      { number: 1, status: 200, error: 'code 310000', answer: '{"errcode":310000}' },
    ]);
    world.time.nowMs += 5000;
    expect(await receive()).toBe('done');
    expect(await record()).toMatchObject({ state: 'delivered', attempts: 2 });
    expect(events.map(({ attempt }) => attempt)).toEqual([1, 2]);
  });

  test('ends a delivery that no attempt can better, at once', async () => {
    const { world, receive, record } = await told({ ...failure, isFinal: true });
    expect(await receive()).toBe('done');
    expect(await record()).toMatchObject({ state: 'exhausted', reason: 'retrying will not help', attempts: 1 });
    expect(world.dead).toHaveLength(1);
  });

  test('disables an endpoint that is gone, in its own words', async () => {
    const { world, receive, record } = await told({ ...failure, isGone: true });
    await receive();
    expect(await record()).toMatchObject({ state: 'canceled', reason: 'code 310000' });
    expect(await world.subscriptions.get('sub_a')).toMatchObject({ disabled: { reason: 'code 310000' } });
  });

  test('cancels a delivery whose receiver is no more, and the endpoint is free for the next one', async () => {
    const { world, receive, record } = await told({ kind: 'canceled', reason: 'the token is closed', detail });
    expect(await receive()).toBe('done');
    expect(await record()).toMatchObject({ state: 'canceled', reason: 'the token is closed' });
    expect(await world.subscriptions.get('sub_a')).toMatchObject({
      state: 'active',
      failingSince: null,
      turnUntil: null,
    });
  });

  test('rests an endpoint that was called too fast: no failure, and no attempt of the schedule', async () => {
    const throttled: Sent = { kind: 'throttled', retryAfterMs: 600_000, detail };
    const { world, receive, record } = await told(throttled, throttled, failure, failure, {
      kind: 'delivered',
      detail,
    });
    expect(await receive()).toBe('keep');
    expect(await record()).toMatchObject({ state: 'waiting', nextAttemptAt: toIso(START_MS + 600_000) });
    const rest = { openUntil: toIso(START_MS + 600_000), failingSince: null, turnUntil: null };
    expect(await world.subscriptions.get('sub_a')).toMatchObject(rest);
    // Two waits of the schedule are left for three attempts that count; a failing probe opens the circuit for a while.
    for (const waitMs of [600_000, 600_000, 100_000, 300_000]) {
      world.time.nowMs += waitMs;
      await receive();
    }
    expect(await record()).toMatchObject({ state: 'delivered', attempts: 5 });
  });

  test('for days nothing but too fast is a failure in the end', async () => {
    const { world, receive, record } = await told({ kind: 'throttled', retryAfterMs: HOUR_MS, detail });
    for (let hours = 0; hours < 76; hours += 1, world.time.nowMs += HOUR_MS) await receive();
    expect(await record()).toMatchObject({ state: 'exhausted', reason: 'all 3 attempts have failed' });
  });
});

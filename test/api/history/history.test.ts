import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import type { ApiPorts } from '../../../lib/api/ports.ts';
import * as responses from '../../../lib/api/responses.ts';
import { ItemError } from '../../../lib/base/item-error.ts';
import { toIso } from '../../../lib/base/time.ts';
import { CALLBACKS, end } from '../../../lib/deliver/delivery.ts';
import type { Job } from '../../../lib/job/job.ts';
import type { Phase } from '../../../lib/job/phase.ts';
import { aDelivery } from '../../fakes/api-deliveries.ts';
import { aJob } from '../../fakes/api-jobs.ts';
import { makeApiWorld } from '../../fakes/api-world.ts';
import { START_MS } from '../../fakes/clock.ts';
import { aDetail } from '../../fakes/records.ts';
import { aSubscription } from '../../fakes/subscriptions.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const FINISH = { expiresAt: Math.floor((START_MS + 90 * DAY_MS) / 1000) };

/** A world that counts which records are read, and asks for the history. */
function aWorld(overrides: (ports: ApiPorts) => Partial<ApiPorts> = () => ({})) {
  const reads: string[] = [];
  const outcomes: string[] = [];
  const world = makeApiWorld((ports) => {
    const changed = { ...ports, ...overrides(ports) };
    return {
      ...changed,
      jobs: {
        ...changed.jobs,
        get: async (id) => {
          reads.push(id);
          return changed.jobs.get(id);
        },
      },
      deliveries: {
        ...changed.deliveries,
        outcomes: async (subscription, ids) => {
          outcomes.push(...ids);
          return changed.deliveries.outcomes(subscription, ids);
        },
      },
    };
  });
  const ask = async (range = '24h') => {
    const { status, body } = await world.request('GET', '/v1/history', { query: `range=${range}` });
    expect([status, v.safeParse(responses.history, body).issues]).toEqual([200, undefined]);
    return v.parse(responses.history, body);
  };
  const publish = async (job: Job) => {
    await world.jobs.create({ ...job, endedAt: null, phase: 'running' });
    const saved = await world.jobs.save({ ...job, seq: 1, notifiedSeq: 0 });
    if (saved.kind !== 'saved') throw new Error('not saved');
    expect(await world.jobs.published(job.id, 1, FINISH)).toBe('saved');
  };
  return { ...world, ask, publish, reads, outcomes };
}

/** A job that was created so long ago and ended a second later, or so long ago. */
const ended = (jobId: string, phase: Phase, createdAgoMs: number, endedAgoMs = createdAgoMs - 1000): Job =>
  aJob(jobId, START_MS - createdAgoMs, {
    phase,
    polls: 2,
    endedAt: toIso(START_MS - endedAgoMs),
    detail: aDetail({ endedAt: toIso(START_MS - endedAgoMs - 500) }),
  });

describe('the history', () => {
  test('of nothing is empty buckets, and whole', async () => {
    const history = await aWorld().ask();
    expect(history.buckets).toHaveLength(24);
    expect(history.total).toEqual({
      ends: {},
      polls: 0,
      detectionDelay: null,
      deliveries: {},
      deliveryDelay: null,
    });
    expect([history.jobs.isWhole, history.deliveries.isWhole, history.bucketSeconds]).toEqual([true, true, 3600]);
    expect(await aWorld().ask('7d')).toMatchObject({ range: '7d', bucketSeconds: 21_600 });
  });

  test('counts ends when they were seen, also of a job that was created days before', async () => {
    const { publish, ask } = aWorld();
    await publish(ended('new', 'succeeded', 10 * MINUTE_MS));
    await publish(ended('long', 'failed', 5 * DAY_MS, 2 * HOUR_MS));
    await publish(ended('before', 'failed', 5 * DAY_MS, 30 * HOUR_MS));
    const { buckets, total, jobs } = await ask();
    expect(total.ends).toEqual({ failed: 1, succeeded: 1 });
    expect(total.detectionDelay).toEqual({ count: 2, p50Seconds: 0.5, p95Seconds: 0.5 });
    expect([total.polls, jobs.isWhole]).toEqual([4, true]);
    const failed = buckets.find((bucket) => bucket.ends['failed'] === 1);
    const at = toIso(START_MS - 2 * HOUR_MS);
    expect([(failed?.from ?? '') <= at, (failed?.to ?? '') > at]).toEqual([true, true]);
    expect((await ask('7d')).total.ends).toEqual({ failed: 2, succeeded: 1 });
  });

  test('reads no open job, and each that has ended once', async () => {
    const { publish, ask, reads, clock, jobs } = aWorld();
    await publish(ended('a', 'succeeded', HOUR_MS));
    await publish(ended('b', 'failed', HOUR_MS));
    const open = aJob('open', START_MS - MINUTE_MS);
    await jobs.create(open);
    await ask();
    expect(reads).toHaveLength(2);
    clock.advance(MINUTE_MS);
    await ask();
    expect(reads).toHaveLength(2);
    await ask('7d');
    expect(reads).toHaveLength(2);
    await jobs.save({ ...open, phase: 'succeeded', endedAt: toIso(clock()), seq: 1 });
    await jobs.published(open.id, 1, FINISH);
    clock.advance(MINUTE_MS);
    expect((await ask()).total.ends).toEqual({ failed: 1, succeeded: 2 });
    expect(reads).toHaveLength(3);
  });

  test('counts a job that was opened again by its latest end', async () => {
    const { publish, ask, jobs, clock } = aWorld();
    const lost = ended('again', 'lost', HOUR_MS);
    await publish(lost);
    expect((await ask()).total.ends).toEqual({ lost: 1 });
    const stored = await jobs.get(lost.id);
    if (stored === null) throw new Error('gone');
    await jobs.save({ ...stored, phase: 'running', endedAt: null, seq: 2 });
    clock.advance(MINUTE_MS);
    expect((await ask()).total.ends).toEqual({});
    const running = await jobs.get(lost.id);
    await jobs.save({ ...(running ?? stored), phase: 'succeeded', endedAt: toIso(clock()), seq: 3 });
    await jobs.published(lost.id, 3, FINISH);
    clock.advance(MINUTE_MS);
    expect((await ask()).total.ends).toEqual({ succeeded: 1 });
  });

  test('counts the latest end of a job that was opened again, and ended, while nobody asked', async () => {
    const { publish, ask, jobs, clock } = aWorld();
    const { id } = ended('again', 'timed_out', HOUR_MS);
    await publish(ended('again', 'timed_out', HOUR_MS));
    expect((await ask()).total.ends).toEqual({ timed_out: 1 });
    const stored = await jobs.get(id);
    if (stored === null) throw new Error('gone');
    await jobs.save({ ...stored, phase: 'succeeded', endedAt: toIso(clock()), seq: 2 });
    await jobs.published(id, 2, FINISH);
    clock.advance(MINUTE_MS);
    expect((await ask()).total.ends).toEqual({ succeeded: 1 });
  });

  test('is made once for all who ask within a minute, and has a tag by which it is known', async () => {
    const { publish, ask, request, clock } = aWorld();
    await ask();
    await publish(ended('late', 'failed', MINUTE_MS));
    clock.advance(MINUTE_MS - 1);
    expect((await ask()).total.ends).toEqual({});
    clock.advance(1);
    expect((await ask()).total.ends).toEqual({ failed: 1 });
    const first = await request('GET', '/v1/history');
    clock.advance(MINUTE_MS);
    const headers = { 'if-none-match': String(first.headers['etag']) };
    expect((await request('GET', '/v1/history', { headers })).status).toBe(304);
  });

  test('reads 5,000 records, says how many are left, and goes on with the next request', async () => {
    const { publish, ask, reads, clock } = aWorld();
    for (let index = 0; index < 5003; index += 1) await publish(ended(`j-${index}`, 'succeeded', HOUR_MS + index));
    expect(await ask()).toMatchObject({ jobs: { isWhole: false, unread: 3 }, total: { ends: { succeeded: 5000 } } });
    clock.advance(1000);
    expect(await ask()).toMatchObject({ jobs: { isWhole: true, unread: 0 }, total: { ends: { succeeded: 5003 } } });
    expect(reads).toHaveLength(5003);
  });

  test('says back to when it looked, where there are more jobs than it looks at', async () => {
    const created = (page: number) => toIso(START_MS - page * MINUTE_MS);
    const { ask } = aWorld(({ jobs }) => ({
      jobs: {
        ...jobs,
        get: async () => null,
        idsOfDay: async (_, __, after) => {
          const page = after === null ? 1 : Number(after.id) + 1;
          const ids = Array.from({ length: 1000 }, (_unused, index) => `${page}-${index}`);
          return { ids, next: { id: String(page), createdAt: created(page) } };
        },
      },
    }));
    expect((await ask()).jobs).toEqual({ isWhole: false, since: created(20), unread: 15_000 });
  });

  test('leaves out what can not be understood, and tries again what could not be read', async () => {
    let isDown = true;
    const odd = ended('odd', 'failed', HOUR_MS);
    const busy = ended('busy', 'failed', HOUR_MS);
    const { ask, publish, clock, lines } = aWorld(({ jobs }) => ({
      jobs: {
        ...jobs,
        get: async (id) => {
          if (id === odd.id) throw new ItemError('odd');
          if (id === busy.id && isDown) throw new Error('busy');
          return jobs.get(id);
        },
      },
    }));
    for (const job of [odd, busy, ended('fine', 'failed', HOUR_MS)]) await publish(job);
    expect(await ask()).toMatchObject({ jobs: { isWhole: false, unread: 1 }, total: { ends: { failed: 1 } } });
    expect(lines).toContainEqual(expect.objectContaining({ level: 'warn', message: 'api.history' }));
    isDown = false;
    clock.advance(1000);
    expect(await ask()).toMatchObject({ jobs: { isWhole: true, unread: 0 }, total: { ends: { failed: 2 } } });
  });
});

describe('deliveries over time', () => {
  const made = (eventId: string, agoMs: number, subscription = 'sub_a') => {
    const at = toIso(START_MS - agoMs);
    const fresh = { subscription, createdAt: at, nextAttemptAt: at, version: 1 };
    return aDelivery(eventId, { ...fresh, state: 'waiting', endedAt: null });
  };

  test('are counted when they were made, by what became of them, of subscriptions and of callbacks', async () => {
    const { ask, subscriptions, deliveries } = aWorld();
    await subscriptions.create(aSubscription());
    await deliveries.put(end(made('evt_1', HOUR_MS), 'delivered', null, toIso(START_MS - HOUR_MS + 1500)));
    await deliveries.put(end(made('evt_2', HOUR_MS), 'exhausted', 'no', toIso(START_MS)));
    await deliveries.put(made('evt_3', MINUTE_MS));
    await deliveries.put(made('evt_4', MINUTE_MS, CALLBACKS));
    await deliveries.put(made('evt_5', MINUTE_MS, 'sub_gone'));
    await deliveries.put(made('evt_6', 25 * HOUR_MS));
    const { total, deliveries: reach } = await ask();
    expect(total.deliveries).toEqual({ delivered: 1, exhausted: 1, waiting: 2 });
    expect(total.deliveryDelay).toEqual({ count: 1, p50Seconds: 1.5, p95Seconds: 1.5 });
    expect(reach).toMatchObject({ isWhole: true, unread: 0 });
  });

  test('that were delivered are read once, the others until they are', async () => {
    const { ask, subscriptions, deliveries, outcomes, clock } = aWorld();
    await subscriptions.create(aSubscription());
    await deliveries.put(end(made('evt_1', HOUR_MS), 'delivered', null, toIso(START_MS)));
    await deliveries.put(made('evt_2', HOUR_MS));
    await ask();
    await deliveries.save(end(made('evt_2', HOUR_MS), 'delivered', null, toIso(START_MS)));
    for (let time = 0; time < 2; time += 1) {
      clock.advance(MINUTE_MS);
      expect((await ask()).total.deliveries).toEqual({ delivered: 2 });
    }
    expect(outcomes.toSorted()).toEqual(['evt_1', 'evt_2', 'evt_2']);
  });

  test('that never arrive are not left to be read for ever, however many they are', async () => {
    const createdAt = toIso(START_MS - HOUR_MS);
    const { ask, subscriptions, outcomes, clock } = aWorld(({ deliveries }) => ({
      deliveries: {
        ...deliveries,
        idsSince: async (subscription) =>
          Array.from({ length: subscription === 'sub_a' ? 6000 : 0 }, (_, at) => ({ eventId: `evt_${at}`, createdAt })),
        outcomes: async (_, ids) =>
          new Map(
            ids.map((id) => [id, { state: 'exhausted' as const, createdAt, endedAt: createdAt, earlierAttempts: 0 }]),
          ),
      },
    }));
    await subscriptions.create(aSubscription());
    expect((await ask()).deliveries).toMatchObject({ isWhole: false, unread: 1000 });
    clock.advance(1000);
    expect(await ask()).toMatchObject({
      deliveries: { isWhole: true, unread: 0 },
      total: { deliveries: { exhausted: 6000 } },
    });
    expect(outcomes).toHaveLength(10_000);
    clock.advance(MINUTE_MS - 1);
    await ask();
    expect(outcomes).toHaveLength(10_000);
  });

  test('of one busy subscription hide none of another, and the cut is said', async () => {
    const cutAt = toIso(START_MS - 2 * HOUR_MS);
    const { ask, subscriptions } = aWorld(({ deliveries }) => ({
      deliveries: {
        ...deliveries,
        idsSince: async (subscription, _, limit) => {
          const count = subscription === 'sub_a' ? limit : subscription === 'sub_b' ? 1 : 0;
          return Array.from({ length: count }, (__, index) => ({ eventId: `evt_${index}`, createdAt: cutAt }));
        },
        outcomes: async (_, ids) =>
          new Map(
            ids.map((id) => [id, { state: 'canceled' as const, createdAt: cutAt, endedAt: cutAt, earlierAttempts: 0 }]),
          ),
      },
    }));
    await subscriptions.create(aSubscription());
    await subscriptions.create(aSubscription({ id: 'sub_b' }));
    const { deliveries, total } = await ask();
    expect(deliveries).toEqual({ isWhole: false, since: cutAt, unread: 6668 - 5000 });
    expect(total.deliveries).toEqual({ canceled: 5000 });
  });
});

test.each(['1h', '', '24h&range=7d'])('a range of "%s" is refused, and says which there are', async (range) => {
  const { status, body } = await makeApiWorld().request('GET', '/v1/history', { query: `range=${range}` });
  expect(status).toBe(400);
  expect(body.errors).toEqual([{ field: 'range', problem: expect.any(String) }]);
});

test('without a range it is the last day; without a token it is nobody’s', async () => {
  const { request } = makeApiWorld();
  expect((await request('GET', '/v1/history')).body.range).toBe('24h');
  expect((await request('GET', '/v1/history', { token: null })).status).toBe(401);
});

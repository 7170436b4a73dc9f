import { describe, expect, test } from 'vitest';
import type { KeyBreaker } from '../../lib/admission/key-permit.ts';
import { toIso } from '../../lib/base/time.ts';
import { judgeByTable } from '../../lib/job/judgement.ts';
import type { Observation } from '../../lib/job/observation.ts';
import { measureDeliveries, measureSubscriptions } from '../../lib/metrics/deliver.ts';
import { measureLog } from '../../lib/metrics/log.ts';
import type { MetricName, Metrics } from '../../lib/metrics/names.ts';
import { measureReconcile } from '../../lib/metrics/reconcile.ts';
import { measureKeys, measureLateness, measurePublish, measureVendors, measureWatch } from '../../lib/metrics/watch.ts';
import type { Vendor } from '../../lib/vendors/vendor.ts';
import type { Due, PendingQueue } from '../../lib/watch/ports.ts';
import type { Watch } from '../../lib/watch/watch.ts';
import { memoryDeliveries } from '../fakes/deliveries.ts';
import { aJob } from '../fakes/records.ts';
import { aSubscription, memorySubscriptions } from '../fakes/subscriptions.ts';
import { aTick } from '../fakes/tick.ts';
import { anEvent, START_MS } from '../fakes/webhook-world.ts';

/** Goal: what passes through a measured port is counted once and comes out unchanged. */
function counting(): Metrics & { readonly seen: Partial<Record<MetricName, number[]>> } {
  const seen: Partial<Record<MetricName, number[]>> = {};
  return {
    seen,
    add(name, value) {
      seen[name] = [...(seen[name] ?? []), value];
    },
  };
}

const unused = (): never => {
  throw new Error('not used here');
};
const scope = { api: 'test.api', account: 'default', region: 'eu-1', projectId: null };

describe('a measured vendor', () => {
  const polled = async (...kinds: Observation['kind'][]) => {
    const metrics = counting();
    const observations = new Map(
      kinds.map((kind, at) => [`j${at}`, { kind, what: 'key', reason: 'r', retryAfterMs: null } as Observation]),
    );
    const answer = { observations, keyRefusals: 0, keyDoubts: 0, pages: null };
    const vendor: Vendor = {
      api: 'test.api',
      cloud: 'alibaba',
      needsProject: false,
      grouping: { batchMax: 20, listPageMax: 0 },
      judge: judgeByTable(new Map()),
      key: { identity: () => [], callsAtOnce: () => 1, lockRule: null },
      poll: async () => answer,
    };
    let mono = 0;
    const measured = measureVendors(new Map([['test.api', vendor]]), metrics, () => (mono += 5)).get('test.api');
    const call = { scope, shape: 'batch', jobIds: [...observations.keys()], beganAfterMs: null } as const;
    expect(await measured?.poll(call, { account: {} as never, acquire: unused })).toBe(answer);
    return metrics.seen;
  };

  test('counts a call, its jobs and its time', async () => {
    expect(await polled('status', 'missing')).toEqual({ JobsAsked: [2], VendorDuration: [5] });
  });

  test.each([
    ['throttled', 'VendorThrottles'],
    ['denied', 'VendorDenials'],
    ['unreachable', 'VendorUnreachable'],
    ['malformed', 'VendorMalformed'],
  ] as const)('counts %s once, however many jobs met it', async (kind, name) => {
    expect((await polled(kind, kind, 'status'))[name]).toEqual([1]);
  });

  test('counts no call where nothing was polled', async () => {
    expect(await polled('unasked', 'unasked')).toEqual({});
  });
});

test('measured keys count every call that is kept back, and none that goes', async () => {
  const metrics = counting();
  const wait = { kind: 'wait', untilMs: 0, reason: 'denied' } as const;
  let answer: 'wait' | 'go' = 'go';
  const keys: KeyBreaker = {
    knownDenial: () => (answer === 'wait' ? wait : null),
    acquire: async (credential) =>
      answer === 'wait' ? wait : { kind: 'go', permit: { credential, markMs: null, isWary: false } },
    release: unused,
    denyAccount: async () => undefined,
    clearAccount: unused,
    leaveUnderWay: unused,
  };
  const measured = measureKeys(keys, metrics);
  const credential = {
    id: 'key#1',
    account: 'a',
    accountVersion: null,
    lockRule: null,
    scope: null,
    workers: 1,
    inFlightMax: 1,
  };
  measured.knownDenial(credential);
  await measured.acquire(credential, aTick());
  expect(metrics.seen).toEqual({});
  answer = 'wait';
  expect(measured.knownDenial(credential)).toBe(wait);
  expect(await measured.acquire(credential, aTick())).toBe(wait);
  await measured.denyAccount(credential, 'absent');
  expect(metrics.seen).toEqual({ CallsDenied: [1, 1, 1] });
});

describe('a measured outbox', () => {
  test.each([
    ['succeeded', 'JobsSucceeded'],
    ['failed', 'JobsFailed'],
    ['rollback_failed', 'JobsRollbackFailed'],
    ['canceled', 'JobsCanceled'],
    ['timed_out', 'JobsTimedOut'],
    ['lost', 'JobsLost'],
    ['stopped', 'JobsStopped'],
    ['changed', 'JobsChanged'],
    ['unknown_status', 'UnknownStatuses'],
  ] as const)('counts %s when it has been told', async (type, name) => {
    const metrics = counting();
    await measurePublish(async () => undefined, metrics)([anEvent({ type: `jobwatch.job.${type}` })]);
    expect(metrics.seen).toEqual({ [name]: [1] });
  });

  test('counts nothing that could not be told', async () => {
    const metrics = counting();
    const failing = measurePublish(async () => Promise.reject(new Error('no queue')), metrics);
    await expect(failing([anEvent()])).rejects.toThrow('no queue');
    expect(metrics.seen).toEqual({});
  });
});

/** Jobs whose records say that they are late by so many seconds, with the messages `m0`, `m1`, … */
const dueBy = (...seconds: number[]): Due[] =>
  seconds.map((late, at) => ({
    message: { messageId: `m${at}` } as never,
    job: aJob({ nextPollAt: toIso(START_MS - late * 1000) }),
    dueMs: START_MS - late * 1000,
  }));

describe('how late a job is', () => {
  const pending: PendingQueue = {
    receive: unused,
    isEmpty: unused,
    delay: async () => 'done',
    remove: async () => 'done',
  };

  test('is told by its record, and no job is early', () => {
    const { latenessOf } = measureLateness(pending, () => START_MS);
    expect(latenessOf(dueBy(3, 90))()).toBe(90);
    expect(latenessOf(dueBy(-5))()).toBe(0);
    expect(latenessOf([])()).toBe(0);
  });

  test('is told better by the time that its message was delayed until, if that is known', async () => {
    let nowMs = START_MS - 50_000;
    const { pending: measured, latenessOf } = measureLateness(pending, () => nowMs);
    const [due] = dueBy(90);
    if (due === undefined) throw new Error('there is no job');
    expect(await measured.delay(due.message, 48)).toBe('done');
    nowMs = START_MS;
    expect(latenessOf([due])()).toBe(2);
    await measured.delay(due.message, 0);
    expect(latenessOf([due])()).toBe(2);
    await measured.remove(due.message);
    expect(latenessOf([due])()).toBe(90);
  });

  test('is not told by a time since which somebody else has received the message', async () => {
    let nowMs = START_MS;
    const { pending: measured, latenessOf } = measureLateness(pending, () => nowMs);
    const job = aJob({ nextPollAt: toIso(START_MS), lastPolledAt: toIso(START_MS) });
    const received = (receives: number): Due => {
      const message = { messageId: 'm', receives, receivedMs: nowMs - 1000 } as never;
      return { message, job, dueMs: nowMs };
    };
    await measured.delay(received(3).message, 10);
    nowMs += 70_000;
    expect(latenessOf([received(4)])()).toBe(60);
    expect(latenessOf([received(5)])()).toBe(1);
    await measured.delay(received(4).message, 0);
    expect(latenessOf([received(5)])()).toBe(60);
  });
});

const UNUSED: Watch = {
  receive: unused,
  recall: unused,
  meeting: () => [],
  plan: () => [],
  admit: unused,
  poll: unused,
  putOff: unused,
  release: unused,
};
const TURN = { permit: null as never, lineMs: () => 0, together: async () => undefined, goesOn: () => true };

test('a measured watch tells how late the jobs are, when they come and when they were polled', async () => {
  const metrics = counting();
  const due = dueBy(3, 90);
  const watch: Watch = { ...UNUSED, recall: async () => undefined, poll: async () => due };
  const measured = measureWatch(watch, metrics, (jobs) => () => (jobs === due ? 90 : 0));
  const call = { scope, shape: 'batch', jobIds: ['a'], beganAfterMs: null } as const;
  await measured.recall(due);
  await measured.recall([]);
  expect(await measured.poll(call, due, TURN)).toBe(due);
  expect(metrics.seen).toEqual({ OldestDue: [90], AskDelay: [90] });
});

test('how late a poll was does not depend on what its answer made of the messages', async () => {
  let nowMs = START_MS;
  const { pending, latenessOf } = measureLateness(
    { receive: unused, isEmpty: unused, delay: async () => 'done', remove: async () => 'done' },
    () => nowMs,
  );
  const metrics = counting();
  const due = dueBy(3, 90);
  const watch: Watch = {
    ...UNUSED,
    async poll(_, polled) {
      nowMs += 1000;
      for (const { message } of polled) await pending.delay(message, 60);
      return [];
    },
  };
  const call = { scope, shape: 'batch', jobIds: ['a'], beganAfterMs: null } as const;
  await measureWatch(watch, metrics, latenessOf).poll(call, due, TURN);
  expect(metrics.seen).toEqual({ AskDelay: [91] });
});

test('measured deliveries count attempts, and an end only if it was written', async () => {
  const metrics = counting();
  const store = memoryDeliveries(() => START_MS);
  const measured = measureDeliveries(store, metrics);
  const attempt = { number: 1, at: toIso(START_MS), status: 500, durationMs: 7, error: 'no', answer: '' };
  await measured.addAttempt('sub_a', 'evt_1', attempt);
  await measured.addAttempt('sub_a', 'evt_1', { ...attempt, number: 2, status: 200, error: null });
  expect(metrics.seen).toEqual({ AttemptsFailed: [1], AttemptDuration: [7, 7] });
  const stale = { subscription: 'sub_a', eventId: 'evt_1', state: 'delivered', version: 9 } as never;
  expect(await measured.save(stale)).toBe('conflict');
  expect(metrics.seen).not.toHaveProperty('DeliveriesDelivered');
});

test('a measured endpoint counts when it is disabled, not when it changes otherwise', async () => {
  const metrics = counting();
  const measured = measureSubscriptions(memorySubscriptions(aSubscription()), metrics);
  await measured.save(aSubscription());
  expect(metrics.seen).toEqual({});
  await measured.save({ ...aSubscription(), version: 2, state: 'disabled' });
  expect(metrics.seen).toEqual({ EndpointsDisabled: [1] });
});

test('a pass of reconcile that had nothing to do says only how things stand', () => {
  const metrics = counting();
  const backlogs = { backlog: 0, deliveriesBacklog: 0 };
  const counts = { open: 3, denied: 0, woken: 0, resent: 0, canceled: 0, settled: 0, groups: 0, unreadable: 0 };
  const report = { ...counts, ...backlogs, oldestOverdueSeconds: 0 };
  measureReconcile(report, metrics);
  expect(metrics.seen).toEqual({ OpenJobs: [3], OldestOverdue: [0] });
  measureReconcile({ ...report, oldestOverdueSeconds: null }, metrics);
  expect(metrics.seen).toEqual({ OpenJobs: [3, 3], OldestOverdue: [0] });
  measureReconcile({ ...report, open: 0 }, metrics);
  expect(metrics.seen).toEqual({ OpenJobs: [3, 3], OldestOverdue: [0, 0] });
  measureReconcile({ ...report, denied: 4, woken: 2, resent: 1, unreadable: 5 }, metrics);
  expect(metrics.seen).toMatchObject({ JobsDenied: [4], JobsWoken: [2], DeliveriesResent: [1], UnreadableItems: [5] });
});

test('a measured log counts faults and no other errors', () => {
  const metrics = counting();
  const said: string[] = [];
  const say = (message: string) => void said.push(message);
  const log = measureLog({ info: say, warn: say, error: say }, metrics);
  log.error('watch.fault');
  log.error('delivery.buried');
  log.warn('watch.fault');
  expect(said).toHaveLength(3);
  expect(metrics.seen).toEqual({ Faults: [1] });
});

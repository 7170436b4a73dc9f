import { describe, expect, it } from 'vitest';
import { NO_DETAIL, type Observation } from '../../lib/job/observation.ts';
import type { Vendor } from '../../lib/vendors/vendor.ts';
import { runShift } from '../../lib/watch/shift.ts';
import { makeLeader } from '../../lib/watch/wake/leader.ts';
import { fakeLeaderStore } from '../fakes/leader.ts';
import { ACCOUNT, LONG_AGO, makeWorld, SETTINGS } from '../fakes/world.ts';

/**
 * Goal: a scope has one pace, whoever leads. Method: workers with a pace of their own each, which lead one after the
 * other, and a vendor whose list takes 19 seconds, longer than what is left of the first one's time.
 */
const CALLS_PER_SECOND = 5;
const PAGES = 100;
const ANSWER_MS = 20;
const ENDED: Observation = { kind: 'status', word: 'SUCCESS', detail: NO_DETAIL };
const UNASKED: Observation = { kind: 'unasked', reason: 'the pace or the time did not allow the request' };

/** `pageOf`: where in the list a job stands. `restMs`: the wait that a list names that was not read to its end. */
function aStack(pageOf: (jobId: number) => number, restMs?: number) {
  const world = makeWorld();
  const { clock } = world;
  let startMs = clock();
  const store = fakeLeaderStore();
  const requests: number[] = [];
  const calls: { readonly shape: string; readonly jobs: number; readonly atMs: number }[] = [];
  let serial = 0;

  const poll: Vendor['poll'] = async ({ jobIds, shape }, { acquire }) => {
    calls.push({ shape, jobs: jobIds.length, atMs: clock() - startMs });
    let pages = 0;
    for (const max = shape === 'list' ? PAGES : 1; pages < max && (await acquire()); pages += 1) {
      requests.push(clock() - startMs);
      await clock.sleep(ANSWER_MS);
    }
    const isSeen = (jobId: string) => (shape === 'list' ? pageOf(Number(jobId)) < pages : pages > 0);
    const observations = new Map(jobIds.map((jobId) => [jobId, isSeen(jobId) ? ENDED : UNASKED]));
    const isWhole = pages === PAGES;
    const rest = isWhole || restMs === undefined ? {} : { restMs };
    return { observations, keyRefusals: 0, keyDoubts: 0, pages: isWhole ? PAGES : null, ...rest };
  };
  const vendor = { ...world.vendor, grouping: { batchMax: 0, listPageMax: 100 }, poll };

  function aWorker() {
    const vendors = new Map([[vendor.api, vendor]]);
    const lookup = async () => ACCOUNT;
    const worker = world.makeWorker((ports) => ({ ...ports, vendors }), SETTINGS, lookup, CALLS_PER_SECOND);
    const { watch, pace, shiftPorts } = worker;
    const nonce = () => `leader-${++serial}`;
    const tryToLead = makeLeader({ ...shiftPorts, store, nonce, paceFullMs: pace.fullMs });

    /** Waits until it can lead, and works for so long. */
    return async function lead(watchSeconds: number): Promise<void> {
      let one = await tryToLead({ isWoken: true, receives: true });
      for (; one.kind !== 'leader'; one = await tryToLead({ isWoken: true, receives: true })) await clock.sleep(250);
      const settings = { ...SETTINGS, watchSeconds, workers: 1, leadership: one };
      await runShift(watch, shiftPorts, settings, () => 60_000);
    };
  }

  /** The key has had a good answer: nobody waits for the first call with it. */
  async function proveKey(): Promise<void> {
    world.submit('0', LONG_AGO);
    await aWorker()(10);
    calls.length = 0;
    requests.length = 0;
    startMs = clock();
  }

  const submit = (from: number, to: number) =>
    Array.from({ length: to - from + 1 }, (_, at) => world.submit(String(from + at), LONG_AGO));
  const ended = () => world.jobs.all().filter(({ jobId, phase }) => jobId !== '0' && phase === 'succeeded').length;
  return { clock, calls, requests, proveKey, aWorker, submit, ended };
}

/** The most requests within so long. */
function mostWithin(requests: readonly number[], ms: number): number {
  const within = requests.map((from) => requests.filter((at) => at >= from && at < from + ms).length);
  return Math.max(...within);
}

describe('a list that is under way when another worker leads', () => {
  it('takes nothing beside the pace of that one', async () => {
    const { clock, calls, requests, proveKey, aWorker, submit } = aStack(() => PAGES - 1);
    await proveKey();
    submit(1, 10);
    const first = aWorker()(10);
    // The last of its receives is over.
    await clock.sleep(15_500);
    submit(11, 20);
    await Promise.all([first, aWorker()(30)]);
    expect(calls.map(({ shape }) => shape)).toEqual(['list', 'list']);
    expect(requests.length).toBeGreaterThan(PAGES);
    expect(mostWithin(requests, 4000)).toBeLessThanOrEqual(4 * CALLS_PER_SECOND + CALLS_PER_SECOND);
  });

  it('is read again at once by the next one, also if none of its jobs was seen', async () => {
    const { calls, proveKey, aWorker, submit, ended } = aStack(() => PAGES - 1);
    await proveKey();
    submit(1, 10);
    await aWorker()(10);
    expect(ended()).toBe(0);
    await aWorker()(30);
    expect(ended()).toBe(10);
    expect(calls).toMatchObject([
      { shape: 'list', jobs: 10 },
      { shape: 'list', jobs: 10 },
    ]);
    expect(calls[1]?.atMs).toBeLessThan(13_000);
  });

  it('is still one that can be read', async () => {
    const { calls, proveKey, aWorker, submit, ended } = aStack((jobId) => (jobId === 1 ? 0 : PAGES - 1));
    await proveKey();
    submit(1, 10);
    const lead = aWorker();
    await lead(10);
    expect(ended()).toBe(1);
    await lead(30);
    expect(ended()).toBe(10);
    expect(calls).toMatchObject([
      { shape: 'list', jobs: 10 },
      { shape: 'list', jobs: 9 },
    ]);
  });

  it('is given up for single calls if no worker ever has the time for it', async () => {
    const { proveKey, aWorker, submit, ended, calls } = aStack(() => PAGES - 1);
    await proveKey();
    submit(1, 10);
    const lead = aWorker();
    for (let times = 0; times < 5; times += 1) await lead(5);
    expect(calls.slice(0, 2)).toMatchObject([{ shape: 'list' }, { shape: 'list' }]);
    expect(ended()).toBe(10);
  });

  it('is not read before the time that a good answer has named', async () => {
    const { calls, proveKey, aWorker, submit, ended } = aStack(() => PAGES - 1, 20_000);
    await proveKey();
    submit(1, 10);
    await aWorker()(10);
    await aWorker()(60);
    expect(calls.length).toBeGreaterThan(1);
    expect(calls[1]?.atMs).toBeGreaterThanOrEqual(20_000);
    expect(ended()).toBe(10);
  });
});

import { describe, expect, it } from 'vitest';
import type { Busy } from '../../lib/admission/pace.ts';
import { makeGuarded } from '../../lib/watch/faults.ts';
import { makeLines } from '../../lib/watch/lines.ts';
import type { Due } from '../../lib/watch/ports.ts';
import type { Watch } from '../../lib/watch/watch.ts';
import { fakeClock } from '../fakes/clock.ts';
import { aJob } from '../fakes/records.ts';
import { aTick } from '../fakes/tick.ts';

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
const nothing = () => undefined;
const unused = () => Promise.reject(new Error('not used'));

/** Lines before a vendor that takes so long for each call of one job; of a scope, `allowed` calls are under way. */
function setUp({
  allowed = 1,
  answerMs = 100,
  leaseMs = 110_000,
  mayBegin = (): boolean => true,
  /** One call for all that wait, of which so many are polled. */
  listed = 0,
} = {}) {
  const clock = fakeClock();
  const startMs = clock();
  const underWay = new Map<string, number>();
  const polled: { readonly jobId: string; readonly atMs: number }[] = [];
  const back: { readonly jobId: string; readonly inMs: number; readonly atMs: number }[] = [];
  const released: string[] = [];
  let inHand = 0;
  let mostInHand = 0;

  const busy: Busy = {
    kind: 'busy',
    retryMs: 0,
    intervalMs: answerMs,
    slot: (notBeforeMs) => ({ kind: 'wait', untilMs: notBeforeMs, reason: 'busy' }),
  };
  const left = (due: readonly Due[]) => {
    inHand -= due.length;
  };
  const watch: Watch = {
    receive: unused,
    recall: unused,
    meeting: () => [],
    plan: (due) => {
      const [first] = due;
      if (listed > 0 && first !== undefined) {
        const jobIds = due.map(({ job }) => job.jobId);
        return [{ call: { scope: first.job, shape: 'list', jobIds, beganAfterMs: null }, due: [...due] }];
      }
      return due
        .toSorted((a, b) => a.dueMs - b.dueMs)
        .map((one) => ({
          call: { scope: one.job, shape: 'single', jobIds: [one.job.jobId], beganAfterMs: null },
          due: [one],
        }));
    },
    async admit({ scope }) {
      const count = underWay.get(scope.region) ?? 0;
      if (count >= allowed) return { ...busy, retryMs: clock() + 1000 };
      underWay.set(scope.region, count + 1);
      const release = async () => void underWay.set(scope.region, (underWay.get(scope.region) ?? 1) - 1);
      return { kind: 'go', account: null as never, acquire: async () => true, unsignedFirst: false, release };
    },
    async poll({ jobIds, scope }, due, turn) {
      polled.push(...jobIds.map((jobId) => ({ jobId, atMs: clock() - startMs })));
      await clock.sleep(scope.region === 'hangs' ? 5000 : answerMs);
      await turn.permit.release(null);
      const unasked = listed > 0 ? due.slice(listed) : [];
      left(due.slice(0, due.length - unasked.length));
      return unasked;
    },
    async putOff(due, { untilMs }) {
      for (const { job } of due) back.push({ jobId: job.jobId, inMs: untilMs - clock(), atMs: clock() - startMs });
      left(due);
    },
    async release(due) {
      released.push(...due.map(({ job }) => job.jobId));
      left(due);
    },
  };
  const ports = { clock, mono: clock, sleep: clock.sleep };
  const lines = makeLines(watch, ports, aTick({ mayBegin }), makeGuarded(silent, nothing), nothing);

  function arrive(region: string, count: number, dueMs: (index: number) => number = (index) => index): void {
    const due = Array.from({ length: count }, (_, index) => ({
      message: { leaseEndsMono: clock() + leaseMs } as never,
      job: aJob({ region, jobId: `${region}-${index}` }),
      dueMs: dueMs(index),
    }));
    inHand += count;
    mostInHand = Math.max(mostInHand, inHand);
    lines.add(due);
  }

  return { clock, startMs, lines, polled, back, released, arrive, mostInHand: () => mostInHand };
}

const ids = (all: readonly { readonly jobId: string }[]) => all.map(({ jobId }) => jobId);

describe('a waiting line', () => {
  it('takes the longest due first, also who came later', async () => {
    const { clock, lines, polled, arrive } = setUp();
    arrive('a', 3, (index) => 100 - index);
    await clock.sleep(50);
    arrive('b', 1);
    arrive('a', 1, () => 0);
    await clock.sleep(1000);
    expect(ids(polled)).toEqual(['a-2', 'b-0', 'a-0', 'a-1', 'a-0']);
    await lines.end();
    await lines.done();
  });

  it('goes on as soon as a call ends, not only when it was told to try again', async () => {
    const { clock, lines, polled, arrive } = setUp();
    arrive('a', 5);
    await clock.sleep(450);
    expect(polled.map(({ atMs }) => atMs)).toEqual([0, 100, 200, 300, 400]);
    await lines.end();
    await lines.done();
  });

  it('of a scope that hangs holds up no other, nor the next round', async () => {
    const { clock, lines, polled, arrive } = setUp();
    arrive('hangs', 400);
    await lines.room();
    arrive('a', 400);
    await lines.room();
    arrive('b', 10);
    await lines.room();
    expect(clock()).toBe(fakeClock()());
    await clock.sleep(1000);
    const regions = polled.map(({ jobId }) => jobId.split('-')[0]);
    expect([regions.filter((one) => one === 'hangs').length, regions.filter((one) => one === 'b').length]).toEqual([
      1, 10,
    ]);
    await lines.end();
    await lines.done();
  });

  it('never holds more than the bounds: the shortest due go back until the line has gone on', async () => {
    const { clock, lines, polled, back, arrive, mostInHand } = setUp();
    for (let round = 0; round < 5; round++) {
      arrive('a', 400, (index) => round * 400 + index);
      await lines.room();
      await clock.sleep(10);
    }
    expect(mostInHand()).toBeLessThanOrEqual(600 + 400 + 1);
    expect(back).toHaveLength(2000 - 600 - 1);
    expect(Math.min(...back.map(({ inMs }) => inMs))).toBeGreaterThan(30_000);
    expect(polled.every(({ jobId }) => Number(jobId.slice(2)) < 200)).toBe(true);
    await lines.end();
    await lines.done();
  });

  it('gives back what would begin too late for its lease, and calls nobody whose lease is short', async () => {
    const { clock, lines, polled, back, arrive } = setUp({ answerMs: 1000 });
    arrive('a', 200);
    await clock.sleep(200_000);
    expect(polled.length + back.length).toBe(200);
    expect(polled.length).toBeGreaterThan(60);
    expect(Math.max(...polled.map(({ atMs }) => atMs))).toBeLessThanOrEqual(70_000);
    expect(Math.max(...back.map(({ atMs }) => atMs))).toBeLessThanOrEqual(70_000);
    await lines.end();
    await lines.done();
  });

  it('goes back whole when the tick ends, but for the calls that are under way', async () => {
    const { clock, lines, polled, released, arrive } = setUp();
    arrive('a', 50);
    await clock.sleep(250);
    await lines.end();
    await lines.done();
    expect([polled.length, released.length]).toEqual([3, 47]);
    expect(lines.isEmpty()).toBe(true);
  });

  it('begins no call when there is no time left for one', async () => {
    let isLate = false;
    const { clock, lines, polled, released, arrive } = setUp({ mayBegin: () => !isLate });
    arrive('a', 50);
    await clock.sleep(250);
    isLate = true;
    await clock.sleep(2000);
    expect([polled.length, released.length]).toEqual([3, 47]);
    await lines.end();
    await lines.done();
  });

  it('of one list of a thousand jobs that hangs leaves room for others', async () => {
    const { clock, lines, polled, arrive } = setUp({ listed: 10_000 });
    arrive('hangs', 1000);
    await lines.room();
    arrive('a', 10);
    await lines.room();
    expect(clock()).toBe(fakeClock()());
    await clock.sleep(1000);
    expect(polled.filter(({ jobId }) => jobId.startsWith('a'))).toHaveLength(10);
    await lines.end();
    await lines.done();
  });

  it('waits for room no longer than calls may begin', async () => {
    let isLate = false;
    const { clock, lines, arrive } = setUp({ answerMs: 60_000, mayBegin: () => !isLate, listed: 10_000 });
    for (let list = 0; list < 6; list++) arrive(`r-${list}`, 700);
    let hasRoom = false;
    const room = lines.room().then(() => {
      hasRoom = true;
    });
    await clock.sleep(5000);
    expect(hasRoom).toBe(false);
    isLate = true;
    await clock.sleep(2000);
    expect(hasRoom).toBe(true);
    await Promise.all([room, lines.end(), lines.done()]);
  });

  it('polls nobody whose lease ran out while it waited for a second call', async () => {
    const { clock, lines, polled, released, arrive } = setUp({ answerMs: 30_000, leaseMs: 60_000, listed: 3 });
    arrive('a', 5);
    await clock.sleep(100_000);
    expect([polled.length, released]).toEqual([5, ['a-3', 'a-4']]);
    await lines.end();
    await lines.done();
  });
});

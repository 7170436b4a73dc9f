import { describe, expect, it, test } from 'vitest';
import { runShift, type ShiftSettings } from '../../lib/watch/shift.ts';
import { runTick } from '../../lib/watch/tick.ts';
import type { Watch } from '../../lib/watch/watch.ts';
import { makeTogether } from '../../lib/watch/work.ts';
import { fakeClock } from '../fakes/clock.ts';
import { BODY, LONG_AGO, makeWorld } from '../fakes/world.ts';

const unused = () => Promise.reject(new Error('not used here'));
const NOBODY = { meeting: () => [], plan: () => [] };
const WATCH: Watch = {
  receive: unused,
  recall: unused,
  admit: unused,
  poll: unused,
  putOff: unused,
  release: unused,
  ...NOBODY,
};
const SILENT = { info: () => undefined, warn: () => undefined, error: () => undefined };

/**
 * Goal: a tick that finds nothing takes a second of SQS's time, and one that works on waits for what comes next. Method:
 * a queue that tells how long it was to wait.
 */
async function waitsOf(more: Partial<ShiftSettings>): Promise<number[]> {
  const waits: number[] = [];
  let monoMs = 0;
  const pending = {
    async receive(_max: number, waitSeconds: number) {
      waits.push(waitSeconds);
      monoMs += waitSeconds * 1000;
      return [];
    },
    isEmpty: async () => false,
    delay: unused,
    remove: unused,
  };
  const time = { clock: () => monoMs, mono: () => monoMs, sleep: async () => undefined };
  const settings = { watchSeconds: 9, vendorTimeoutMs: 5000, workers: 1, ...more };
  await runShift(WATCH, { pending, log: SILENT, leaveUnderWay: unused, ...time }, settings, () => 70_000);
  return waits;
}

test('the first poll of a tick is short, later ones are long, and none goes on beyond its end', async () => {
  expect(await waitsOf({})).toEqual([1, 5, 3]);
});

test('a tick that finds nothing is noted once', async () => {
  const notes: number[] = [];
  const pending = { receive: async () => [], isEmpty: async () => true, delay: unused, remove: unused };
  const time = { clock: () => 0, mono: () => 0, sleep: async () => undefined };
  const noteTick = async ({ messages }: { messages: number }) => void notes.push(messages);
  const ports = { pending, log: SILENT, leaveUnderWay: unused, noteTick, ...time };
  await runTick(WATCH, ports, { watchSeconds: 9, vendorTimeoutMs: 5000, workers: 1 }, () => 70_000);
  expect(notes).toEqual([0]);
});

test('a worker that others are woken beside goes home after one short poll', async () => {
  expect(await waitsOf({ mayGo: () => true })).toEqual([1]);
});

describe('a round', () => {
  /** Half a second into a second, so many jobs become visible, and others after it. */
  async function calls(grouping: { batchMax: number; listPageMax: number }, jobs: number, later: number) {
    const world = makeWorld();
    const { vendor, clock, pending } = world;
    const known = { ...vendor, grouping };
    const worker = world.makeWorker((ports) => ({ ...ports, vendors: new Map([[vendor.api, known]]) }));
    const send = (jobId: string, delayMs: number) => {
      vendor.script(jobId, [{ fromMs: 0, word: 'SUCCESS' }]);
      pending.send(JSON.stringify({ ...BODY, ...LONG_AGO, jobId }), { delayMs });
    };
    clock.set(Math.ceil(clock() / 1000) * 1000 + 500);
    const beganMs = clock();
    for (let job = 0; job < jobs; job++) send(`now-${job}`, 0);
    for (let job = 0; job < later; job++) send(`later-${job}`, 300);
    await worker.tick();
    return { sizes: vendor.calls.map(({ jobIds }) => jobIds.length), beganMs };
  }

  it('waits for the whole second where its jobs share calls', async () => {
    expect((await calls({ batchMax: 20, listPageMax: 0 }, 2, 2)).sizes).toEqual([4]);
  });

  it('waits for nobody where its jobs can meet nobody', async () => {
    expect((await calls({ batchMax: 0, listPageMax: 0 }, 2, 2)).sizes).toEqual([1, 1, 1, 1]);
  });

  it('waits for nobody where a scope has never had another job', async () => {
    expect((await calls({ batchMax: 20, listPageMax: 0 }, 1, 1)).sizes).toEqual([1, 1]);
  });
});

describe('those who go back to the queue', () => {
  /** When each of so many goes on that come one after another, so many milliseconds apart. */
  async function goneAt(count: number, apartMs: number, expected = count, isInLine = false): Promise<number[]> {
    const clock = fakeClock();
    const beganMs = clock();
    const others = makeTogether(clock.sleep).expect(expected);
    const gone: number[] = [];
    const waits: Promise<void>[] = [];
    for (let one = 0; one < count; one++) {
      waits.push(others.wait({ isInLine }).then(() => void gone.push(clock() - beganMs)));
      await clock.sleep(apartMs);
    }
    await Promise.all(waits);
    return gone;
  }

  it('go together, ten at a time', async () => {
    expect(await goneAt(10, 5, 20)).toEqual(Array.from({ length: 10 }, () => 45));
  });

  it('wait for those who are under way for 200 ms at most', async () => {
    expect(await goneAt(3, 10, 5)).toEqual([200, 200, 200]);
  });

  it('wait for two seconds where their line waits, for those whose turn comes next', async () => {
    expect(await goneAt(3, 200, 3, true)).toEqual([2000, 2000, 2000]);
  });

  it('wait for nobody if nobody is under way', async () => {
    expect(await goneAt(1, 0)).toEqual([0]);
  });
});

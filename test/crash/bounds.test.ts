import { describe, expect, it } from 'vitest';
import { asciiBytes } from '../../lib/ascii-json.ts';
import { NO_DETAIL } from '../../lib/observation.ts';
import { runTick } from '../../lib/tick.ts';
import type { WatchPorts } from '../../lib/watch-ports.ts';
import { idOf, makeWorld, SETTINGS, type World } from '../fakes/world.ts';

const MINUTE = 60_000;

/** What a worker does with its messages, in order. */
function settling(world: World) {
  const done: string[] = [];
  const wrap = (ports: WatchPorts): WatchPorts => ({
    ...ports,
    pending: {
      ...ports.pending,
      async hide(message, seconds) {
        done.push(`hide ${seconds}`);
        return ports.pending.hide(message, seconds);
      },
      async remove(message) {
        done.push('remove');
        return ports.pending.remove(message);
      },
    },
  });
  return { done, wrap, world };
}

/** A vendor that takes so long for its first answer. */
function slowly(world: World, ms: number): (ports: WatchPorts) => WatchPorts {
  const { vendor } = world;
  let isFirst = true;
  const ask: typeof vendor.ask = async (...args) => {
    if (isFirst) world.clock.advance(ms);
    isFirst = false;
    return vendor.ask(...args);
  };
  return (ports) => ({ ...ports, vendors: new Map([[vendor.api, { ...vendor, ask }]]) });
}

describe('a lease', () => {
  it.each([
    ['FAIL', 109_000, ['remove']],
    ['FAIL', 110_000, []],
    ['FAIL', 113_000, []],
    ['RUNNING', 109_000, ['hide 55']],
    ['RUNNING', 110_000, []],
  ])('%s after %i ms: the message is settled within it and left alone after it', async (word, ms, expected) => {
    const world = makeWorld();
    world.vendor.script('a', [{ fromMs: 0, word }]);
    world.submit('a');
    const { done, wrap } = settling(world);
    await world.makeWorker((ports) => wrap(slowly(world, ms)(ports))).tick();
    // The wait has a jitter of a tenth; that the message is hidden is what counts.
    expect(done.map((what) => what.replace(/\d+/, '55'))).toEqual(expected);
    expect(world.ends(idOf('a'))).toHaveLength(word === 'FAIL' ? 1 : 0);
  });

  it('that is over when a bad message has been moved: the message is moved again, and then deleted', async () => {
    const world = makeWorld();
    world.pending.send('{"bad":true}');
    const slowMove = (ports: WatchPorts): WatchPorts => ({
      ...ports,
      async reject(message) {
        await ports.reject(message);
        world.clock.advance(world.rejected.length === 1 ? 115_000 : 0);
      },
    });
    await world.makeWorker(slowMove).tick();
    expect([world.pending.size(), world.rejected.length]).toEqual([1, 1]);
    await world.runMinutes(3);
    expect([world.pending.size(), world.rejected.length]).toEqual([0, 2]);
    expect(new Set(world.told.map(({ id }) => id)).size).toBe(1);
  });
});

describe('a record', () => {
  it('of a job that flaps stays within its bounds, and the job ends and is told', async () => {
    const world = makeWorld();
    for (let flap = 0; flap < 260; flap++) {
      const word = flap % 2 === 0 ? 'INIT' : 'RUNNING';
      const error = { code: 'E', message: 'y'.repeat(900) };
      world.vendor.next({ kind: 'status', word, detail: { ...NO_DETAIL, error } });
    }
    world.vendor.script('a', [{ fromMs: 0, word: 'SUCCESS' }]);
    const id = world.submit('a', { timeoutSeconds: 604_800 });
    await world.runMinutes(400);
    const job = world.job(id);
    expect(job).toMatchObject({ phase: 'succeeded', seq: 261, notifiedSeq: 261 });
    const seqs = job?.history.map(({ seq }) => seq) ?? [];
    expect(seqs.length).toBeLessThanOrEqual(200);
    expect(seqs.length + (job?.droppedTransitions ?? 0)).toBe(261);
    expect([seqs[0], seqs.at(-1)]).toEqual([1, 261]);
    expect(asciiBytes(job)).toBeLessThanOrEqual(64_000);
    expect(new Set(world.told.map((event) => event.id)).size).toBe(261);
  });

  it('that is refused whatever is left out is said so, and its message is not deleted', async () => {
    const world = makeWorld();
    world.vendor.script('a', [{ fromMs: 0, word: 'SUCCESS' }]);
    world.jobs.refuseAbove(10);
    world.submit('a');
    await world.makeWorker().tick();
    expect(world.lines.map(({ message }) => message)).toContain('job.unwritable');
    expect(world.pending.size()).toBe(1);
    world.jobs.refuseAbove(400_000);
    await world.runMinutes(5);
    expect(world.ends(idOf('a'))).toHaveLength(1);
  });

  it('does not change when the vendor spells its word otherwise', async () => {
    const world = makeWorld();
    world.vendor.script('a', [
      { fromMs: 0, word: 'RUNNING' },
      { fromMs: 10_000, word: 'Running' },
      { fromMs: 20_000, word: 'running' },
      { fromMs: 40_000, word: 'SUCCESS' },
    ]);
    const id = world.submit('a');
    await world.runMinutes(3);
    expect(world.job(id)?.history.map(({ vendorStatus }) => vendorStatus)).toEqual(['RUNNING', 'SUCCESS']);
  });
});

describe('a tick', () => {
  /** One tick of 70 s whose first receive takes so long. */
  async function tick(world: World, receiveMs = 0) {
    const { done, wrap } = settling(world);
    const endMs = world.clock() + 70_000;
    let ports: WatchPorts | null = null;
    const { watch } = world.makeWorker((all) => {
      ports = wrap(all);
      return ports;
    });
    if (ports === null) throw new Error('the worker has no ports');
    const { pending } = wrap({ ...(ports as WatchPorts), pending: world.pending });
    let isFirst = true;
    const receive: typeof pending.receive = async (...args) => {
      const messages = await pending.receive(...args);
      if (isFirst) world.clock.advance(receiveMs);
      isFirst = false;
      return messages;
    };
    const beganMs = world.clock();
    const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
    await runTick(
      watch,
      { pending: { ...pending, receive }, log, mono: world.clock, clock: world.clock, noteTick: async () => undefined },
      SETTINGS,
      () => endMs - world.clock(),
    );
    return { done, tookMs: world.clock() - beganMs };
  }

  it.each([
    [56_000, 1],
    [57_000, 0],
    [69_000, 0],
  ])(
    'whose messages come after %i ms begins %i calls; what it does not begin it gives back at once',
    async (ms, calls) => {
      const world = makeWorld();
      world.vendor.script('a', [{ fromMs: 0, word: 'FAIL' }]);
      world.submit('a');
      const { done } = await tick(world, ms);
      expect(world.vendor.calls).toHaveLength(calls);
      expect(done).toEqual(calls === 0 ? ['hide 0'] : ['remove']);
    },
  );

  it('returns at once when nothing is visible, in flight or delayed', async () => {
    const { tookMs } = await tick(makeWorld());
    expect(tookMs).toBeLessThanOrEqual(5000);
  });

  it('works on while a message sleeps, and sees it when it is due', async () => {
    const world = makeWorld();
    world.vendor.script('a', [{ fromMs: 0, word: 'FAIL' }]);
    world.pending.send(JSON.stringify({ api: 'test.api', region: 'eu-1', jobId: 'a' }), { delayMs: 30_000 });
    await tick(world);
    expect(world.ends(idOf('a'))).toHaveLength(1);
  });

  it('ends when its time is over, whatever sleeps', async () => {
    const world = makeWorld();
    world.pending.send('{}', { delayMs: 10 * MINUTE });
    const { tookMs } = await tick(world);
    expect(tookMs).toBeGreaterThanOrEqual(SETTINGS.watchSeconds * 1000);
    expect(tookMs).toBeLessThan(SETTINGS.watchSeconds * 1000 + 6000);
  });
});

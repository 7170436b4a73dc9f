import { describe, expect, it } from 'vitest';
import type { WatchPorts } from '../../lib/watch/ports.ts';
import { runTick } from '../../lib/watch/tick.ts';
import { idOf, LONG_AGO, makeWorld, SETTINGS, type World } from '../fakes/world.ts';
import { MINUTE, settling } from './hooks.ts';

describe('a tick', () => {
  /** One tick of 70 s whose first receive takes so long. */
  async function tick(world: World, receiveMs = 0) {
    const { done, wrap } = settling();
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
    const sleep = async (ms: number) => world.clock.advance(ms);
    await runTick(
      watch,
      {
        pending: { ...pending, receive },
        log,
        mono: world.clock,
        clock: world.clock,
        sleep,
        noteTick: async () => undefined,
        leaveUnderWay: async () => undefined,
      },
      { ...SETTINGS, workers: 1 },
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
      world.submit('a', LONG_AGO);
      const { done } = await tick(world, ms);
      expect(world.vendor.calls).toHaveLength(calls);
      expect(done).toEqual(calls === 0 ? ['delay 0'] : ['remove']);
    },
  );

  it('returns at once when nothing is visible, in flight or delayed', async () => {
    const { tookMs } = await tick(makeWorld());
    expect(tookMs).toBeLessThanOrEqual(5000);
  });

  it('works on while a message sleeps, and sees it when it is due', async () => {
    const world = makeWorld();
    world.vendor.script('a', [{ fromMs: 0, word: 'FAIL' }]);
    world.pending.send(JSON.stringify({ ...LONG_AGO, api: 'test.api', region: 'eu-1', jobId: 'a' }), {
      delayMs: 30_000,
    });
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

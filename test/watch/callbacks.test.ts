import { describe, expect, test } from 'vitest';
import type { CallbackEnd } from '../../lib/events/callbacks.ts';
import type { CallbackReply } from '../../lib/job/callback-api.ts';
import { CALLBACK_KINDS, type CallbackRequest, callbackHash } from '../../lib/job/callbacks.ts';
import { makeHeartbeats } from '../../lib/watch/callbacks/heartbeats.ts';
import type { WatchPorts } from '../../lib/watch/ports.ts';
import { memoryCallbackTokens } from '../fakes/callback-tokens.ts';
import { BODY, LONG_AGO, makeWorld } from '../fakes/world.ts';

const MINUTE = 60_000;
const task = (token: string, heartbeat?: boolean): CallbackRequest => ({ kind: 'stepfunctions', token, heartbeat });
const RUNS = [
  { fromMs: 0, word: 'RUNNING' },
  { fromMs: 10 * MINUTE, word: 'SUCCESS' },
];

/** A world whose workers close callbacks, and what they did. */
function aWorld(reply: CallbackReply = { kind: 'done' }) {
  const world = makeWorld();
  const tokens = memoryCallbackTokens(world.clock);
  const ends: CallbackEnd[] = [];
  const beats: { token: string; atMs: number }[] = [];
  const kept: string[] = [];
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const api = {
    beat: async (_kind: unknown, token: string) => {
      beats.push({ token, atMs: world.clock() });
      return reply;
    },
  };
  const heartbeats = makeHeartbeats({ api, readToken: tokens.read, clock: world.clock, log });
  const wrap = (ports: WatchPorts): WatchPorts => ({
    ...ports,
    callbacks: {
      kinds: new Set(CALLBACK_KINDS),
      keep: async (requests) => {
        kept.push(...requests.map(callbackHash));
        await tokens.keep(requests);
      },
      close: async (some) => void ends.push(...some),
      beat: heartbeats.beat,
    },
  });
  const worker = world.makeWorker(wrap);
  return { ...world, wrap, tokens, ends, beats, kept, run: (minutes: number) => world.runMinutes(minutes, worker) };
}

const told = (ends: readonly CallbackEnd[]) => ends.map(({ target, event }) => [target.hash, event.data.phase]);

describe('workflows that wait for a job', () => {
  test('are told its end; their tokens are kept once, and not in the record', async () => {
    const world = aWorld();
    world.vendor.script('a', RUNS);
    const id = world.submit('a', { callbacks: [task('canary-1'), task('canary-2')] });
    await world.run(15);
    expect(told(world.ends)).toEqual(['canary-1', 'canary-2'].map((token) => [callbackHash(task(token)), 'succeeded']));
    expect(world.kept).toHaveLength(2);
    expect(JSON.stringify([world.job(id), world.told, world.lines, world.ends])).not.toContain('canary');
  });

  test('come with a second message as well; a fourth is refused by name', async () => {
    const world = aWorld();
    world.vendor.script('a', RUNS);
    const id = world.submit('a', { callbacks: [task('one')] });
    await world.run(1);
    world.submit('a', { callbacks: [task('one'), task('two'), task('three')] });
    await world.run(1);
    world.submit('a', { callbacks: [task('four')] });
    await world.run(2);
    expect(world.job(id)?.callbacks).toHaveLength(3);
    expect(world.rejected.map(({ reason }) => reason)).toEqual([
      'callbacks: at most 3 callbacks may wait for a job, and it has some already.',
    ]);
    await world.run(15);
    expect(told(world.ends).map(([hash]) => hash)).toEqual(
      ['one', 'two', 'three'].map((one) => callbackHash(task(one))),
    );
  });

  test('that come after the end are told at once, and the job stays ended', async () => {
    const world = aWorld();
    world.vendor.script('a', [{ fromMs: 0, word: 'FAIL' }]);
    const id = world.submit('a', LONG_AGO);
    await world.run(3);
    expect(world.ends).toEqual([]);
    world.submit('a', { callbacks: [task('late')] });
    await world.run(1);
    expect(told(world.ends)).toEqual([[callbackHash(task('late')), 'failed']]);
    expect([world.jobs.open(), world.pending.size()]).toEqual([[], 0]);
    expect(world.job(id)).toMatchObject({ phase: 'failed', seq: 1, callbacks: [{ hash: callbackHash(task('late')) }] });
  });

  test('that came after the end are told it, though the work was cut off and somebody has opened the job again', async () => {
    const world = aWorld();
    world.vendor.script('a', [{ fromMs: 0, word: 'RUNNING' }]);
    const id = world.submit('a', { ...LONG_AGO, timeoutSeconds: 60 });
    const late = { ...BODY, jobId: 'a', timeoutSeconds: 60, callbacks: [task('late')] };
    world.pending.send(JSON.stringify(late), { delayMs: 5 * MINUTE });
    await world.run(4);
    expect(world.job(id)).toMatchObject({ phase: 'timed_out', seq: 2 });

    const failing = world.makeWorker((ports) => {
      const close = () => Promise.reject(new Error('the table is throttled'));
      const { callbacks } = world.wrap(ports);
      return { ...ports, callbacks: callbacks && { ...callbacks, close } };
    });
    world.clock.advance(2 * MINUTE);
    await failing.tick();
    expect([world.job(id)?.callbacks?.length, world.ends.length]).toEqual([1, 0]);
    world.submit('a', { timeoutSeconds: 86_400 });
    await world.run(10);
    expect(world.job(id)?.phase).toBe('running');
    expect(told(world.ends)).toEqual([[callbackHash(task('late')), 'timed_out']]);
  });

  test('of a kind that the stack does not close are refused', async () => {
    const world = aWorld();
    world.submit('a', { callbacks: [task('one')] });
    await world.runMinutes(1);
    expect(world.rejected.map(({ reason }) => reason)).toEqual([
      'callbacks: not allowed for "stepfunctions": this stack is deployed without the parameter callbackStateMachineArns.',
    ]);
  });
});

describe('heartbeats', () => {
  test('go once a minute at most while the vendor answers, to those who want them', async () => {
    const world = aWorld();
    world.vendor.script('a', RUNS);
    world.submit('a', { ...LONG_AGO, callbacks: [task('beats', true), task('silent')] });
    await world.run(15);
    expect(new Set(world.beats.map(({ token }) => token))).toEqual(new Set(['beats']));
    expect(world.beats.length).toBeGreaterThan(1);
    const gaps = world.beats.slice(1).map(({ atMs }, at) => atMs - (world.beats[at]?.atMs ?? 0));
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(MINUTE);
    expect(Math.max(...world.beats.map(({ atMs }) => atMs))).toBeLessThan(world.clock());
  });

  test('do not go where nothing was learned of the job', async () => {
    const world = aWorld();
    world.vendor.script('a', RUNS);
    for (let count = 0; count < 50; count += 1) world.vendor.next({ kind: 'unreachable', reason: 'nobody is there' });
    world.submit('a', { ...LONG_AGO, callbacks: [task('beats', true)] });
    await world.run(5);
    expect(world.beats).toEqual([]);
  });

  test('end where the workflow waits no more, and the job is watched on', async () => {
    const world = aWorld({ kind: 'closed', status: 400, code: 'TaskTimedOut' });
    world.vendor.script('a', RUNS);
    const id = world.submit('a', { ...LONG_AGO, callbacks: [task('beats', true)] });
    await world.run(15);
    expect(world.beats).toHaveLength(1);
    expect(world.job(id)?.phase).toBe('succeeded');
  });

  test('of more callbacks than a process knows go no more often, and to all of them in turn', async () => {
    let nowMs = 0;
    const sent = new Map<string, number>();
    let tooSoon = 0;
    const api = {
      beat: async (_kind: unknown, token: string) => {
        if (nowMs - (sent.get(token) ?? Number.NEGATIVE_INFINITY) < MINUTE) tooSoon += 1;
        sent.set(token, nowMs);
        return { kind: 'done' } as const;
      },
    };
    const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
    const { beat, settled } = makeHeartbeats({ api, readToken: async (hash) => hash, clock: () => nowMs, log });
    const callbacks = Array.from({ length: 12_000 }, (_, at) => `h${at}`).map(
      (hash) => ({ kind: 'durable', hash, heartbeat: true, afterSeq: 0 }) as const,
    );
    for (let polls = 0; polls < 12; polls += 1, nowMs += 20_000) {
      for (const callback of callbacks) beat(callback);
      await settled();
    }
    expect([tooSoon, sent.size]).toEqual([0, 12_000]);
  });

  test('that fail keep nobody waiting, and a store at fault is asked again', async () => {
    let nowMs = 0;
    let reads = 0;
    const lines: unknown[] = [];
    const log = { info: () => undefined, warn: (...line: unknown[]) => void lines.push(line), error: () => undefined };
    const readToken = async () => {
      reads += 1;
      if (reads === 1) throw new Error('canary');
      return 'canary';
    };
    const failed = { kind: 'failed', status: 500, code: 'InternalFailure', isUnclear: true, isTimeout: false } as const;
    const { beat, settled } = makeHeartbeats({ api: { beat: async () => failed }, readToken, clock: () => nowMs, log });
    const callback = { kind: 'durable', hash: 'h', heartbeat: true, afterSeq: 0 } as const;
    beat(callback);
    beat(callback);
    await settled();
    nowMs += MINUTE;
    beat(callback);
    await settled();
    expect(reads).toBe(2);
    expect(lines).toEqual([
      ['callback.heartbeat', { kind: 'durable', callback: 'h', error: 'Error' }],
      ['callback.heartbeat', { kind: 'durable', callback: 'h', error: 'InternalFailure' }],
    ]);
  });
});

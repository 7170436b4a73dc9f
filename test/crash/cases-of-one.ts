import { expect } from 'vitest';
import type { WatchPorts } from '../../lib/watch/ports.ts';
import type { World } from '../fakes/world.ts';
import { AT_ONCE, type Case, failingAt, hooked, MINUTE, passOf } from './hooks.ts';

/** One worker that is cut off between the write, the sends, their mark and the message, or that the store refuses. */
export const CASES_OF_ONE: readonly Case[] = [
  {
    name: 'the end is written, its sends are not made, and the message lives',
    steps: AT_ONCE,
    play: async (world) => {
      world.submit('a');
      await world.makeWorker(failingAt('publish', 'before')).tick();
    },
    ends: ['succeeded'],
  },
  {
    name: 'the end is written, its sends are not made, and the message is lost',
    steps: AT_ONCE,
    play: async (world, id) => {
      world.submit('a');
      await world.makeWorker(failingAt('publish', 'before')).tick();
      world.pending.purge();
      expect(world.jobs.open()).toEqual([id]);
    },
    ends: ['succeeded'],
  },
  {
    name: 'the end is written and its reply is lost: our own retry fails its condition',
    steps: AT_ONCE,
    play: async (world) => {
      world.submit('a');
      await world.makeWorker(failingAt('jobs.save', 'lost')).tick();
      expect(world.pending.size()).toBe(0);
    },
    ends: ['succeeded'],
  },
  {
    name: 'the events are sent and not marked as sent',
    steps: AT_ONCE,
    play: async (world, id) => {
      world.submit('a');
      await world.makeWorker(failingAt('jobs.published', 'before')).tick();
      expect(world.job(id)).toMatchObject({ phase: 'succeeded', notifiedSeq: 0 });
    },
    ends: ['succeeded'],
  },
  {
    name: 'labels are merged between the sends and their mark: the mark does not depend on the version',
    steps: AT_ONCE,
    play: async (world, id) => {
      world.submit('a');
      const merge = async () => {
        const job = world.job(id);
        if (job !== undefined)
          expect(await world.jobs.save({ ...job, labels: { merged: 'yes' } })).toMatchObject({ kind: 'saved' });
      };
      await world.makeWorker(hooked({ before: { 'jobs.published': merge } })).tick();
      expect(world.ends(id)).toHaveLength(1);
    },
    ends: ['succeeded'],
  },
  {
    name: 'the deletion meets a handle that is not valid any more',
    steps: AT_ONCE,
    play: async (world) => {
      world.submit('a');
      const gone = (ports: WatchPorts): WatchPorts => ({
        ...ports,
        pending: { ...ports.pending, remove: async () => 'gone' },
      });
      await world.makeWorker(gone).tick();
      expect(world.pending.size()).toBe(1);
    },
    ends: ['succeeded'],
  },
  {
    name: 'the store refuses the record: it is written with what can not be left out',
    steps: AT_ONCE,
    play: async (world, id) => {
      const { poll } = world.vendor;
      const detail = { error: { code: 'E', message: 'x'.repeat(6000) } };
      const wordy = {
        ...world.vendor,
        poll: async (...args: Parameters<typeof poll>) => withDetail(await poll(...args), detail),
      };
      world.jobs.refuseAbove(5000);
      world.submit('a');
      await world.makeWorker((ports) => ({ ...ports, vendors: new Map([[wordy.api, wordy]]) })).tick();
      expect(world.job(id)?.phase).toBe('succeeded');
    },
    ends: ['succeeded'],
  },
  {
    name: 'the last message of a job that owes is a wake message',
    steps: AT_ONCE,
    play: async (world, id) => {
      world.submit('a');
      await world.makeWorker(failingAt('publish', 'before')).tick();
      world.pending.purge();
      world.clock.advance(16 * MINUTE);
      expect((await passOf(world)).woken).toBe(1);
      await world.makeWorker(failingAt('publish', 'after')).tick();
      expect(world.pending.size()).toBe(1);
      expect(world.job(id)?.notifiedSeq).toBe(0);
    },
    ends: ['succeeded'],
  },
  {
    name: 'a record that has expired and is not swept yet is none',
    steps: AT_ONCE,
    play: async (world, id) => {
      world.submit('a');
      await world.runMinutes(2);
      world.clock.advance(91 * 24 * 60 * MINUTE);
      expect(await world.jobs.get(id)).toBeNull();
      const calls = world.vendor.calls.length;
      world.submit('a');
      await world.runMinutes(2);
      expect(world.vendor.calls.length).toBe(calls + 1);
    },
    // The same job and the same number: the same event, which nobody gets twice within its thirty days.
    ends: ['succeeded'],
  },
  {
    name: 'a wake message takes the place of a lost one: the deadline stays what it was',
    steps: [{ fromMs: 0, word: 'RUNNING' }],
    play: async (world, id) => {
      world.submit('a', { timeoutSeconds: 1200 });
      await world.makeWorker().tick();
      const deadlineAt = world.job(id)?.deadlineAt;
      world.pending.purge();
      world.clock.advance(16 * MINUTE);
      await passOf(world);
      await world.makeWorker().tick();
      expect(world.job(id)).toMatchObject({ deadlineAt, labels: {} });
    },
    ends: ['timed_out'],
  },
  {
    name: 'the message comes back before the job is due: it is not polled before its time',
    steps: AT_ONCE,
    play: async (world, id) => {
      world.vendor.next({ kind: 'throttled', retryAfterMs: 10 * MINUTE, reason: 'slow down' });
      world.submit('a');
      await world.makeWorker(failingAt('pending.delay', 'before')).tick();
      await world.runMinutes(8);
      expect(world.vendor.calls).toHaveLength(1);
      expect(world.job(id)?.phase).toBe('pending');
    },
    ends: ['succeeded'],
  },
  {
    name: 'the mark fails for ever: the message stays, and nothing is decided',
    steps: AT_ONCE,
    play: async (world) => {
      world.submit('a');
      const markless = (ports: WatchPorts): WatchPorts => ({
        ...ports,
        jobs: { ...ports.jobs, published: async () => 'conflict' as const },
      });
      await world.makeWorker(markless).tick();
      expect(world.pending.size()).toBe(1);
    },
    ends: ['succeeded'],
  },
];

type PollAnswer = Awaited<ReturnType<World['vendor']['poll']>>;

function withDetail(answer: PollAnswer, detail: object): PollAnswer {
  const observations = [...answer.observations].map(([id, seen]) => {
    return [id, seen.kind === 'status' ? { ...seen, detail: { ...seen.detail, ...detail } } : seen] as const;
  });
  return { ...answer, observations: new Map(observations) };
}

import { expect } from 'vitest';
import { submit } from '../../lib/api/jobs/submit.ts';
import type { WatchPorts } from '../../lib/watch/ports.ts';
import { BODY, LONG_AGO } from '../fakes/world.ts';
import { AT_ONCE, apiOf, type Case, failingAt, hooked, MINUTE, onceOnly, RUNS } from './hooks.ts';

/** Workers and messages that meet at one job. */
export const CASES_OF_WORKERS: readonly Case[] = [
  {
    name: 'one message is delivered twice at once, and two workers see the same end',
    steps: AT_ONCE,
    play: async (world) => {
      world.submit('a');
      const twin = async () => {
        world.clock.advance(121_000);
        await world.makeWorker().tick();
      };
      await world.makeWorker(hooked({ before: { 'jobs.save': twin } })).tick();
    },
    ends: ['succeeded'],
  },
  {
    name: 'two submissions are both the first',
    steps: RUNS,
    play: async (world, id) => {
      world.submit('a', { labels: { by: 'one' } });
      const other = async () => {
        world.submit('a', { labels: { and: 'two' } });
        await world.makeWorker().tick();
      };
      await world.makeWorker(hooked({ before: { 'jobs.create': other } })).tick();
      expect(world.job(id)?.labels).toEqual({ by: 'one', and: 'two' });
      expect(world.pending.size()).toBe(1);
    },
    ends: ['succeeded'],
  },
  {
    name: 'a submission while the job is polled faster than its record is written is no take-over',
    steps: [{ fromMs: 0, word: 'RUNNING' }],
    play: async (world, id) => {
      world.submit('a', { timeoutSeconds: 600 });
      const worker = world.makeWorker();
      await worker.tick();
      const owner = world.job(id)?.owner;
      for (let minute = 0; minute < 3; minute++) {
        world.submit('a', { timeoutSeconds: 600 });
        await worker.tick();
        expect(world.job(id)?.owner).toBe(owner);
        expect(world.pending.size()).toBe(1);
      }
    },
    ends: ['timed_out'],
  },
  {
    name: 'a take-over while the old owner holds a change',
    steps: [
      { fromMs: 0, word: 'RUNNING' },
      { fromMs: MINUTE, word: 'SUCCESS' },
    ],
    play: async (world, id) => {
      world.submit('a');
      await world.makeWorker().tick();
      const first = world.job(id)?.owner;
      world.clock.advance(2 * MINUTE);
      const takeOver = async () => {
        world.clock.advance(17 * MINUTE);
        world.submit('a');
        await world.makeWorker().tick();
      };
      await world.makeWorker(hooked({ before: { 'jobs.save': takeOver } })).tick();
      expect(world.job(id)?.owner).not.toBe(first);
    },
    ends: ['succeeded'],
  },
  {
    name: 'a take-over while the old owner is alive and has nothing to tell',
    steps: [
      { fromMs: 0, word: 'RUNNING' },
      { fromMs: 22 * MINUTE, word: 'SUCCESS' },
    ],
    play: async (world, id) => {
      world.submit('a');
      await world.makeWorker().tick();
      world.clock.advance(18 * MINUTE);
      world.submit('a', { labels: { newer: 'yes' } });
      await world.runMinutes(3);
      expect(world.pending.size()).toBe(1);
      expect(world.job(id)?.phase).toBe('running');
    },
    ends: ['succeeded'],
  },
  {
    name: 'the owner is taken away while a poll is under way: the poll that loses touches nothing',
    steps: RUNS,
    play: async (world, id) => {
      world.submit('a', LONG_AGO);
      const settled: string[] = [];
      const clearOwner = async () => {
        const job = world.job(id);
        if (job !== undefined) await world.jobs.clearOwner(job, job.nextPollAt);
      };
      const watched = hooked({
        before: {
          'jobs.save': clearOwner,
          'pending.delay': () => settled.push('delay'),
          'pending.remove': () => settled.push('remove'),
        },
      });
      await world.makeWorker((ports) => onceOnly(watched(ports))).tick();
      expect(settled).toEqual([]);
      expect(world.job(id)?.owner).toBeNull();
    },
    ends: ['succeeded'],
  },
  {
    name: 'a message sent before our own end arrives after it: it is answered and opens nothing',
    steps: [{ fromMs: 0, word: 'RUNNING' }],
    play: async (world, id) => {
      world.submit('a', { timeoutSeconds: 60 });
      await world.makeWorker().tick();
      world.pending.send(JSON.stringify({ ...BODY, jobId: 'a' }), { delayMs: 4 * MINUTE });
      await world.runMinutes(3);
      expect(world.job(id)?.phase).toBe('timed_out');
      await world.runMinutes(5);
      expect(world.pending.size()).toBe(0);
    },
    ends: ['timed_out'],
  },
  {
    name: 'a take-over writes the end and dies: the poll that loses tells it at once',
    steps: [
      { fromMs: 0, word: 'RUNNING' },
      { fromMs: MINUTE, word: 'SUCCESS' },
    ],
    play: async (world, id) => {
      world.submit('a');
      await world.makeWorker().tick();
      world.clock.advance(2 * MINUTE);
      const takeOver = async () => {
        world.clock.advance(17 * MINUTE);
        world.submit('a');
        await world.makeWorker(failingAt('publish', 'before')).tick();
      };
      const loser = hooked({ before: { 'jobs.save': takeOver } });
      await world.makeWorker((ports) => onceOnly(loser(ports))).tick();
      expect(world.job(id)).toMatchObject({ phase: 'succeeded', notifiedSeq: 2 });
    },
    ends: ['succeeded'],
  },
  {
    name: 'two messages meet at a job without an owner: one takes it, and the other calls nobody',
    steps: RUNS,
    play: async (world) => {
      await submit(apiOf(world), { ...BODY, ...LONG_AGO, jobId: 'a' });
      world.pending.send(JSON.stringify({ ...BODY, ...LONG_AGO, jobId: 'a' }));
      let calls = 0;
      const other = async () => {
        await world.makeWorker(onceOnly).tick();
        calls = world.vendor.calls.length;
      };
      const receiveOne = (ports: WatchPorts): WatchPorts => ({
        ...ports,
        pending: { ...ports.pending, receive: async () => ports.pending.receive(1, 0) },
      });
      const loser = hooked({ before: { 'jobs.save': other } });
      await world.makeWorker((ports) => onceOnly(receiveOne(loser(ports)))).tick();
      expect([calls, world.vendor.calls.length]).toEqual([1, 1]);
    },
    ends: ['succeeded'],
  },
  {
    name: 'the owner is taken away between the read of a duplicate and its proof: the duplicate stays',
    steps: RUNS,
    play: async (world, id) => {
      world.submit('a');
      await world.makeWorker().tick();
      world.pending.purge();
      world.submit('a', { timeoutSeconds: 3600 });
      const clearOwner = async () => {
        const job = world.job(id);
        if (job !== undefined) expect(await world.jobs.clearOwner(job, job.nextPollAt)).toBe('saved');
      };
      await world
        .makeWorker((ports) => onceOnly(hooked({ before: { 'jobs.confirmOtherOwner': clearOwner } })(ports)))
        .tick();
      expect(world.pending.size()).toBe(1);
    },
    ends: ['succeeded'],
  },
];

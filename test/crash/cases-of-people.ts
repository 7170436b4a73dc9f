import { expect } from 'vitest';
import { postStop } from '../../lib/api/jobs/jobs.ts';
import { submit } from '../../lib/api/jobs/submit.ts';
import { BODY } from '../fakes/world.ts';
import { AT_ONCE, apiOf, type Case, ends, hooked, MINUTE, onceOnly, RUNS } from './hooks.ts';

/** What is asked for through the API, and a poll, a purge or a mark that comes in between. */
export const CASES_OF_PEOPLE: readonly Case[] = [
  {
    name: 'stop wins against a poll: the poll drops what it saw',
    steps: AT_ONCE,
    play: async (world, id) => {
      world.submit('a');
      const stop = async () => expect((await postStop(apiOf(world), id)).status).toBe(200);
      await world.makeWorker(hooked({ before: { 'jobs.save': stop } })).tick();
    },
    ends: ['stopped'],
  },
  {
    name: 'a poll wins against stop: the end of the vendor stands',
    steps: AT_ONCE,
    play: async (world, id) => {
      world.submit('a');
      await world.makeWorker(hooked({ after: { 'jobs.save': () => postStop(apiOf(world), id) } })).tick();
    },
    ends: ['succeeded'],
  },
  {
    name: 'stop is written and every message is lost',
    steps: RUNS,
    play: async (world, id) => {
      world.submit('a');
      await world.makeWorker().tick();
      await postStop(apiOf(world), id);
      world.pending.purge();
    },
    ends: ['stopped'],
  },
  {
    name: 'stop is told at once, though the message of the job sleeps',
    steps: [{ fromMs: 0, word: 'RUNNING' }],
    play: async (world, id) => {
      world.submit('a');
      await world.makeWorker().tick();
      expect([world.pending.size(), world.pending.visible()]).toEqual([1, 0]);
      await postStop(apiOf(world), id);
      const beganMs = world.clock();
      await world.makeWorker(onceOnly).tick();
      expect(ends(world, id)).toEqual(['stopped']);
      expect(world.clock() - beganMs).toBeLessThan(1000);
    },
    ends: ['stopped'],
  },
  {
    name: 'an accepted submission loses its message before the first receive',
    steps: RUNS,
    play: async (world, id) => {
      expect((await submit(apiOf(world), { ...BODY, jobId: 'a' })).status).toBe(202);
      world.pending.purge();
      expect(world.job(id)).toMatchObject({ phase: 'pending', owner: null });
    },
    ends: ['succeeded'],
  },
  {
    name: 'an accepted resubmission after our own end loses its message',
    steps: [
      { fromMs: 0, word: 'RUNNING' },
      { fromMs: 5 * MINUTE, word: 'SUCCESS' },
    ],
    play: async (world, id) => {
      world.submit('a', { timeoutSeconds: 60 });
      await world.runMinutes(4);
      expect(world.job(id)?.phase).toBe('timed_out');
      expect((await submit(apiOf(world), { ...BODY, jobId: 'a' })).status).toBe(202);
      world.pending.purge();
    },
    ends: ['timed_out', 'succeeded'],
  },
  {
    name: 'a job is opened again between the sends of its end and their mark, and its message is lost',
    steps: [
      { fromMs: 0, word: 'RUNNING' },
      { fromMs: 10 * MINUTE, word: 'SUCCESS' },
    ],
    play: async (world, id) => {
      world.submit('a');
      await world.makeWorker().tick();
      await postStop(apiOf(world), id);
      const again = async () => {
        world.clock.advance(1000);
        expect((await submit(apiOf(world), { ...BODY, jobId: 'a' })).status).toBe(202);
        world.pending.purge();
      };
      await world.makeWorker(hooked({ before: { 'jobs.published': again } })).tick();
      expect(world.jobs.indexed()).toEqual([id]);
    },
    ends: ['stopped', 'succeeded'],
  },
];

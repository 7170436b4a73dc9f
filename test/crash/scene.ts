import type { Job } from '../../lib/job/job.ts';
import { type Chaos, drawChaos } from './chaos.ts';
import { makeLives } from './lives.ts';
import { makeStores } from './stores.ts';
import { makeWatchdogs } from './watchdogs.ts';

/** Everything that the processes of one schedule share. */
export function makeScene(seed: number, isTraced: boolean, draw: (random: () => number) => Chaos = drawChaos) {
  const stores = makeStores(seed, draw);
  const lives = makeLives(stores, isTraced);
  const watchdogs = makeWatchdogs(stores, lives.unexpected);
  const jobs = {
    ...stores.jobs,
    async save(job: Job) {
      const saved = await stores.nastySave(job);
      if (saved.kind === 'saved') watchdogs.noteWritten(job);
      return saved;
    },
  };
  return { ...stores, ...lives, jobs, watchdogs };
}

export type Scene = ReturnType<typeof makeScene>;

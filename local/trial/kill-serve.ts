import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '../../lib/base/random.ts';
import { pidOf, type Supervised, type Victim } from './supervised.ts';

/** With the wake on, ticks find little to do, and workers that the queue wakes do the work. */
export const VICTIMS: Readonly<Record<'on' | 'off', readonly Victim[]>> = {
  on: ['tree', 'engine', 'wake', 'watch', 'deliver', 'api'],
  off: ['tree', 'engine', 'watch', 'deliver', 'api'],
};
export type Kills = Partial<Record<Victim, number>>;

export interface Killing {
  readonly supervised: Supervised;
  readonly random: Random;
  /** Killed by turns, if they are there. */
  readonly victims: readonly Victim[];
  readonly count: number;
  readonly minutes: number;
}

/** Kills by SIGKILL at random instants of the time that it is given, and resolves when that is over. */
export async function killServe({ supervised, random, victims, count, minutes }: Killing): Promise<Kills> {
  const kills: Kills = {};
  const until = performance.now() + minutes * 60_000;
  const gapMs = count === 0 ? 0 : (minutes * 60_000) / count;
  for (let done = 0; done < count; ) {
    await sleep(random() * gapMs * 2);
    const turn = [...victims.slice(done % victims.length), ...victims.slice(0, done % victims.length)];
    const found = turn.flatMap((victim) => {
      const pid = pidOf(victim, supervised.pid(), random);
      return pid === null ? [] : [{ victim, pid }];
    })[0];
    if (found === undefined || !kill(found.pid)) continue;
    kills[found.victim] = (kills[found.victim] ?? 0) + 1;
    done += 1;
  }
  await sleep(Math.max(0, until - performance.now()));
  return kills;
}

/** False if it has ended meanwhile. */
function kill(pid: number): boolean {
  try {
    return process.kill(pid, 'SIGKILL');
  } catch {
    return false;
  }
}

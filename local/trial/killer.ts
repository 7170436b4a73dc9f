import type { Random } from '../../lib/base/random.ts';
import type { System } from '../system.ts';

/** Kills functions in the middle of their work, each time at another place of it. */
export interface Killer {
  /** For the system's `onRequest`. */
  readonly onRequest: (caller: string) => void;
  /** One kill, by SIGKILL where the function is a process. False if nobody came to be killed: nothing was done. */
  kill(system: Pick<System, 'kill' | 'pids'>): Promise<boolean>;
  /** By function. */
  kills(): Readonly<Record<string, number>>;
}

/** How many requests a victim makes before it dies, at most: as many as one round of its work makes. */
const REQUESTS_MAX: Readonly<Record<string, number>> = { watch: 500, wake: 500, deliver: 80 };
/** Who has made no request for so long is waiting for something: in a long poll, or for an answer from outside. */
const IDLE_MS = 500;
/** A cold start may take so long on a machine that is busy. */
const START_MS = 4000;

/**
 * The victim dies at one of its next requests to AWS, which takes effect all the same and whose answer is lost, or
 * while it waits for something. Numbers are drawn so that the first request after a start is as likely as any, and so
 * is the hundredth. `worker` is the function that works on the pending queue.
 */
export function makeKiller(random: Random, worker: 'watch' | 'wake' = 'watch'): Killer {
  const kills: Record<string, number> = { [worker]: 0, deliver: 0 };
  let armed: Armed | null = null;

  const strike = async (system: Pick<System, 'kill' | 'pids'>, victim: string): Promise<boolean> => {
    armed = null;
    if (system.pids(victim).length === 0) return false;
    kills[victim] = (kills[victim] ?? 0) + 1;
    await system.kill(victim);
    return true;
  };

  return {
    onRequest(caller) {
      if (armed?.victim !== caller) return;
      armed.left -= 1;
      if (armed.left <= 0) armed.strike();
      else armed.onSign();
    },
    async kill(system) {
      const rarer = (kills['deliver'] ?? 0) < (kills[worker] ?? 0) ? 'deliver' : worker;
      const victim = random() < 0.3 ? worker : rarer;
      const left = Math.floor(Math.exp(random() * Math.log(REQUESTS_MAX[victim] ?? 1))) + 1;
      const { promise, resolve } = Promise.withResolvers<boolean>();
      const now = () => resolve(strike(system, victim));
      const giveUp = () => {
        armed = null;
        resolve(false);
      };
      let timer = setTimeout(giveUp, victim === worker ? START_MS : 2 * IDLE_MS);
      const onSign = () => {
        clearTimeout(timer);
        // `deliver` that waits may have nothing to do.
        timer = setTimeout(victim === worker ? now : giveUp, IDLE_MS);
      };
      armed = { victim, left, strike: now, onSign };
      const outcome = await promise;
      clearTimeout(timer);
      return outcome;
    },
    kills: () => ({ ...kills }),
  };
}

interface Armed {
  readonly victim: string;
  left: number;
  readonly strike: () => void;
  /** The victim is alive. */
  readonly onSign: () => void;
}

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

type Victim = 'watch' | 'wake' | 'deliver';

/** How many requests a victim makes before it dies, at most: as many as one round of its work makes. */
const REQUESTS_MAX: Readonly<Record<Victim, number>> = { watch: 500, wake: 500, deliver: 80 };
/** Where the queue wakes workers, a tick looks who leads and goes home; now and then it leads, and makes more. */
const TICK_REQUESTS_MAX = 20;
/** Who has made no request for so long is waiting for something: in a long poll, or for an answer from outside. */
const IDLE_MS = 500;
/** Where requests come slowly (a worker that stands by looks four times a second) nobody waits for the hundredth. */
const LIFE_MAX_MS = 3000;
/**
 * Until the first request: a cold start on a machine that is busy. `wake` may have to wait for a lease of what another
 * has received, `deliver` often has nothing to do.
 */
const PATIENCE_MS: Readonly<Record<Victim, number>> = { watch: 4000, wake: 2000, deliver: 1000 };

/**
 * The victim dies at one of its next requests to AWS, which takes effect all the same and whose answer is lost, or
 * while it waits for something. Numbers are drawn so that the first request after a start is as likely as any, and so
 * is the hundredth. `workers` work on the pending queue. Of all victims the one that was killed least is next, most of
 * the time; for one that has nothing to do the scheduled tick dies, which comes whatever there is to do.
 */
export function makeKiller(random: Random, workers: readonly ('watch' | 'wake')[] = ['watch']): Killer {
  const victims: readonly Victim[] = [...workers, 'deliver'];
  const kills = new Map<Victim, number>(victims.map((victim) => [victim, 0]));
  const requestsMax = { ...REQUESTS_MAX, ...(workers.includes('wake') ? { watch: TICK_REQUESTS_MAX } : {}) };
  let armed: Armed | null = null;

  const killsOf = (victim: Victim): number => kills.get(victim) ?? 0;

  const strike = async (system: Pick<System, 'kill' | 'pids'>, victim: Victim): Promise<boolean> => {
    armed = null;
    if (system.pids(victim).length === 0) return false;
    kills.set(victim, killsOf(victim) + 1);
    await system.kill(victim);
    return true;
  };

  function choose(): Victim {
    if (random() < 0.3) return workers[Math.floor(random() * workers.length)] ?? 'watch';
    return victims.reduce((rarest, victim) => (killsOf(victim) < killsOf(rarest) ? victim : rarest));
  }

  /** False: it did not come, or has gone by itself. */
  async function killOne(system: Pick<System, 'kill' | 'pids'>, victim: Victim): Promise<boolean> {
    const left = Math.floor(Math.exp(random() * Math.log(requestsMax[victim]))) + 1;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const now = () => {
      if (armed === mine) resolve(strike(system, victim));
    };
    const giveUp = () => {
      armed = null;
      resolve(false);
    };
    let timer = setTimeout(giveUp, PATIENCE_MS[victim]);
    let life: NodeJS.Timeout | undefined;
    const onSign = () => {
      life ??= setTimeout(now, LIFE_MAX_MS);
      clearTimeout(timer);
      // `deliver` that waits may have nothing to do.
      timer = setTimeout(victim === 'deliver' ? giveUp : now, IDLE_MS);
    };
    const mine: Armed = { victim, left, strike: now, onSign };
    armed = mine;
    const outcome = await promise;
    for (const one of [timer, life]) clearTimeout(one);
    return outcome;
  }

  return {
    onRequest(caller) {
      if (armed?.victim !== caller) return;
      armed.left -= 1;
      if (armed.left <= 0) armed.strike();
      else armed.onSign();
    },
    async kill(system) {
      const victim = choose();
      const isStruck = await killOne(system, victim);
      return isStruck || victim === 'watch' || !workers.includes('watch') ? isStruck : killOne(system, 'watch');
    },
    kills: () => Object.fromEntries(kills),
  };
}

interface Armed {
  readonly victim: Victim;
  left: number;
  readonly strike: () => void;
  /** The victim is alive. */
  readonly onSign: () => void;
}

import type { GroupRef } from '../../lib/job/group/group.ts';
import type { ScriptStep } from '../fakes/vendor.ts';

/** How one schedule goes wrong: everything is drawn from its seed. */
export interface Chaos {
  readonly workers: number;
  readonly forMs: number;
  readonly watchSeconds: number;
  /** The queue wakes workers as well. */
  readonly wakes: boolean;
  readonly pollMinMs: number;
  /** Probabilities, per effect. */
  readonly crash: number;
  readonly throttle: number;
  readonly slow: number;
  readonly vendorTrouble: number;
  readonly endpointTrouble: number;
  /** Both queues are purged, or the worker dies, right after the write of an end. */
  readonly purgeAtEnd: number;
  readonly crashAtEnd: number;
  readonly twins: number;
  readonly stale: number;
  readonly sample: number;
  /** Records above this are refused as invalid; null: none is. */
  readonly refuseAbove: number | null;
  readonly accountFromMs: number;
  readonly skewMs: number;
  /** What such jobs are known to last, rightly or not; null: nothing is known. */
  readonly lastsSeconds: number | null;
  readonly jobs: readonly JobPlan[];
  readonly actions: readonly Action[];
}

export interface JobPlan {
  readonly name: string;
  readonly steps: readonly ScriptStep[];
  /** How the vendor's job ends; null: never. */
  readonly end: 'succeeded' | 'failed' | null;
  /** The vendor does not know it for a time, or for ever. */
  readonly isMissing: boolean;
  readonly timeoutSeconds: number;
  readonly graceSeconds: number;
  readonly group?: GroupRef;
}

export interface Action {
  readonly atMs: number;
  readonly kind: 'send' | 'submit' | 'stop' | 'purge' | 'purge deliveries' | 'subscribe' | 'bad message' | 'remind';
  readonly job?: JobPlan;
}

const MINUTE = 60_000;
export const LONG_SECONDS = 86_400;

/** What of the jobs is drawn elsewhere: how many there are, and what each is made into. */
export interface JobsDraw {
  readonly count: number;
  readonly plan: (job: JobPlan, at: number) => JobPlan;
}

export function drawChaos(random: () => number, drawn?: JobsDraw): Chaos {
  const pick = <T>(...choices: readonly T[]): T => choices[Math.floor(random() * choices.length)] as T;
  const within = (lowMs: number, highMs: number) => Math.floor(lowMs + random() * (highMs - lowMs));
  const chance = (probability: number) => random() < probability;
  // A job is taken for lost after a quarter of an hour at the earliest.
  const forMs = chance(0.3) ? within(14 * MINUTE, 45 * MINUTE) : within(6 * MINUTE, 14 * MINUTE);
  const jobs = Array.from({ length: drawn?.count ?? pick(1, 1, 2, 3) }, (_, at) => {
    const job = drawJob(`job-${at}`);
    return drawn?.plan(job, at) ?? job;
  });

  function drawJob(name: string): JobPlan {
    const isShort = chance(0.35);
    const endMs = within(0, 9 * MINUTE);
    const running = { fromMs: 0, word: 'RUNNING' };
    const known = { timeoutSeconds: isShort ? within(60, 600) : LONG_SECONDS, graceSeconds: pick(0, 30, 120), name };
    const short = { ...known, timeoutSeconds: within(60, 600) };
    switch (pick('good', 'good', 'good', 'bad', 'endless', 'unknown', 'late', 'vanishing')) {
      case 'good':
        return { ...known, steps: [running, { fromMs: endMs, word: 'SUCCESS' }], end: 'succeeded', isMissing: false };
      case 'bad':
        return {
          ...known,
          steps: [
            { fromMs: 0, word: 'INIT' },
            { ...running, fromMs: endMs / 2 },
            { fromMs: endMs, word: 'FAIL' },
          ],
          end: 'failed',
          isMissing: false,
        };
      case 'late':
        return {
          ...known,
          steps: [
            { ...running, fromMs: endMs / 3 },
            { fromMs: endMs, word: 'SUCCESS' },
          ],
          end: 'succeeded',
          isMissing: true,
        };
      case 'unknown':
        return { ...known, steps: [], end: null, isMissing: true };
      case 'vanishing':
        return { ...known, steps: [running, { fromMs: endMs, word: null }], end: null, isMissing: true };
      default:
        return { ...short, steps: [running], end: null, isMissing: false };
    }
  }

  function actionsOf(job: JobPlan): Action[] {
    const firstMs = within(0, 2 * MINUTE);
    const repeats = Array.from({ length: pick(0, 0, 1, 2, 3) }, () => ({
      atMs: within(0, forMs),
      kind: pick<Action['kind']>('send', 'send', 'submit'),
      job,
    }));
    const stops = chance(0.2) ? [{ atMs: within(firstMs, forMs), kind: 'stop', job } as const] : [];
    const again = chance(0.3) ? [{ atMs: forMs + within(0, 12 * MINUTE), kind: 'remind', job } as const] : [];
    return [{ atMs: firstMs, kind: pick<Action['kind']>('send', 'submit'), job }, ...repeats, ...stops, ...again];
  }

  const sometimes = (probability: number, kind: Action['kind'], max = 1): Action[] =>
    chance(probability) ? Array.from({ length: within(1, max + 1) }, () => ({ atMs: within(0, forMs), kind })) : [];
  return {
    workers: pick(1, 2, 2, 3),
    forMs,
    watchSeconds: pick(20, 50),
    pollMinMs: pick(2000, 5000, 15_000),
    crash: pick(0, 0.003, 0.01, 0.04),
    throttle: pick(0, 0, 0.01, 0.05),
    slow: pick(0, 0.01, 0.03),
    vendorTrouble: pick(0, 0, 0.1, 0.4),
    endpointTrouble: pick(0, 0.3),
    purgeAtEnd: pick(0, 0, 0.3),
    crashAtEnd: pick(0, 0, 0.5),
    twins: pick(0, 0.2, 0.5),
    stale: pick(0, 0, 0.5),
    sample: pick(1, 0.6),
    refuseAbove: pick(null, null, null, null, null, null, null, 8000),
    accountFromMs: chance(0.1) ? within(0, forMs) : 0,
    skewMs: pick(0, 1500),
    lastsSeconds: pick(null, null, 1, 90, 400, 600_000),
    wakes: chance(0.5),
    jobs,
    actions: [
      ...jobs.flatMap(actionsOf),
      ...sometimes(0.25, 'purge', 2),
      ...sometimes(0.25, 'purge deliveries', 2),
      ...sometimes(0.4, 'subscribe'),
      ...sometimes(0.15, 'bad message', 2),
    ].sort((a, b) => a.atMs - b.atMs),
  };
}

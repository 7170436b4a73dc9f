import type { Log } from '../../base/log.ts';
import { type Clock, toIso, toMs } from '../../base/time.ts';

/** What is known of days without jobs, shared between cold starts. Both may reject. */
export interface EmptyDaysStore {
  load(): Promise<readonly string[]>;
  save(days: readonly string[]): Promise<void>;
}

/** UTC days (`2026-11-20`) on which no job was begun. A day that is over stays empty: jobs are only ever begun now. */
export interface EmptyDays {
  /** Reads once what is known; afterwards does nothing. Never rejects. */
  ready(): Promise<void>;
  has(day: string): boolean;
  /** Takes a day that was seen to be without jobs. Today, and what is over only just, are not taken. */
  learn(day: string): void;
  /** Stores what was learned, if anything. Days that no list reaches are forgotten. Never rejects. */
  keep(oldestDay: string): Promise<void>;
}

const DAY_MS = 86_400_000;
/** Clocks of workers differ, and the index of days lags behind the table by moments. */
const OVER_MS = 3_600_000;

export function makeEmptyDays({
  emptyDays: store,
  clock,
  log,
}: {
  readonly emptyDays: EmptyDaysStore;
  readonly clock: Clock;
  readonly log: Log;
}): EmptyDays {
  const days = new Set<string>();
  let isLoaded = false;
  let isNew = false;

  async function orLog(step: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      log.warn('api.empty_days', { step, reason: String(error) });
    }
  }

  return {
    async ready() {
      if (isLoaded) return;
      await orLog('load', async () => {
        for (const day of await store.load()) days.add(day);
        isLoaded = true;
      });
    },
    has: (day) => days.has(day),
    learn(day) {
      const isOver = clock() >= toMs(`${day}T00:00:00.000Z`) + DAY_MS + OVER_MS;
      if (!isOver || days.has(day)) return;
      days.add(day);
      isNew = true;
    },
    async keep(oldestDay) {
      if (!isNew) return;
      isNew = false;
      const today = toIso(clock()).slice(0, 10);
      await orLog('save', () => store.save([...days].filter((day) => day >= oldestDay && day < today).toSorted()));
    },
  };
}

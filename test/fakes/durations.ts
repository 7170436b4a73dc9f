import { type Counts, countsOfJob, withLater } from '../../lib/cadence/counts.ts';
import type { WatchPorts } from '../../lib/watch/ports.ts';

/** The table `durations` in memory. */
export function memoryDurations(clock: () => number): WatchPorts['durations'] {
  const kinds = new Map<string, Counts>();
  return {
    read: async () => [...kinds.values()],
    async learn(kind, weights) {
      const name = JSON.stringify([kind.api, kind.operation, kind.region]);
      const job = countsOfJob(kind, weights, clock());
      const stored = kinds.get(name);
      kinds.set(name, stored === undefined ? job : withLater(stored, job));
    },
  };
}

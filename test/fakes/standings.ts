import { type Standing, unknownStanding } from '../../lib/admission/key-state.ts';
import type { StandingStore } from '../../lib/admission/key-state-store.ts';

/** The refusals of the table `state`, in memory. */
export function fakeStandings(): StandingStore & { all(): Standing[] } {
  const items = new Map<string, Standing>();
  return {
    get: async (id) => items.get(id) ?? unknownStanding(id),
    async put(standing) {
      const version = items.get(standing.id)?.version ?? 0;
      if (version !== standing.version) return 'conflict';
      items.set(standing.id, { ...standing, version: version + 1 });
      return 'saved';
    },
    all: () => [...items.values()],
  };
}

import { type KeyState, unknownKeyState } from '../../lib/admission/key-state.ts';
import type { KeyStateStore } from '../../lib/admission/key-state-store.ts';

/** The refusals of the table `state`, in memory. */
export function fakeKeyStates(): KeyStateStore & { all(): KeyState[] } {
  const items = new Map<string, KeyState>();
  return {
    get: async (id) => items.get(id) ?? unknownKeyState(id),
    async put(standing) {
      const version = items.get(standing.id)?.version ?? 0;
      if (version !== standing.version) return 'conflict';
      items.set(standing.id, { ...standing, version: version + 1 });
      return 'saved';
    },
    all: () => [...items.values()],
  };
}

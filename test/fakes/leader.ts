import type { LeaderLease, LeaderStore } from '../../lib/watch/wake/leader.ts';

/** The leader lease in memory. */
export function fakeLeaderStore(): LeaderStore {
  let stored: LeaderLease | null = null;
  return {
    read: async () => stored,
    async write(lease) {
      if (lease.version !== (stored?.version ?? 0)) return 'conflict';
      stored = { ...lease, version: lease.version + 1 };
      return 'saved';
    },
  };
}

import type { Reading } from '../../lib/adapters/dynamodb/read-many.ts';

/** What stores need beside a client: no waits, and items that can't be understood noted by name. */
export function aReading(): Reading & { readonly noted: string[] } {
  const noted: string[] = [];
  return {
    noted,
    unreadable: {
      note: (table, id) => void noted.push(`${table} ${id}`),
      count: () => new Set(noted).size,
    },
    sleep: async () => undefined,
    random: () => 0.5,
  };
}

import type { ItemError } from '../../base/item-error.ts';
import type { Log } from '../../base/log.ts';
import type { Clock } from '../../base/time.ts';

/** Items that this process has met and could not read. */
export interface Unreadable {
  /** Each is told once in the log. */
  readonly note: (table: string, id: string, error: ItemError) => void;
  /** How many it has met lately: one that was mended or deleted is not met again. */
  readonly count: () => number;
}

const LATELY_MS = 15 * 60_000;
/** Whatever the tables hold may not fill the memory. */
const REMEMBERED_MAX = 1000;

export function makeUnreadable(log: Pick<Log, 'error'>, clock: Clock): Unreadable {
  const metMs = new Map<string, number>();
  return {
    note(table, id, error) {
      const name = JSON.stringify([table, id]);
      if (!metMs.has(name)) {
        if (metMs.size >= REMEMBERED_MAX) return;
        log.error('item.unreadable', { table, id, reason: error.message });
      }
      metMs.set(name, clock());
    },
    count() {
      const sinceMs = clock() - LATELY_MS;
      return [...metMs.values()].filter((atMs) => atMs >= sinceMs).length;
    },
  };
}

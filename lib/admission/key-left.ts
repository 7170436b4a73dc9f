import type { Credential } from './key-memory.ts';
import type { KeyState } from './key-state.ts';
import type { Tick } from './tick.ts';

/**
 * How two ticks that overlap share the calls of a key. A tick that receives no more writes down, in the item of each
 * key that its cloud may lock, how many calls it leaves under way and until when at the latest, and begins none beyond
 * these. Whoever begins the next tick reads that item anyway and takes them off its own part. A tick that leaves
 * nothing writes nothing.
 */
export function makeLeftUnderWay(random: () => number) {
  /** This process, in the items that it writes. */
  const self = Math.floor(random() * 2 ** 52).toString(36);
  let leaving: { readonly tick: Tick; readonly counts: ReadonlyMap<string, number> } | null = null;
  const written = new Set<string>();

  return {
    /** Calls of the credential that may be under way at once in this process, now. */
    callsMax({ id, lockRule, inFlightMax, workers }: Credential, tick: Tick, state: KeyState, nowMs: number): number {
      if (lockRule === null) return inFlightMax;
      if (leaving?.tick === tick) return leaving.counts.get(id) ?? 0;
      const others = Object.entries(state.leftUnderWay).filter(([by, { untilMs }]) => by !== self && nowMs < untilMs);
      const calls = others.reduce((sum, [, left]) => sum + left.calls, 0);
      return inFlightMax - Math.ceil(calls / workers);
    },

    /** Calls under way of each key that there are some of. */
    leave(tick: Tick, counts: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
      leaving = { tick, counts };
      for (const id of counts.keys()) written.add(id);
      return counts;
    },

    isNoted: (id: string): boolean => written.has(id),
    forget: (id: string): void => void written.delete(id),

    /** The item with what this process has left of that key; null: nothing any more. */
    noted(state: KeyState, left: { calls: number; untilMs: number } | null, nowMs: number): KeyState {
      const others = Object.entries(state.leftUnderWay).filter(([by, { untilMs }]) => by !== self && nowMs < untilMs);
      return { ...state, leftUnderWay: Object.fromEntries(left === null ? others : [...others, [self, left]]) };
    },
  };
}

export type LeftUnderWay = ReturnType<typeof makeLeftUnderWay>;

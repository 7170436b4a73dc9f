import type { Credential } from './key-memory.ts';
import type { KeyState } from './key-state.ts';
import type { Tick } from './tick.ts';

/** The next tick begins later than this after the last receive of the one before. */
const STILL_BEGUN_MS = 5000;

interface CallsLeft {
  readonly calls: number;
  readonly untilMs: number;
}

interface ToNote {
  readonly left: CallsLeft;
  readonly undo: () => void;
}

/**
 * How two ticks that overlap share the calls of a key. A tick that receives no more writes down, in the item of each
 * key that its cloud may lock, how many calls it leaves under way and until when at the latest. What it has in hand may
 * still be begun for some seconds, and is written down first; after that it begins none beyond these. Whoever begins
 * the next tick reads that item anyway and takes them off its own part. A tick that leaves nothing writes nothing.
 */
export function makeLeftUnderWay(random: () => number) {
  /** This process, in the items that it writes. */
  const self = Math.floor(random() * 2 ** 52).toString(36);
  let leaving: { readonly tick: Tick; readonly atMs: number; readonly untilMs: number } | null = null;
  /** Calls that are written down, by key. */
  const written = new Map<string, number>();

  return {
    /** Calls of the credential that may be under way at once in this process, now. */
    callsMax({ id, lockRule, inFlightMax, workers }: Credential, tick: Tick, state: KeyState, nowMs: number): number {
      if (lockRule === null) return inFlightMax;
      if (leaving?.tick === tick && nowMs >= leaving.atMs + STILL_BEGUN_MS) return written.get(id) ?? 0;
      const others = Object.entries(state.leftUnderWay).filter(([by, { untilMs }]) => by !== self && nowMs < untilMs);
      const calls = others.reduce((sum, [, left]) => sum + left.calls, 0);
      return inFlightMax - Math.ceil(calls / workers);
    },

    /** Whether others have left calls under way, as far as that state tells: they end soon. */
    hasOthers: (state: KeyState, nowMs: number): boolean =>
      Object.entries(state.leftUnderWay).some(([by, { untilMs }]) => by !== self && nowMs < untilMs),

    leave(tick: Tick, atMs: number, untilMs: number): void {
      leaving = { tick, atMs, untilMs };
    },

    /**
     * What has to be written down before so many calls of the key are under way in this tick; null: nothing. It counts
     * as written from now on; `undo` says that it was not.
     */
    toNote(id: string, tick: Tick, calls: number): ToNote | null {
      const before = written.get(id) ?? 0;
      if (leaving?.tick !== tick || calls <= before) return null;
      written.set(id, calls);
      const undo = () => {
        if (written.get(id) === calls) written.set(id, before);
      };
      return { left: { calls, untilMs: leaving.untilMs }, undo };
    },

    /** Whether there was something, which is nothing from now on. */
    forget: (id: string): boolean => written.delete(id),

    /** The item with what this process has left of that key; null: nothing any more. */
    noted(state: KeyState, left: CallsLeft | null, nowMs: number): KeyState {
      const others = Object.entries(state.leftUnderWay).filter(([by, { untilMs }]) => by !== self && nowMs < untilMs);
      return { ...state, leftUnderWay: Object.fromEntries(left === null ? others : [...others, [self, left]]) };
    },
  };
}

export type LeftUnderWay = ReturnType<typeof makeLeftUnderWay>;

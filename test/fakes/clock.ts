/** A clock that moves only when it is told to; it serves as wall clock and as monotonic clock. */
export interface FakeClock {
  (): number;
  advance(ms: number): void;
  set(ms: number): void;
}

export const START_MS = Date.parse('2026-11-20T10:00:00.000Z');

export function fakeClock(startMs = START_MS): FakeClock {
  let nowMs = startMs;
  return Object.assign(() => nowMs, {
    advance(ms: number) {
      nowMs += ms;
    },
    set(ms: number) {
      nowMs = ms;
    },
  });
}

/** A small seeded generator (mulberry32): the same seed plays the same schedule. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

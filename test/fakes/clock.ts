/** A clock that moves when it is told to, and to the next timer when all else has settled; wall and monotonic clock. */
export interface FakeClock {
  (): number;
  advance(ms: number): void;
  set(ms: number): void;
  /** Time passes while others sleep or wait, and never while somebody works. */
  sleep(ms: number): Promise<void>;
  /** A sleep that can be cut short: its time then never comes. */
  timer(ms: number): Timer;
  /** What takes real time (a request on loopback) takes none of this clock's: no timer comes before it is over. */
  hold<Result>(work: Promise<Result>): Promise<Result>;
}

interface Timer {
  readonly done: Promise<void>;
  cancel(): void;
}

export const START_MS = Date.parse('2026-11-20T10:00:00.000Z');

/** Lets everything that is under way on fakes come to its end. */
const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

export function fakeClock(startMs = START_MS): FakeClock {
  let nowMs = startMs;
  let isPumping = false;
  const held = new Set<Promise<unknown>>();
  const timers = new Set<{ readonly atMs: number; readonly wake: () => void }>();

  async function pump(): Promise<void> {
    if (isPumping) return;
    isPumping = true;
    for (;;) {
      do {
        await Promise.allSettled(held);
        await settled();
        await settled();
      } while (held.size > 0);
      const [first, ...others] = timers;
      if (first === undefined) break;
      const next = others.reduce((best, one) => (one.atMs < best.atMs ? one : best), first);
      timers.delete(next);
      nowMs = Math.max(nowMs, next.atMs);
      next.wake();
    }
    isPumping = false;
  }

  function timer(ms: number): Timer {
    const { promise, resolve } = Promise.withResolvers<void>();
    const entry = { atMs: nowMs + Math.max(0, ms), wake: resolve };
    timers.add(entry);
    void pump();
    const cancel = () => {
      timers.delete(entry);
      resolve();
    };
    return { done: promise, cancel };
  }

  return Object.assign(() => nowMs, {
    advance(ms: number) {
      nowMs += ms;
    },
    set(ms: number) {
      nowMs = ms;
    },
    sleep: (ms: number) => timer(ms).done,
    timer,
    async hold<Result>(work: Promise<Result>): Promise<Result> {
      held.add(work);
      try {
        return await work;
      } finally {
        held.delete(work);
      }
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

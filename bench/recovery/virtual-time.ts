/** A clock that moves on when everybody waits, to the moment that is waited for next. */
export interface VirtualTime {
  readonly clock: () => number;
  readonly sleep: (ms: number) => Promise<void>;
  /** Until that moment; what is due then has not happened yet. */
  readonly runUntil: (ms: number) => Promise<void>;
}

export function makeVirtualTime(startMs: number): VirtualTime {
  const sleepers: { readonly atMs: number; readonly wake: () => void }[] = [];
  let nowMs = startMs;
  // Promises that follow each other without a wait take turns here.
  const settled = async () => {
    for (let turn = 0; turn < 3; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
  };

  return {
    clock: () => nowMs,
    sleep: (ms) =>
      new Promise((wake) => {
        const atMs = nowMs + Math.max(0, ms);
        const before = sleepers.findIndex((sleeper) => sleeper.atMs > atMs);
        sleepers.splice(before < 0 ? sleepers.length : before, 0, { atMs, wake });
      }),
    async runUntil(ms) {
      await settled();
      for (let next = sleepers[0]; next !== undefined && next.atMs < ms; next = sleepers[0]) {
        sleepers.shift();
        nowMs = Math.max(nowMs, next.atMs);
        next.wake();
        await settled();
      }
      nowMs = Math.max(nowMs, ms);
    },
  };
}

import type { FakeClock } from '../fakes/clock.ts';

/**
 * Interleaves work: whoever waits for a turn goes on when the seeded chance picks it, and virtual time passes only when
 * nobody can go on. The same seed plays the same order.
 */
export function makeTurns(clock: FakeClock, random: () => number) {
  const ready: (() => void)[] = [];
  const timers: { readonly atMs: number; readonly wake: () => void }[] = [];

  const turn = () => new Promise<void>((resolve) => void ready.push(resolve));
  const sleep = (ms: number) =>
    new Promise<void>((resolve) => void timers.push({ atMs: clock() + Math.max(0, ms), wake: resolve }));

  function earliest(): (() => void) | undefined {
    if (timers.length === 0) return undefined;
    const at = timers.reduce((best, { atMs }, index) => (atMs < (timers[best]?.atMs ?? 0) ? index : best), 0);
    const [timer] = timers.splice(at, 1);
    if (timer !== undefined) clock.set(timer.atMs);
    return timer?.wake;
  }

  async function run(isOver: () => boolean): Promise<void> {
    for (;;) {
      await settled();
      if (isOver()) return;
      const next = ready.length > 0 ? ready.splice(Math.floor(random() * ready.length), 1)[0] : earliest();
      if (next === undefined) throw new Error('Everybody waits, and for nothing.');
      next();
    }
  }

  return { turn, sleep, run };
}

/** Whatever can go on without a turn has gone on: a tick comes when no promise is left to settle. */
const settled = () => new Promise<void>((resolve) => void process.nextTick(resolve));

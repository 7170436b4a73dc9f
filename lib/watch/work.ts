import type { Guarded } from './faults.ts';

/** What is under way, and whether something of it has come to an end. */
export function makeWork(guarded: Guarded) {
  const underWay = new Set<Promise<unknown>>();
  let next = Promise.withResolvers<void>();

  function changed(): void {
    next.resolve();
    next = Promise.withResolvers<void>();
  }

  return {
    changed,
    change: () => next.promise,
    isIdle: () => underWay.size === 0,
    begin(what: string, one: () => Promise<void>): void {
      const promise = guarded(what, one).then(() => {
        underWay.delete(promise);
        changed();
      });
      underWay.add(promise);
    },
    /** Also what began meanwhile. */
    async done(): Promise<void> {
      while (underWay.size > 0) await Promise.all(underWay);
    },
  };
}

/** Messages that share a request of SQS. */
const TOGETHER_MAX = 10;

/**
 * Lets those who go to the queue go together, ten at a time: one request then carries them all. Nobody waits who is the
 * last of what is under way.
 */
export function makeTogether(sleep: (ms: number) => Promise<void>) {
  let group = { size: 0, ...Promise.withResolvers<void>() };
  /** Of all that are under way: those who have not come yet. */
  let expected = 0;
  let isOver = false;

  function leave(one: typeof group): void {
    if (one === group) group = { size: 0, ...Promise.withResolvers<void>() };
    one.resolve();
  }

  return {
    /** So many will come, or end in another way. */
    expect(count: number) {
      let left = count;
      expected += count;
      return {
        /** Resolves when ten are there, or nobody else is expected, or after that time. */
        async wait(longestMs: number): Promise<void> {
          expected -= Math.min(left, 1);
          left = Math.max(0, left - 1);
          if (isOver) return;
          const mine = group;
          mine.size += 1;
          if (mine.size >= TOGETHER_MAX || expected === 0) leave(mine);
          else void sleep(longestMs).then(() => leave(mine));
          await mine.promise;
        },

        /** Those who have not come will not. */
        end(): void {
          expected -= left;
          left = 0;
          if (expected === 0) leave(group);
        },
      };
    },

    /** Nobody waits any more. */
    end(): void {
      isOver = true;
      leave(group);
    },
  };
}

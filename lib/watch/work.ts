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
/** The longest that a message that was polled waits for others, to go back to the queue in one request with them. */
const TOGETHER_MS = 200;
/** The same where its line waits, which it comes back after. */
const TOGETHER_IN_LINE_MS = 2000;

/**
 * Lets those who go to the queue go together, ten at a time: one request then carries them all. Nobody waits who is the
 * last of what is under way, but where others wait in its line.
 */
export function makeTogether(sleep: (ms: number) => Promise<void>) {
  let group = newGroup();
  /** Of all that are under way: those who have not come yet. */
  let expected = 0;
  let isOver = false;

  function leave(one: typeof group): void {
    if (one === group) group = newGroup();
    one.resolve();
  }

  const isComplete = () => expected === 0 && !group.isInLine;

  return {
    /** So many will come, or end in another way. */
    expect(count: number) {
      let left = count;
      expected += count;
      return {
        /** Resolves when ten are there, or nobody else is expected, or soon. */
        async wait({ isInLine }: { isInLine: boolean }): Promise<void> {
          expected -= Math.min(left, 1);
          left = Math.max(0, left - 1);
          if (isOver) return;
          const mine = group;
          mine.size += 1;
          mine.isInLine ||= isInLine;
          if (mine.size >= TOGETHER_MAX || isComplete()) leave(mine);
          else void sleep(isInLine ? TOGETHER_IN_LINE_MS : TOGETHER_MS).then(() => leave(mine));
          await mine.promise;
        },

        /** Those who have not come will not. */
        end(): void {
          expected -= left;
          left = 0;
          if (isComplete()) leave(group);
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

function newGroup() {
  return { size: 0, isInLine: false, ...Promise.withResolvers<void>() };
}

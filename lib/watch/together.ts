/** Messages that share a request of SQS, and the longest that one waits for others. */
const TOGETHER_MAX = 10;
const TOGETHER_WAIT_MS = 2000;

/** Lets those who do not hurry go on together, ten at a time: one request then carries them all. */
export function makeTogether(sleep: (ms: number) => Promise<void>) {
  let group = { size: 0, ...Promise.withResolvers<void>() };
  let isOver = false;

  function leave(one: typeof group): void {
    if (one === group) group = { size: 0, ...Promise.withResolvers<void>() };
    one.resolve();
  }

  return {
    /** Resolves when ten are there, or after two seconds. */
    async wait(): Promise<void> {
      if (isOver) return;
      const mine = group;
      mine.size += 1;
      if (mine.size >= TOGETHER_MAX) leave(mine);
      else if (mine.size === 1) void sleep(TOGETHER_WAIT_MS).then(() => leave(mine));
      await mine.promise;
    },

    /** Nobody waits any more. */
    end(): void {
      isOver = true;
      leave(group);
    },
  };
}

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

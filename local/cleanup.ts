interface Closable {
  close(): Promise<void> | void;
}

/** What was started, to be ended in the opposite order. */
export interface Cleanup {
  /** Takes charge of a thing as soon as it is there, and answers it. */
  owns<T extends Closable>(started: T | Promise<T>): Promise<T>;
  /** Ends everything, also if an ending fails; then throws the first failure. A second call does nothing more. */
  run(): Promise<void>;
}

export function makeCleanup(): Cleanup {
  const owned: Closable[] = [];
  let pending: Promise<unknown>[] = [];
  return {
    async owns(started) {
      const settled = Promise.resolve(started).then((thing) => {
        owned.push(thing);
        return thing;
      });
      pending.push(settled.catch(() => undefined));
      return settled;
    },
    async run() {
      // Something may be starting still when something else has failed.
      await Promise.all(pending);
      pending = [];
      const failures: unknown[] = [];
      for (const thing of owned.splice(0).reverse()) {
        try {
          await thing.close();
        } catch (error) {
          failures.push(error);
        }
      }
      if (failures.length > 0) throw failures[0];
    },
  };
}

import type { PendingMessage, PendingQueue } from '../../lib/watch/ports.ts';
import type { FakeClock } from '../../test/fakes/clock.ts';

export interface EventSourceOptions {
  readonly queue: Pick<PendingQueue, 'receive'>;
  readonly clock: FakeClock;
  /** Pollers that long-poll side by side. */
  readonly pollers: number;
  /** Each keeps a batch in its hands while no invocation is free: the worst that they may do. */
  readonly overpulls: boolean;
  /** Messages that a batch has at most. */
  readonly batchMax: number;
  /** Invocations at the same time. */
  readonly concurrency: number;
  /** From the receive to the beginning of the invocation. */
  readonly handOverMs: number;
  readonly invoke: (batch: readonly PendingMessage[]) => Promise<void>;
  readonly isOver: () => boolean;
}

const WAIT_SECONDS = 20;
/** What a batch's lease is taken to hold, whenever it was received. */
const BATCH_LEASE_MS = 60_000;

/**
 * Lambda's pollers, as far as anybody outside can know them: each receives while an invocation is free, and either has
 * taken that place by then or waits for one with its batch.
 */
export async function runEventSource(options: EventSourceOptions): Promise<void> {
  const { queue, clock, pollers, overpulls, batchMax, concurrency, handOverMs, invoke, isOver } = options;
  let running = 0;
  let freed = Promise.withResolvers<void>();

  /** Looks and takes at once: several wait for the same end. */
  async function begin(): Promise<void> {
    while (running >= concurrency) await freed.promise;
    running += 1;
  }

  function end(): void {
    running -= 1;
    freed.resolve();
    freed = Promise.withResolvers<void>();
  }

  async function poll(): Promise<void> {
    while (!isOver()) {
      if (!overpulls) await begin();
      const batch = await queue.receive(batchMax, WAIT_SECONDS);
      if (overpulls && batch.length > 0) await begin();
      if (batch.length > 0) void handOver(batch).then(end);
      else if (!overpulls) end();
    }
  }

  async function handOver(batch: readonly PendingMessage[]): Promise<void> {
    await clock.sleep(handOverMs);
    await invoke(batch.map((message) => ({ ...message, leaseEndsMono: clock() + BATCH_LEASE_MS })));
  }

  await Promise.all(Array.from({ length: pollers }, poll));
}

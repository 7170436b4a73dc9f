import type { PendingQueue } from '../lib/watch/ports.ts';
import type { FakeClock } from '../test/fakes/clock.ts';

/** The SDK's batches of the adapter: so long a request waits for others, ten at most. */
const BATCH_WAIT_MS = 5;
const BATCH_MAX = 10;

/** A queue with as many requests as the adapter would send, each of which takes `requestMs`. */
export function countedQueue(queue: PendingQueue, clock: FakeClock, requestMs: number) {
  let requests = 0;
  const count = () => {
    requests += 1;
  };
  const together = () => {
    let batch: { readonly sent: Promise<void>; size: number } | null = null;
    return async () => {
      if (batch === null || batch.size === BATCH_MAX) {
        count();
        const mine = { sent: clock.sleep(BATCH_WAIT_MS + requestMs), size: 0 };
        batch = mine;
        void clock.sleep(BATCH_WAIT_MS).then(() => {
          if (batch === mine) batch = null;
        });
      }
      batch.size += 1;
      await batch.sent;
    };
  };
  const [delays, removals] = [together(), together()];
  const pending: PendingQueue = {
    ...queue,
    async receive(max, waitSeconds) {
      count();
      await clock.sleep(requestMs);
      return queue.receive(max, waitSeconds);
    },
    async delay(message, seconds) {
      await delays();
      return queue.delay(message, seconds);
    },
    async remove(message) {
      await removals();
      return queue.remove(message);
    },
  };
  return { pending, count, requests: () => requests };
}

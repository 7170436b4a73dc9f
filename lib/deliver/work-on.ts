import type { Log } from '../base/log.ts';
import type { QueueRecord } from './decide.ts';

/** The queue that the batches come from, for a worker that takes from it by itself. */
export interface OtherMessages {
  /** Waits for a second at most if there is none; up to ten. */
  readonly receive: (max: number) => Promise<readonly QueueRecord[]>;
  readonly remove: (receiptHandle: string) => Promise<void>;
  readonly sleep: (ms: number) => Promise<void>;
  readonly log: Log;
}

/** A batch that lasts longer is held by some endpoint. */
const HELD_AFTER_MS = 1000;
/** Messages beside its own batch that a worker handles at the same time. */
const OTHERS_MAX = 50;
const RECEIVE_MAX = 10;

/**
 * A worker whose batch is held by an endpoint that hangs takes further messages from the queue meanwhile, as long as
 * there is time for one more call: what holds it costs nobody else a worker. `handle` never rejects and answers whether
 * the message is to be kept. Resolves when the messages that it took are settled.
 */
export async function workOn(
  { receive, remove, sleep, log }: OtherMessages,
  batch: Promise<unknown>,
  handle: (record: QueueRecord) => Promise<boolean>,
  hasTime: () => boolean,
): Promise<void> {
  const others = new Set<Promise<void>>();
  let isHeld = true;
  const settled = batch.then(() => {
    isHeld = false;
  });
  const take = async (record: QueueRecord): Promise<void> => {
    if (!(await handle(record))) await remove(record.receiptHandle);
  };
  await Promise.race([settled, sleep(HELD_AFTER_MS)]);
  while ((isHeld || others.size > 0) && hasTime()) {
    const room = Math.min(RECEIVE_MAX, OTHERS_MAX - others.size);
    if (room === 0) {
      await Promise.race([...others, sleep(HELD_AFTER_MS)]);
      continue;
    }
    let records: readonly QueueRecord[];
    try {
      records = await receive(room);
    } catch (error) {
      log.warn('delivery.receive', { error });
      break;
    }
    for (const record of records) {
      const taken = take(record)
        // The message comes back, and its record says that it has ended.
        .catch((error: unknown) => log.warn('delivery.remove', { messageId: record.messageId, error }))
        .finally(() => others.delete(taken));
      others.add(taken);
    }
  }
  await Promise.all(others);
}

import { errorName } from '../base/error.ts';
import { ItemError } from '../base/item-error.ts';
import type { Log } from '../base/log.ts';
import type { Random } from '../base/random.ts';
import type { QueueRecord } from './decide.ts';
import type { Deliver, DeliverPorts } from './deliver.ts';
import { soonSeconds } from './retry.ts';
import { type OtherMessages, workOn } from './work-on.ts';

/**
 * What Lambda hands over of a queue, as far as it is used. https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
 */
export interface QueueBatch {
  readonly Records: readonly QueueRecord[];
}

/**
 * The messages that Lambda may not delete. https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
 */
export interface BatchResponse {
  readonly batchItemFailures: readonly { readonly itemIdentifier: string }[];
}

export interface BatchPorts extends Pick<DeliverPorts, 'delay'> {
  readonly random: Random;
  readonly log: Log;
}

/** What of Lambda's context is used. */
interface Remaining {
  getRemainingTimeInMillis(): number;
}

export interface BatchOptions {
  /** Where a worker that is held takes further messages from; absent: it takes none. */
  readonly others: OtherMessages;
  /** The longest that a message may take, and of that the call. */
  readonly messageMs: number;
  readonly callMs: number;
}

/**
 * All messages of a batch at once. A message whose handling fails is logged and kept, and comes back within half a
 * minute; the others are not touched by it.
 */
export function makeBatch(
  deliver: Deliver,
  ports: BatchPorts,
  options?: BatchOptions,
): (batch: QueueBatch, context?: Remaining) => Promise<BatchResponse> {
  const { log } = ports;
  const isKept = async (record: QueueRecord, mayProbeFailing: boolean): Promise<boolean> => {
    const { messageId, receiptHandle, body, attributes } = record;
    try {
      const sentAtMs = Number(attributes.SentTimestamp);
      return (await deliver({ messageId, receiptHandle, body, sentAtMs }, mayProbeFailing)) === 'keep';
    } catch (error) {
      log.error('delivery.fault', { messageId, error });
      await comeBackSoon(ports, receiptHandle, error);
      return true;
    }
  };
  return async ({ Records }, context) => {
    const batch = Promise.all(Records.map((record) => isKept(record, true)));
    if (options !== undefined && context !== undefined) {
      const { others, messageMs, callMs } = options;
      const hasTimeFor = (ms: number) => context.getRemainingTimeInMillis() > ms;
      // What is known to be sick is to hold the worker no longer than it can work on.
      const handle = (record: QueueRecord) => isKept(record, hasTimeFor(messageMs + callMs));
      await workOn(others, batch, handle, () => hasTimeFor(messageMs));
    }
    const kept = await batch;
    return {
      batchItemFailures: Records.filter((_, at) => kept[at]).map(({ messageId }) => ({ itemIdentifier: messageId })),
    };
  };
}

/** An item that can't be understood is not mended in seconds: its message is left to the queue's own time. */
async function comeBackSoon({ delay, random, log }: BatchPorts, receiptHandle: string, error: unknown): Promise<void> {
  if (error instanceof ItemError) return;
  try {
    await delay(receiptHandle, soonSeconds(random()));
  } catch (fault) {
    log.warn('delivery.delay', { error: errorName(fault) });
  }
}

import type { Log } from '../base/log.ts';
import type { QueueRecord } from './decide.ts';
import type { Deliver } from './deliver.ts';
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

/** What of Lambda's context is used. */
interface Remaining {
  getRemainingTimeInMillis(): number;
}

export interface BatchOptions {
  /** Where a worker that is held takes further messages from; absent: it takes none. */
  readonly others: OtherMessages;
  /** The longest that a message may take. */
  readonly messageMs: number;
}

/**
 * All messages of a batch at once. A message whose handling fails is logged and kept; the others are not touched by it.
 */
export function makeBatch(
  deliver: Deliver,
  log: Log,
  options?: BatchOptions,
): (batch: QueueBatch, context?: Remaining) => Promise<BatchResponse> {
  const isKept = async (record: QueueRecord, isOther = false): Promise<boolean> => {
    const { messageId, receiptHandle, body, attributes } = record;
    try {
      const sentAtMs = Number(attributes.SentTimestamp);
      return (await deliver({ messageId, receiptHandle, body, sentAtMs }, isOther)) === 'keep';
    } catch (error) {
      log.error('delivery.fault', { messageId, error });
      return true;
    }
  };
  return async ({ Records }, context) => {
    const batch = Promise.all(Records.map((record) => isKept(record)));
    if (options !== undefined && context !== undefined) {
      const hasTime = () => context.getRemainingTimeInMillis() > options.messageMs;
      await workOn(options.others, batch, (record) => isKept(record, true), hasTime);
    }
    const kept = await batch;
    return {
      batchItemFailures: Records.filter((_, at) => kept[at]).map(({ messageId }) => ({ itemIdentifier: messageId })),
    };
  };
}

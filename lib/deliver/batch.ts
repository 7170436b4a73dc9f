import type { Log } from '../base/log.ts';
import type { Deliver } from './deliver.ts';

/**
 * What Lambda hands over of a queue, as far as it is used. https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
 */
export interface QueueBatch {
  readonly Records: readonly QueueRecord[];
}

export interface QueueRecord {
  readonly messageId: string;
  readonly receiptHandle: string;
  readonly body: string;
  readonly attributes: { readonly SentTimestamp: string };
}

/**
 * The messages that Lambda may not delete. https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
 */
export interface BatchResponse {
  readonly batchItemFailures: readonly { readonly itemIdentifier: string }[];
}

/**
 * All messages of a batch at once. A message whose handling fails is logged and kept; the others are not touched by it.
 */
export function makeBatch(deliver: Deliver, log: Log): (batch: QueueBatch) => Promise<BatchResponse> {
  const isKept = async ({ messageId, receiptHandle, body, attributes }: QueueRecord): Promise<boolean> => {
    try {
      const sentAtMs = Number(attributes.SentTimestamp);
      return (await deliver({ messageId, receiptHandle, body, sentAtMs })) === 'keep';
    } catch (error) {
      log.error('delivery.fault', { messageId, error });
      return true;
    }
  };
  return async ({ Records }) => {
    const kept = await Promise.all(Records.map(isKept));
    return {
      batchItemFailures: Records.filter((_, at) => kept[at]).map(({ messageId }) => ({ itemIdentifier: messageId })),
    };
  };
}

import { errorName } from '../base/error.ts';
import { ItemError } from '../base/item-error.ts';
import type { Log } from '../base/log.ts';
import type { Random } from '../base/random.ts';
import type { Deliver, DeliverPorts } from './deliver.ts';
import { soonSeconds } from './retry.ts';

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

export interface BatchPorts extends Pick<DeliverPorts, 'delay'> {
  readonly random: Random;
  readonly log: Log;
}

/**
 * All messages of a batch at once. A message whose handling fails is logged and kept, and comes back within half a
 * minute; the others are not touched by it.
 */
export function makeBatch(deliver: Deliver, ports: BatchPorts): (batch: QueueBatch) => Promise<BatchResponse> {
  const { log } = ports;
  const isKept = async ({ messageId, receiptHandle, body, attributes }: QueueRecord): Promise<boolean> => {
    try {
      const sentAtMs = Number(attributes.SentTimestamp);
      return (await deliver({ messageId, receiptHandle, body, sentAtMs })) === 'keep';
    } catch (error) {
      log.error('delivery.fault', { messageId, error });
      await comeBackSoon(ports, receiptHandle, error);
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

/** An item that can't be understood is not mended in seconds: its message is left to the queue's own time. */
async function comeBackSoon({ delay, random, log }: BatchPorts, receiptHandle: string, error: unknown): Promise<void> {
  if (error instanceof ItemError) return;
  try {
    await delay(receiptHandle, soonSeconds(random()));
  } catch (fault) {
    log.warn('delivery.delay', { error: errorName(fault) });
  }
}

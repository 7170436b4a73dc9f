import type { Clock } from '../../base/time.ts';
import type { PendingMessage } from '../../watch/ports.ts';
import { toPending } from './pending.ts';

/** What Lambda hands over of a queue. https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html */
export interface SqsBatch {
  readonly Records: readonly {
    readonly messageId: string;
    readonly receiptHandle: string;
    readonly body: string;
    readonly attributes: { readonly SentTimestamp?: string };
    readonly messageAttributes?: Readonly<Record<string, SqsAttribute>>;
  }[];
}

interface SqsAttribute {
  readonly dataType?: string;
  readonly stringValue?: string;
  /** Base64. */
  readonly binaryValue?: string;
}

/**
 * What a batch's lease is taken to hold from now on. When it was received nobody says: the queue hides it for 120 s, so
 * this is right if it was handed over within a minute. A lease that ended sooner costs a call, never a job.
 */
const BATCH_LEASE_MS = 60_000;

/** The messages of a batch, as a receive gives them. */
export function pendingBatch({ Records }: SqsBatch, clock: Clock, mono: () => number): readonly PendingMessage[] {
  const leaseEndsMono = mono() + BATCH_LEASE_MS;
  return Records.map(({ messageId, receiptHandle, body, attributes, messageAttributes = {} }) => {
    const named = Object.entries(messageAttributes).map(([name, { dataType, stringValue, binaryValue }]) => [
      name,
      {
        DataType: dataType,
        StringValue: stringValue,
        BinaryValue: binaryValue === undefined ? undefined : Buffer.from(binaryValue, 'base64'),
      },
    ]);
    const message = { MessageId: messageId, ReceiptHandle: receiptHandle, Body: body, Attributes: attributes };
    return toPending({ ...message, MessageAttributes: Object.fromEntries(named) }, clock(), leaseEndsMono);
  });
}

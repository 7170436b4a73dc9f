import {
  GetQueueAttributesCommand,
  type Message,
  type MessageAttributeValue,
  ReceiveMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { asciiJson } from '../../base/ascii-json.ts';
import type { Clock } from '../../base/time.ts';
import type { WakeQueue } from '../../job/store.ts';
import type { PendingMessage, PendingQueue } from '../../watch/ports.ts';
import { makeBatches } from './batches.ts';
import { LEASE_SECONDS } from './limits.ts';

export interface PendingOptions {
  readonly client: SQSClient;
  readonly url: string;
  readonly clock: Clock;
  readonly mono: () => number;
}

export interface QueueDepth {
  readonly visible: number;
  readonly inFlight: number;
  readonly delayed: number;
}

/** Near its end a lease is not to be relied on: the call that uses it takes time as well. */
const LEASE_MARGIN_MS = 10_000;

/** The pending queue, whose visibility time-outs are the timers of all watches. */
export function makePending({ client, url, clock, mono }: PendingOptions): PendingQueue {
  const batches = makeBatches(client, url);
  return {
    async receive(max, waitSeconds) {
      const leaseEndsMono = mono() + LEASE_SECONDS * 1000 - LEASE_MARGIN_MS;
      const answer = await client.send(
        new ReceiveMessageCommand({
          QueueUrl: url,
          MaxNumberOfMessages: max,
          WaitTimeSeconds: waitSeconds,
          VisibilityTimeout: LEASE_SECONDS,
          MessageAttributeNames: ['All'],
          MessageSystemAttributeNames: ['SentTimestamp', 'ApproximateReceiveCount'],
        }),
      );
      return (answer.Messages ?? []).map((message) => toPending(message, clock(), leaseEndsMono));
    },
    delay: (message, seconds) => batches.delay(message.receiptHandle, seconds),
    remove: (message) => batches.remove(message.receiptHandle),
    async isEmpty() {
      const { visible, inFlight, delayed } = await depthOf(client, url);
      return visible + inFlight + delayed === 0;
    },
  };
}

/** For those who send to the pending queue and never receive from it. */
export function makePendingSender(client: SQSClient, url: string): WakeQueue & { submit(body: string): Promise<void> } {
  const batches = makeBatches(client, url);
  return {
    wake: (id, identity) => batches.send({ body: asciiJson(identity), attributes: { reattach: id } }),
    submit: (body) => batches.send({ body, attributes: {} }),
  };
}

/** Approximate, as SQS counts; it may lag by up to a minute. */
export async function depthOf(client: SQSClient, url: string): Promise<QueueDepth> {
  const answer = await client.send(
    new GetQueueAttributesCommand({
      QueueUrl: url,
      AttributeNames: [
        'ApproximateNumberOfMessages',
        'ApproximateNumberOfMessagesNotVisible',
        'ApproximateNumberOfMessagesDelayed',
      ],
    }),
  );
  return {
    visible: Number(answer.Attributes?.ApproximateNumberOfMessages ?? 0),
    inFlight: Number(answer.Attributes?.ApproximateNumberOfMessagesNotVisible ?? 0),
    delayed: Number(answer.Attributes?.ApproximateNumberOfMessagesDelayed ?? 0),
  };
}

export function toPending(message: Message, nowMs: number, leaseEndsMono: number): PendingMessage {
  const attributes = message.MessageAttributes ?? {};
  const receives = message.Attributes?.ApproximateReceiveCount;
  return {
    messageId: message.MessageId ?? '',
    receiptHandle: message.ReceiptHandle ?? '',
    body: message.Body ?? '',
    reattach: attributes['reattach']?.StringValue ?? null,
    attributesJson: attributesJson(attributes),
    sentMs: Number(message.Attributes?.SentTimestamp ?? nowMs),
    receivedMs: nowMs,
    receives: receives === undefined ? undefined : Number(receives),
    leaseEndsMono,
  };
}

function attributesJson(attributes: Readonly<Record<string, MessageAttributeValue>>): string {
  const plain = Object.entries(attributes).map(([name, value]) => [
    name,
    { type: value.DataType, value: value.StringValue ?? Buffer.from(value.BinaryValue ?? []).toString('base64') },
  ]);
  return asciiJson(Object.fromEntries(plain));
}

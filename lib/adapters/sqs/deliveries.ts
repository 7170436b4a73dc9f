import { type Message, ReceiveMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { asciiJson } from '../../base/ascii-json.ts';
import type { DeadQueue } from '../../deliver/dead.ts';
import type { QueueRecord } from '../../deliver/decide.ts';
import type { DeliverPorts } from '../../deliver/deliver.ts';
import type { SendDeliveries } from '../../deliver/outbox.ts';
import { makeBatches } from './batches.ts';
import { BATCH_MAX } from './limits.ts';

export interface DeliveriesQueue {
  /** Rejects, with SQS's reason, if not one message was taken. */
  readonly send: SendDeliveries;
  /** A message whose receipt handle is not valid any more is left alone: it has its own life again. */
  readonly delay: DeliverPorts['delay'];
  /** As Lambda hands them over, up to `max` (1 to 10). Waits for a second at most if there is none. */
  readonly receive: (max: number) => Promise<readonly QueueRecord[]>;
  readonly remove: (receiptHandle: string) => Promise<void>;
}

const RECEIVE_WAIT_SECONDS = 1;

/** The deliveries queue, whose visibility time-outs are the waits between attempts. */
export function makeDeliveriesQueue(client: SQSClient, url: string): DeliveriesQueue {
  const batches = makeBatches(client, url);
  return {
    send: async (messages) => {
      const sends = messages.map((message) => batches.send({ body: asciiJson(message), attributes: {} }));
      const results = await Promise.allSettled(sends);
      const taken = results.map(({ status }) => status === 'fulfilled');
      const refusal = results.find((result) => result.status === 'rejected');
      if (refusal !== undefined && !taken.includes(true)) throw refusal.reason;
      return taken;
    },
    delay: async (receiptHandle, seconds) => {
      await batches.delay(receiptHandle, seconds);
    },
    receive: async (max) => {
      const { Messages = [] } = await client.send(
        new ReceiveMessageCommand({
          QueueUrl: url,
          MaxNumberOfMessages: max,
          WaitTimeSeconds: RECEIVE_WAIT_SECONDS,
          MessageSystemAttributeNames: ['SentTimestamp'],
        }),
      );
      return Messages.map(toRecord);
    },
    remove: async (receiptHandle) => {
      await batches.remove(receiptHandle);
    },
  };
}

/** The dead deliveries queue. The body goes as it came, so that a message that is moved back means what it meant. */
export function makeDeadLetter(client: SQSClient, url: string): DeliverPorts['deadLetter'] {
  const batches = makeBatches(client, url);
  return (body, reason) => batches.send({ body, attributes: { reason } });
}

/** How long a message is hidden from others that is looked at: a pass that dies gives it back so late. */
const LOOK_SECONDS = 60;
/** Asks all of SQS's servers: without a wait some are left out, and a queue with few messages may seem empty. */
const LOOK_WAIT_SECONDS = 1;

export function makeDeadQueue(client: SQSClient, url: string): DeadQueue {
  const batches = makeBatches(client, url);
  return {
    receive: async () => {
      const { Messages = [] } = await client.send(
        new ReceiveMessageCommand({
          QueueUrl: url,
          MaxNumberOfMessages: BATCH_MAX,
          VisibilityTimeout: LOOK_SECONDS,
          WaitTimeSeconds: LOOK_WAIT_SECONDS,
        }),
      );
      return Messages.map(({ Body = '', ReceiptHandle = '' }) => ({ body: Body, receiptHandle: ReceiptHandle }));
    },
    remove: async (receiptHandle) => {
      await batches.remove(receiptHandle);
    },
    release: async (receiptHandle) => {
      await batches.delay(receiptHandle, 0);
    },
  };
}

function toRecord({ MessageId = '', ReceiptHandle = '', Body = '', Attributes = {} }: Message): QueueRecord {
  const attributes = { SentTimestamp: Attributes.SentTimestamp ?? '' };
  return { messageId: MessageId, receiptHandle: ReceiptHandle, body: Body, attributes };
}

import { type Message, ReceiveMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { ReceivedRejected, RejectedQueue } from '../../api/ports.ts';
import { toIso } from '../../base/time.ts';
import type { Rejected } from '../../watch/ports.ts';
import { makeBatches } from './batches.ts';
import { BATCH_MAX } from './limits.ts';
import { depthOf } from './pending.ts';

/** Bad messages go here whole. A sender's ten attributes would leave no room for ours: they travel as one JSON. */
export function makeRejected(client: SQSClient, url: string): (message: Rejected) => Promise<void> {
  const batches = makeBatches(client, url);
  return ({ body, reason, receivedMs, attributesJson }) =>
    batches.send({ body, attributes: { reason, receivedAt: toIso(receivedMs), attributes: attributesJson } });
}

/** Longer than a look takes: nothing is handed over twice. Who dies on the way gives the messages back so late. */
const LOOK_SECONDS = 15;
/** Asks all of SQS's servers: without a wait some are left out, and a queue with few messages may seem empty. */
const LOOK_WAIT_SECONDS = 1;
const REASON_MAX = 1000;

/** Of what is received only our own attribute is asked for; the body, which SQS always sends, goes no further. */
export function makeRejectedQueue(client: SQSClient, url: string): RejectedQueue {
  const batches = makeBatches(client, url);
  return {
    depth: () => depthOf(client, url),
    receive: async () => {
      const { Messages = [] } = await client.send(
        new ReceiveMessageCommand({
          QueueUrl: url,
          MaxNumberOfMessages: BATCH_MAX,
          VisibilityTimeout: LOOK_SECONDS,
          WaitTimeSeconds: LOOK_WAIT_SECONDS,
          MessageAttributeNames: ['reason'],
          MessageSystemAttributeNames: ['SentTimestamp', 'ApproximateReceiveCount'],
        }),
      );
      return Messages.map(shown);
    },
    release: async (receiptHandle) => {
      await batches.delay(receiptHandle, 0);
    },
  };
}

function shown({ MessageId = '', ReceiptHandle = '', Attributes, MessageAttributes }: Message): ReceivedRejected {
  return {
    id: MessageId,
    rejectedAt: toIso(Number(Attributes?.SentTimestamp ?? 0)),
    reason: MessageAttributes?.['reason']?.StringValue?.slice(0, REASON_MAX) ?? null,
    receives: Number(Attributes?.ApproximateReceiveCount ?? 1),
    receiptHandle: ReceiptHandle,
  };
}

import type { SQSClient } from '@aws-sdk/client-sqs';
import { asciiJson } from '../../base/ascii-json.ts';
import type { DeliverPorts } from '../../deliver/deliver.ts';
import type { SendDeliveries } from '../../deliver/outbox.ts';
import { makeBatches } from './batches.ts';

export interface DeliveriesQueue {
  /** Rejects, with SQS's reason, if not one message was taken. */
  readonly send: SendDeliveries;
  /** A message whose receipt handle is not valid any more is left alone: it has its own life again. */
  readonly delay: DeliverPorts['delay'];
}

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
  };
}

/** The dead deliveries queue. The body goes as it came, so that a message that is moved back means what it meant. */
export function makeDeadLetter(client: SQSClient, url: string): DeliverPorts['deadLetter'] {
  const batches = makeBatches(client, url);
  return (body, reason) => batches.send({ body, attributes: { reason } });
}

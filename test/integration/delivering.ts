import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SQSClient } from '@aws-sdk/client-sqs';
import { makeDeliveryStore } from '../../lib/adapters/dynamodb/deliveries.ts';
import { makeSubscriptionStore } from '../../lib/adapters/dynamodb/subscriptions.ts';
import { makeDeliveriesQueue } from '../../lib/adapters/sqs/deliveries.ts';
import { makePublish, type Publish } from '../../lib/deliver/outbox.ts';
import { type Stack, type StackOptions, startStack } from '../../local/stack.ts';
import { aReading } from '../fakes/reading.ts';

/** The packaged stack, of which `deliver` and `api` work, and the endpoints that it calls. */
export interface Delivering {
  readonly stack: Stack;
  /** Of the endpoints' server. */
  readonly url: string;
  readonly dynamo: DynamoDBClient;
  readonly sqs: SQSClient;
  /** Tells events through the outbox, as `watch` does. */
  readonly publish: Publish;
  close(): Promise<void>;
}

/** `server` is closed with the rest. */
export async function startDelivering(
  server: Server,
  options: Pick<StackOptions, 'environment' | 'onLog'>,
): Promise<Delivering> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const stack = await startStack({ accounts: {}, paused: true, ...options });
  stack.system.resume('deliver');
  const { outputs } = stack.system;
  const dynamo = new DynamoDBClient(stack.system.clientSettings('dynamodb'));
  const sqs = new SQSClient(stack.system.clientSettings('sqs'));
  const stored = { ...aReading(), client: dynamo, table: outputs['DeliveriesTableName'] ?? '', clock: Date.now };
  return {
    stack,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    dynamo,
    sqs,
    publish: makePublish({
      subscriptions: makeSubscriptionStore(dynamo, outputs['SubscriptionsTableName'] ?? '', aReading().unreadable),
      deliveries: makeDeliveryStore(stored),
      send: makeDeliveriesQueue(sqs, outputs['DeliveriesQueueUrl'] ?? '').send,
      clock: Date.now,
    }),
    async close() {
      sqs.destroy();
      dynamo.destroy();
      await stack.system.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

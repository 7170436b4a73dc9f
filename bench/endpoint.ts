import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SQSClient } from '@aws-sdk/client-sqs';
import { makeDeliveryStore } from '../lib/adapters/dynamodb/deliveries.ts';
import { makeSubscriptionStore } from '../lib/adapters/dynamodb/subscriptions.ts';
import { makeDeliveriesQueue } from '../lib/adapters/sqs/deliveries.ts';
import { toIso } from '../lib/base/time.ts';
import { makePublish, type Publish } from '../lib/deliver/outbox.ts';
import type { Event } from '../lib/events/event.ts';
import type { System } from '../local/system.ts';
import { aReading } from '../test/fakes/reading.ts';

/** An endpoint of this machine. */
export interface Endpoint {
  readonly url: string;
  /** When each event first arrived. */
  readonly arrivals: ReadonlyMap<string, number>;
  readonly calls: () => number;
  close(): Promise<void>;
}

/** Answers 204 after so long; null: never. */
export async function startEndpoint(answersAfterMs: number | null): Promise<Endpoint> {
  const arrivals = new Map<string, number>();
  let calls = 0;
  const server: Server = createServer((request, response) => {
    const id = String(request.headers['webhook-id']);
    calls += 1;
    if (!arrivals.has(id)) arrivals.set(id, Date.now());
    request.resume();
    if (answersAfterMs === null) return;
    request.on('end', () => setTimeout(() => response.writeHead(204).end(), answersAfterMs));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    arrivals,
    calls: () => calls,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

/** Tells events of a running stack, straight through the outbox. */
export interface Publisher {
  readonly publish: Publish;
  close(): void;
}

export function makePublisher(system: System): Publisher {
  const dynamo = new DynamoDBClient(system.clientSettings('dynamodb'));
  const sqs = new SQSClient(system.clientSettings('sqs'));
  const output = (name: string) => system.outputs[name] ?? '';
  const publish = makePublish({
    subscriptions: makeSubscriptionStore(dynamo, output('SubscriptionsTableName'), aReading().unreadable),
    deliveries: makeDeliveryStore({
      ...aReading(),
      client: dynamo,
      table: output('DeliveriesTableName'),
      clock: Date.now,
    }),
    send: makeDeliveriesQueue(sqs, output('DeliveriesQueueUrl')).send,
    clock: Date.now,
  });
  return {
    publish,
    close: () => {
      dynamo.destroy();
      sqs.destroy();
    },
  };
}

/** An end of a job, with labels that subscriptions can filter by. */
export function anEvent(id: string, labels: Readonly<Record<string, string>> = {}): Event {
  return {
    specversion: '1.0',
    id: `evt_${id}`,
    type: 'jobwatch.job.succeeded',
    time: toIso(Date.now()),
    source: '/jobwatch/bench/huawei.elb.v3/default/eu-de/p',
    subject: `job-${id}`,
    datacontenttype: 'application/json',
    data: { job: { id: `job_${id}`, api: 'huawei.elb.v3', account: 'default', labels }, phase: 'succeeded' },
  };
}

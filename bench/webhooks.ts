import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SQSClient } from '@aws-sdk/client-sqs';
import { makeDeliveryStore } from '../lib/adapters/dynamodb/deliveries.ts';
import { makeSubscriptionStore } from '../lib/adapters/dynamodb/subscriptions.ts';
import { makeDeliveriesQueue } from '../lib/adapters/sqs/deliveries.ts';
import { toIso } from '../lib/base/time.ts';
import { makePublish, type Publish } from '../lib/deliver/outbox.ts';
import type { Event } from '../lib/events/event.ts';
import { table } from '../local/progress.ts';
import { type Stack, startStack } from '../local/stack.ts';
import { aReading } from '../test/fakes/reading.ts';

/**
 * How much an endpoint that never answers delays the others. Events are told at a steady rate, straight through the
 * outbox, to nine endpoints that answer at once, then to the nine and one that hangs until the time-out of 15 s. The
 * delay of a delivery is the time from the telling of its event to its arrival. The packaged `deliver` runs as on
 * Lambda, batches of ten, in four execution environments of this machine. The rate has to be below what the machine can
 * do (some 50 deliveries a second on two cores), or the figures show its backlog and nothing else.
 *
 * `node bench/webhooks.ts [events, default 1000] [events a second, default 4]`: 9 minutes; `… 100` takes one and a
 * half.
 */
const EVENTS = Number(process.argv[2] ?? 1000);
const EVENTS_PER_SECOND = Number(process.argv[3] ?? 4);
const HEALTHY = 9;
/** After the last event has been told: what has not arrived by then counts as missing. */
const WAIT_MS = 240_000;

interface Endpoint {
  readonly url: string;
  /** When each event first arrived. */
  readonly arrivals: ReadonlyMap<string, number>;
  readonly calls: () => number;
  close(): Promise<void>;
}

const rows = [['run', 'told', 'arrived', 'p50 ms', 'p99 ms', 'worst ms', 'calls to the sick one']];
for (const isOneSick of [false, true]) {
  rows.push(await measure(isOneSick));
  console.log(rows.at(-1)?.join('  '));
}
console.log(
  `\nwebhooks: ${EVENTS} events, ${EVENTS_PER_SECOND} a second, ` +
    `to ${HEALTHY} healthy endpoints; Node ${process.version}\n`,
);
console.log(table(rows));

async function measure(isOneSick: boolean): Promise<string[]> {
  const healthy = await Promise.all(Array.from({ length: HEALTHY }, () => startEndpoint(true)));
  const sick = await Promise.all(isOneSick ? [startEndpoint(false)] : []);
  const stack = await startStack({ accounts: {} });
  try {
    await stack.system.pause('watch', 'reconcile');
    for (const { url } of [...healthy, ...sick]) {
      await stack.api.post('/subscriptions', { url, types: ['jobwatch.job.succeeded'] });
    }
    const told = await publishAll(stack);
    const wanted = EVENTS * HEALTHY;
    const untilMs = Date.now() + WAIT_MS;
    const arrived = () => healthy.reduce((sum, { arrivals }) => sum + arrivals.size, 0);
    while (arrived() < wanted && Date.now() < untilMs) await sleep(100);
    const delays = healthy
      .flatMap(({ arrivals }) => [...arrivals].map(([id, atMs]) => atMs - (told.get(id) ?? Number.NaN)))
      .toSorted((a, b) => a - b);
    const at = (share: number) => String(delays[Math.min(Math.floor(delays.length * share), delays.length - 1)] ?? '');
    const name = isOneSick ? 'nine healthy, and one that hangs' : 'nine healthy';
    const calls = sick.map((endpoint) => String(endpoint.calls()))[0] ?? '';
    return [name, String(wanted), String(delays.length), at(0.5), at(0.99), at(1), calls];
  } finally {
    await stack.system.close();
    await Promise.all([...healthy, ...sick].map((endpoint) => endpoint.close()));
  }
}

/** When each event was told. */
async function publishAll({ system }: Stack): Promise<ReadonlyMap<string, number>> {
  const dynamo = new DynamoDBClient(system.clientSettings('dynamodb'));
  const sqs = new SQSClient(system.clientSettings('sqs'));
  const output = (name: string) => system.outputs[name] ?? '';
  const publish: Publish = makePublish({
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
  const told = new Map<string, number>();
  const startMs = Date.now();
  const publications: Promise<void>[] = [];
  for (let number = 0; number < EVENTS; number += 1) {
    await sleep(Math.max(startMs + (number * 1000) / EVENTS_PER_SECOND - Date.now(), 0));
    const event = anEvent(number);
    told.set(event.id, Date.now());
    publications.push(publish([event]));
  }
  await Promise.all(publications);
  dynamo.destroy();
  sqs.destroy();
  return told;
}

function anEvent(number: number): Event {
  return {
    specversion: '1.0',
    id: `evt_${number}`,
    type: 'jobwatch.job.succeeded',
    time: toIso(Date.now()),
    source: '/jobwatch/bench/huawei.elb.v3/default/eu-de/p',
    subject: `job-${number}`,
    datacontenttype: 'application/json',
    data: { job: { id: `job_${number}`, api: 'huawei.elb.v3', account: 'default', labels: {} }, phase: 'succeeded' },
  };
}

async function startEndpoint(isHealthy: boolean): Promise<Endpoint> {
  const arrivals = new Map<string, number>();
  let calls = 0;
  const server: Server = createServer((request, response) => {
    const id = String(request.headers['webhook-id']);
    calls += 1;
    if (!arrivals.has(id)) arrivals.set(id, Date.now());
    request.resume();
    if (isHealthy) request.on('end', () => response.writeHead(204).end());
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

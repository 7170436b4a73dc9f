import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { PurgeQueueCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { vi } from 'vitest';
import { makeDeliveryStore } from '../../lib/adapters/dynamodb/deliveries.ts';
import { newDelivery } from '../../lib/deliver/delivery.ts';
import { jobIdOf, transitionEventId } from '../../lib/job/identity.ts';
import type { Stack } from '../../local/stack.ts';
import { aReading } from '../fakes/reading.ts';
import { anEvent } from '../fakes/webhook-world.ts';

const NLB = { api: 'alibaba.nlb', account: 'default', region: 'cn-hangzhou', projectId: null };
const MESSAGE = { api: NLB.api, region: NLB.region };
const OUTAGE_MS = 16 * 60_000;
const within = { timeout: 20_000, interval: 50 };

/** Endpoints by path: what each answers. */
const ANSWERS: Readonly<Record<string, number>> = { '/fine': 204, '/bad': 500, '/gone': 410, '/robot': 200 };

type Tools = ReturnType<typeof toolsFor> & { readonly worker: 'watch' | 'wake' };
/** Subscriptions by what becomes of their endpoints. */
type Subscriptions = Readonly<Record<'fine' | 'bad' | 'gone' | 'deleted' | 'robot', string>>;

/**
 * Leads the packaged functions of a paused stack through everything that makes them call AWS in a way of its own: jobs
 * that end, are refused, are stopped, are told again and lose their messages; endpoints that answer, fail until nothing
 * is left, and go away; every route of the API. `worker` is the function that works on the pending queue. The simulator
 * has to know the NLB jobs `nlb-1` and `nlb-2`.
 */
export async function walkEveryPath(stack: Stack, worker: 'watch' | 'wake'): Promise<void> {
  const endpoint = createServer(
    (request, response) =>
      void response.writeHead(ANSWERS[request.url ?? ''] ?? 404).end(request.url === '/robot' ? 'ok' : ''),
  );
  await new Promise<void>((resolve) => endpoint.listen(0, '127.0.0.1', resolve));
  const { port } = endpoint.address() as AddressInfo;
  const tools = { ...toolsFor(stack, `http://127.0.0.1:${port}`), worker };
  try {
    const subscriptions = {
      fine: await tools.subscribe('/fine', ['jobwatch.*']),
      bad: await tools.subscribe('/bad', ['jobwatch.test']),
      gone: await tools.subscribe('/gone', ['jobwatch.test']),
      deleted: await tools.subscribe('/fine', ['jobwatch.test']),
      robot: await tools.subscribe('/robot', ['jobwatch.test'], { format: 'slack' }),
    };
    await watchAndDeliver(stack, tools, subscriptions);
    await callTheApi(tools, subscriptions);
    await reconcileAfterAnOutage(stack, tools, subscriptions);
  } finally {
    tools.close();
    await new Promise((resolve) => endpoint.close(resolve));
  }
}

async function watchAndDeliver({ system }: Stack, tools: Tools, to: Subscriptions): Promise<void> {
  const { enter, send, stateOf } = tools;
  // A job whose event is entered already, one that is told for the first time, a bad message and an account that is
  // absent.
  const told = endOf('nlb-1');
  await enter(to.fine, told);
  await send('PendingQueueUrl', { ...MESSAGE, jobId: 'nlb-1' });
  await send('PendingQueueUrl', { ...MESSAGE, jobId: 'nlb-2', correlationId: 'c-2', group: { id: 'whole', size: 1 } });
  await send('PendingQueueUrl', { ...MESSAGE, jobID: 'typo' });
  await send('PendingQueueUrl', { ...MESSAGE, jobId: 'x', account: 'nobody' });
  // A success that drops an old attempt, failures to the last, an endpoint that goes away, a subscription that is gone.
  await enter(to.fine, 'evt_old', 25);
  for (const subscription of [to.bad, to.gone, to.deleted]) await enter(subscription, 'evt_new');
  await tools.deliver(to.fine, 'evt_old');
  for (const subscription of [to.bad, to.gone, to.deleted]) await tools.deliver(subscription, 'evt_new');
  await tools.call('DELETE', `/subscriptions/${to.deleted}`);
  // Two messages of a robot: the second waits for its slot.
  for (const id of ['evt_robot', 'evt_slot']) {
    await enter(to.robot, id);
    await tools.deliver(to.robot, id);
  }
  system.resume(tools.worker, 'deliver');
  await Promise.all([
    stateOf(to.fine, told, 'delivered'),
    stateOf(to.fine, endOf('nlb-2'), 'delivered'),
    stateOf(to.fine, 'evt_old', 'delivered'),
    stateOf(to.bad, 'evt_new', 'exhausted'),
    stateOf(to.gone, 'evt_new', 'canceled'),
    stateOf(to.deleted, 'evt_new', 'canceled'),
    stateOf(to.robot, 'evt_robot', 'delivered'),
    stateOf(to.robot, 'evt_slot', 'delivered'),
  ]);
  // Told once more to who has it already: that `/gone` is disabled.
  await enter(to.gone, 'evt_late');
  await tools.deliver(to.gone, 'evt_late');
  await stateOf(to.gone, 'evt_late', 'canceled');
}

async function callTheApi({ call, url, stateOf }: Tools, { fine, gone, robot }: Subscriptions): Promise<void> {
  await call('POST', '/jobs', { ...MESSAGE, jobId: 'stopped' });
  await call('POST', `/jobs/${idOf('stopped')}/stop`);
  // Two are wanted, and one comes: its deadline has come when reconcile looks.
  const late = { group: { id: 'late', size: 2 }, jobs: [{ ...MESSAGE, jobId: 'another', timeoutSeconds: 60 }] };
  await call('POST', '/jobs', late);
  await call('POST', '/subscriptions', { url: `${url}/fine` }, { 'idempotency-key': 'once' });
  const lists = [
    '/jobs?limit=100',
    '/jobs?phase=succeeded',
    '/groups',
    '/groups/late',
    '/durations',
    '/health',
    '/queues/rejected',
    '/openapi.json',
    '/subscriptions',
  ];
  for (const path of [...lists, `/jobs/${idOf('nlb-1')}`, `/subscriptions/${fine}`]) await call('GET', path);
  await call('PATCH', `/subscriptions/${fine}`, { description: 'fine' });
  await call('POST', `/subscriptions/${fine}/test`);
  await call('POST', `/subscriptions/${robot}/test`, { type: 'jobwatch.job.failed' });
  await call('POST', `/subscriptions/${fine}/rotate-secret`);
  await call('POST', `/subscriptions/${fine}/redeliver`, { since: '2020-01-01T00:00:00Z' });
  await call('POST', `/subscriptions/${gone}/enable`);
  await call('GET', `/subscriptions/${fine}/deliveries`);
  await call('POST', `/subscriptions/${fine}/deliveries/evt_old/redeliver`);
  // The stop is published by the watch, which must have come to it before its messages are purged.
  await stateOf(fine, endOf('stopped'), 'delivered');
}

/** A job and a delivery have lost their messages, and a delivery waits for a disabled endpoint. */
async function reconcileAfterAnOutage({ system }: Stack, tools: Tools, { fine, bad }: Subscriptions): Promise<void> {
  await system.pause(tools.worker, 'deliver');
  await tools.call('PATCH', `/subscriptions/${bad}`, { state: 'disabled' });
  await tools.enter(bad, 'evt_disabled');
  await tools.enter(fine, 'evt_lost');
  await tools.call('POST', '/jobs', { ...MESSAGE, jobId: 'forgotten' });
  await tools.purge('PendingQueueUrl');
  // A dead message whose delivery has arrived since; that of `/bad` has not.
  await tools.send('DeadDeliveriesQueueUrl', { subscription: fine, eventId: 'evt_old', round: 0 });
  await system.skip(OUTAGE_MS);
  const pass = await system.invoke('reconcile');
  if (!pass.ok) throw new Error(`reconcile failed: ${JSON.stringify(pass)}`);
  if (!JSON.stringify(pass).includes('"settled":1')) throw new Error(`No dead message went: ${JSON.stringify(pass)}`);
}

const idOf = (jobId: string) => jobIdOf({ ...NLB, jobId });
const endOf = (jobId: string) => transitionEventId(idOf(jobId), 1);

function toolsFor({ system, api, token }: Stack, url: string) {
  const sqs = new SQSClient(system.clientSettings('sqs'));
  const dynamodb = new DynamoDBClient(system.clientSettings('dynamodb'));
  const table = system.outputs['DeliveriesTableName'] ?? '';
  const deliveries = makeDeliveryStore({ ...aReading(), client: dynamodb, table, clock: Date.now });
  const send = (output: string, body: unknown) =>
    sqs.send(new SendMessageCommand({ QueueUrl: system.outputs[output], MessageBody: JSON.stringify(body) }));
  return {
    url,
    send,
    deliver: (subscription: string, eventId: string) => send('DeliveriesQueueUrl', { subscription, eventId, round: 0 }),
    purge: (output: string) => sqs.send(new PurgeQueueCommand({ QueueUrl: system.outputs[output] })),
    async call(method: string, path: string, body: unknown = {}, headers: Record<string, string> = {}): Promise<void> {
      const response = await fetch(`${system.urls.api}/v1${path}`, {
        method,
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
        ...(method === 'GET' || method === 'DELETE' ? {} : { body: JSON.stringify(body) }),
      });
      if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    },
    subscribe: async (path: string, types: readonly string[], fields: object = {}) =>
      (await api.post<{ id: string }>('/subscriptions', { url: `${url}${path}`, types, ...fields })).id,
    /** A record without a message: as a worker leaves it that dies between the two. */
    async enter(subscription: string, id: string, attempts = 0): Promise<void> {
      const event = anEvent({ id });
      const fresh = newDelivery(subscription, event, JSON.stringify(event), new Date().toISOString());
      await deliveries.put({ ...fresh, attempts, earlierAttempts: attempts });
    },
    stateOf: (subscription: string, eventId: string, state: string) =>
      vi.waitFor(async () => {
        const delivery = await deliveries.get(subscription, eventId);
        if (delivery?.state !== state) throw new Error(`${eventId} is ${JSON.stringify(delivery)}`);
      }, within),
    close() {
      sqs.destroy();
      dynamodb.destroy();
    },
  };
}

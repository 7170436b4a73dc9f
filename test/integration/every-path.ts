import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { PurgeQueueCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { vi } from 'vitest';
import { makeDeliveryStore } from '../../lib/adapters/deliveries-dynamodb.ts';
import { newDelivery } from '../../lib/delivery.ts';
import { jobIdOf, transitionEventId } from '../../lib/identity.ts';
import type { Stack } from '../../local/stack.ts';
import { anEvent } from '../fakes/webhook-world.ts';

const within = { timeout: 20_000, interval: 50 };
const NLB = { api: 'alibaba.nlb', account: 'default', region: 'cn-hangzhou', projectId: null };
const OUTAGE_MS = 16 * 60_000;

/** Endpoints by path: what each answers. */
const ANSWERS: Readonly<Record<string, number>> = { '/fine': 204, '/bad': 500, '/gone': 410 };

/**
 * Leads the packaged functions of a paused stack through everything that makes them call AWS in a way of its own: jobs that end, are refused, are stopped,
 * are told again and lose their messages; endpoints that answer, fail until nothing is left, and go away; every route of the API.
 */
export async function walkEveryPath(stack: Stack): Promise<void> {
  const { system, api } = stack;
  const endpoint = createServer(
    (request, response) => void response.writeHead(ANSWERS[request.url ?? ''] ?? 404).end(),
  );
  await new Promise<void>((resolve) => endpoint.listen(0, '127.0.0.1', resolve));
  const { port } = endpoint.address() as AddressInfo;
  const sqs = new SQSClient(system.clientSettings('sqs'));
  const dynamodb = new DynamoDBClient(system.clientSettings('dynamodb'));
  const table = system.outputs['DeliveriesTableName'] ?? '';
  const deliveries = makeDeliveryStore({ client: dynamodb, table, clock: Date.now });
  const toQueue = (output: string, body: unknown) =>
    sqs.send(new SendMessageCommand({ QueueUrl: system.outputs[output], MessageBody: JSON.stringify(body) }));

  /** Beyond what the client of the scripts can do. */
  const call = (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
    fetch(`${system.urls.api}/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${stack.token}`, 'content-type': 'application/json', ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  const subscribe = async (path: string, types: readonly string[]) => {
    const url = `http://127.0.0.1:${port}${path}`;
    return (await api.post<{ id: string }>('/subscriptions', { url, types })).id;
  };
  const stateOf = (subscription: string, eventId: string, state: string) =>
    vi.waitFor(async () => {
      const delivery = await deliveries.get(subscription, eventId);
      if (delivery?.state !== state) throw new Error(`${eventId} is ${JSON.stringify(delivery)}`);
    }, within);
  /** A record without a message: as it is left by a worker that dies between the two. */
  const enter = async (subscription: string, id: string, attempts = 0) => {
    const event = anEvent({ id });
    const fresh = newDelivery(subscription, event, JSON.stringify(event), new Date().toISOString());
    await deliveries.put({ ...fresh, attempts, earlierAttempts: attempts });
  };

  try {
    const fine = await subscribe('/fine', ['jobwatch.*']);
    const bad = await subscribe('/bad', ['jobwatch.test']);
    const gone = await subscribe('/gone', ['jobwatch.test']);
    const deleted = await subscribe('/fine', ['jobwatch.test']);

    // watch: four kinds of message, one of them of a job whose event is entered already.
    const jobId = 'nlb-1';
    const ended = transitionEventId(jobIdOf({ ...NLB, jobId }), 1);
    await enter(fine, ended);
    const message = { api: NLB.api, region: NLB.region, jobId };
    await toQueue('PendingQueueUrl', message);
    await toQueue('PendingQueueUrl', { ...message, jobId: 'nlb-2', correlationId: 'c-2' });
    await toQueue('PendingQueueUrl', { ...message, jobID: 'typo' });
    await toQueue('PendingQueueUrl', { ...message, jobId: 'x', account: 'nobody' });
    // deliver: a success that drops an old attempt, failures to the last, an endpoint that goes away, one that is gone already.
    for (const [id, event, attempts] of [
      [fine, 'evt_old', 25],
      [bad, 'evt_bad', 0],
      [gone, 'evt_gone', 0],
      [deleted, 'evt_deleted', 0],
    ] as const) {
      await enter(id, event, attempts);
      await toQueue('DeliveriesQueueUrl', { subscription: id, eventId: event, round: 0 });
    }
    await call('DELETE', `/subscriptions/${deleted}`);
    system.resume('watch', 'deliver');
    await Promise.all([
      stateOf(fine, ended, 'delivered'),
      stateOf(fine, transitionEventId(jobIdOf({ ...NLB, jobId: 'nlb-2' }), 1), 'delivered'),
      stateOf(fine, 'evt_old', 'delivered'),
      stateOf(bad, 'evt_bad', 'exhausted'),
      stateOf(gone, 'evt_gone', 'canceled'),
      stateOf(deleted, 'evt_deleted', 'canceled'),
    ]);
    // Told again to who has it: the disabling of `/gone`.
    await enter(gone, 'evt_late');
    await toQueue('DeliveriesQueueUrl', { subscription: gone, eventId: 'evt_late', round: 0 });
    await stateOf(gone, 'evt_late', 'canceled');

    // api: every route.
    const id = jobIdOf({ ...NLB, jobId });
    await call('POST', '/jobs', { ...message, jobId: 'stopped' });
    await call('POST', `/jobs/${jobIdOf({ ...NLB, jobId: 'stopped' })}/stop`);
    await call('POST', '/jobs', { jobs: [{ ...message, jobId: 'another' }] });
    await call('POST', '/subscriptions', { url: `http://127.0.0.1:${port}/fine` }, { 'idempotency-key': 'once' });
    for (const path of [
      '/jobs?limit=100',
      '/jobs?phase=succeeded',
      `/jobs/${id}`,
      '/durations',
      '/health',
      '/openapi.json',
      '/subscriptions',
    ])
      await call('GET', path);
    await call('GET', `/subscriptions/${fine}`);
    await call('PATCH', `/subscriptions/${fine}`, { description: 'fine' });
    for (const action of ['test', 'rotate-secret', 'redeliver'])
      await call(
        'POST',
        `/subscriptions/${fine}/${action}`,
        action === 'redeliver' ? { since: '2020-01-01T00:00:00Z' } : {},
      );
    await call('POST', `/subscriptions/${gone}/enable`, {});
    await call('GET', `/subscriptions/${fine}/deliveries`);
    await call('POST', `/subscriptions/${fine}/deliveries/evt_old/redeliver`, {});

    // reconcile: a job and a delivery whose messages are lost, a delivery of a disabled endpoint.
    await system.pause('watch', 'deliver');
    await call('PATCH', `/subscriptions/${bad}`, { state: 'disabled' });
    await enter(bad, 'evt_disabled');
    await enter(fine, 'evt_lost');
    await call('POST', '/jobs', { ...message, jobId: 'forgotten' });
    await sqs.send(new PurgeQueueCommand({ QueueUrl: system.outputs['PendingQueueUrl'] }));
    await system.skip(OUTAGE_MS);
    const pass = await system.invoke('reconcile');
    if (!pass.ok) throw new Error(`reconcile failed: ${JSON.stringify(pass)}`);
  } finally {
    sqs.destroy();
    dynamodb.destroy();
    await new Promise((resolve) => endpoint.close(resolve));
  }
}

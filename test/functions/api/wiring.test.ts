import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { CreateQueueCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { apiFunction } from '../../../functions/api/wiring.ts';
import { makeReadParameter, type ReadParameter } from '../../../lib/adapters/aws/parameter.ts';
import type { SignedCall } from '../../../lib/adapters/aws/signed-call.ts';
import { makeReadTokens } from '../../../lib/adapters/aws/tokens.ts';
import { makeDurationStore } from '../../../lib/adapters/dynamodb/durations.ts';
import { makeEmptyDaysStore } from '../../../lib/adapters/dynamodb/empty-days.ts';
import { PRIOR_RATES } from '../../../lib/cadence/hazard.ts';
import { weightsOf } from '../../../lib/cadence/weights.ts';
import type { CallbackKind } from '../../../lib/job/callbacks.ts';
import { makeParameterStore } from '../../../local/engines/parameters.ts';
import { type Engine as Server, startSqs } from '../../../local/engines/sqs.ts';
import { startSsm } from '../../../local/engines/ssm.ts';
import { signedCallTo } from '../../adapters/aws/aws-calls.ts';
import { type Engine, startDynalite } from '../../engine/dynamodb.ts';
import { MESSAGE } from '../../fakes/api-world.ts';
import { START_MS } from '../../fakes/clock.ts';
import { fakeTokens, TOKENS } from '../../fakes/tokens.ts';

/**
 * The function as it is wired, on engines that speak the protocols of AWS: what fakes can't show is whether the parts
 * fit.
 */

const TABLES = [
  {
    name: 'jobs',
    indexes: [
      { name: 'open', partition: 'openShard', sort: 'nextPollAt' },
      { name: 'day', partition: 'createdDay', sort: 'createdAt' },
    ],
  },
  {
    name: 'deliveries',
    indexes: [
      { name: 'bySubscription', partition: 'subscription', sort: 'createdAt' },
      { name: 'waiting', partition: 'waitingFor', sort: 'nextAttemptAt' },
    ],
  },
  ...['subscriptions', 'secrets', 'durations', 'state'].map((name) => ({ name, indexes: [] })),
];
const CREDENTIALS = { region: 'eu-central-1', credentials: { accessKeyId: 'test', secretAccessKey: 'test' } };
const PARAMETER = '/jobwatch/test/api-tokens';

const parameters = makeParameterStore(Date.now);
let dynamo: Engine;
let servers: readonly Server[] = [];
let clients: { dynamodb: DynamoDBClient; sqs: SQSClient; readParameter: ReadParameter; call: SignedCall };
let pendingUrl = '';
let handler: ReturnType<typeof apiFunction>;

beforeAll(async () => {
  dynamo = await startDynalite(TABLES);
  const [sqsServer, ssmServer] = await Promise.all([startSqs({ env: {} }), startSsm(parameters)]);
  servers = [sqsServer, ssmServer];
  const sqs = new SQSClient({ ...CREDENTIALS, endpoint: sqsServer.url });
  clients = {
    dynamodb: dynamo.client,
    sqs,
    readParameter: makeReadParameter(signedCallTo(ssmServer.url)),
    call: signedCallTo(ssmServer.url),
  };
  const urlOf = async (name: string) => (await sqs.send(new CreateQueueCommand({ QueueName: name }))).QueueUrl ?? '';
  pendingUrl = await urlOf('pending');
  const [rejectedUrl, deliveriesUrl, deadUrl] = await Promise.all(['rejected', 'deliveries', 'dead'].map(urlOf));
  parameters.put(PARAMETER, JSON.stringify(fakeTokens().entries));
  const environment = {
    STAGE: 'test',
    PENDING_QUEUE_URL: pendingUrl,
    REJECTED_QUEUE_URL: rejectedUrl ?? '',
    DELIVERIES_QUEUE_URL: deliveriesUrl ?? '',
    DEAD_DELIVERIES_QUEUE_URL: deadUrl ?? '',
    JOBS_TABLE: 'jobs',
    GROUPS_TABLE: 'groups',
    SUBSCRIPTIONS_TABLE: 'subscriptions',
    SECRETS_TABLE: 'secrets',
    DELIVERIES_TABLE: 'deliveries',
    DURATIONS_TABLE: 'durations',
    STATE_TABLE: 'state',
    CALLBACK_KINDS: new Set<CallbackKind>(),
    EVENT_BUS_ARN: null,
    WEBHOOK_TIMEOUT_MS: 1000,
    WEBHOOK_ALLOWED_CIDRS: ['127.0.0.1/32'],
    CONSOLE_URL: '',
  };
  handler = apiFunction(environment, clients, {
    clock: Date.now,
    random: Math.random,
    sleep: async () => undefined,
    consoleFiles: [],
    randomBytes: (size) => crypto.getRandomValues(new Uint8Array(size)),
  });
});

afterAll(async () => {
  clients.sqs.destroy();
  await Promise.all([dynamo.stop(), ...servers.map((server) => server.close())]);
});

async function request(method: string, rawPath: string, body?: unknown) {
  const { statusCode, body: text } = await handler({
    rawPath: rawPath.split('?')[0],
    rawQueryString: rawPath.split('?')[1] ?? '',
    headers: { authorization: `Bearer ${TOKENS.all}` },
    requestContext: { requestId: 'r', http: { method } },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: statusCode, body: text === '' ? null : JSON.parse(text) };
}

async function received() {
  const command = new ReceiveMessageCommand({
    QueueUrl: pendingUrl,
    MaxNumberOfMessages: 10,
    MessageAttributeNames: ['All'],
  });
  const { Messages = [] } = await clients.sqs.send(command);
  return Messages.map(({ Body, MessageAttributes }) => ({
    jobId: String(JSON.parse(Body ?? '{}').jobId),
    reattach: MessageAttributes?.['reattach']?.StringValue ?? null,
  }));
}

test('which days are empty is kept for the next cold start', async () => {
  expect((await request('GET', '/v1/jobs')).status).toBe(200);
  const store = makeEmptyDaysStore(clients.dynamodb, 'state');
  const days = await store.load();
  expect(days.length).toBeGreaterThan(110);
  await store.save(days.slice(1));
  expect(await store.load()).toEqual(days.slice(1));
});

test('jobs are taken, listed in pages, found by filters, and stopped', async () => {
  const submitted = await request('POST', '/v1/jobs', {
    jobs: [MESSAGE, { ...MESSAGE, jobId: 'j-2' }, { ...MESSAGE, jobId: 'j-3' }],
  });
  expect(submitted).toMatchObject({ status: 202, body: { rejected: [] } });
  expect((await received()).map(({ jobId }) => jobId).sort()).toEqual(['j-1', 'j-2', 'j-3']);
  const first = await request('GET', '/v1/jobs?limit=2');
  const rest = await request('GET', `/v1/jobs?limit=2&cursor=${first.body.nextCursor}`);
  const all = [...first.body.jobs, ...rest.body.jobs].map(({ jobId }: { jobId: string }) => jobId);
  expect(all.sort()).toEqual(['j-1', 'j-2', 'j-3']);
  expect(rest.body.nextCursor).toBeUndefined();
  const found = await request('GET', '/v1/jobs?jobId=j-2');
  const [{ id }] = found.body.jobs;
  expect((await request('POST', `/v1/jobs/${id}/stop`)).body).toMatchObject({
    jobId: 'j-2',
    phase: 'stopped',
    seq: 1,
    notifiedSeq: 0,
  });
  expect(await received()).toEqual([{ jobId: 'j-2', reattach: id }]);
});

test('subscriptions are made, changed, tested against an address that does not answer, and removed', async () => {
  const { status, body } = await request('POST', '/v1/subscriptions', { url: 'https://10.0.0.1/hook' });
  expect([status, body.errors[0].field]).toEqual([400, 'url']);
  const made = await request('POST', '/v1/subscriptions', {
    url: 'http://127.0.0.1:1/hook',
    filter: { api: 'huawei.elb.v1' },
  });
  expect(made.status).toBe(201);
  const path = `/v1/subscriptions/${made.body.id}`;
  expect((await request('PATCH', path, { description: 'other' })).body).toMatchObject({
    description: 'other',
    filter: { api: 'huawei.elb.v1' },
  });
  expect((await request('POST', `${path}/rotate-secret`)).body.secret).toMatch(/^whsec_/);
  expect((await request('POST', `${path}/test`)).body).toMatchObject({
    status: null,
    answer: '',
    error: expect.any(String),
  });
  expect((await request('GET', `${path}/deliveries`)).body).toEqual({ deliveries: [] });
  expect((await request('POST', `${path}/redeliver`, { since: '2026-01-01T00:00:00Z' })).body).toEqual({
    redelivered: 0,
    failed: 0,
  });
  expect((await request('DELETE', path)).status).toBe(204);
  expect((await request('GET', '/v1/subscriptions')).body).toEqual({ subscriptions: [] });
});

test('durations and health are read from their tables and queues', async () => {
  expect((await request('GET', '/v1/durations')).body).toEqual({ durations: [] });
  const store = makeDurationStore({
    client: clients.dynamodb,
    table: 'durations',
    clock: () => START_MS,
    log: console,
  });
  const kind = { api: 'alibaba.nlb', operation: 'Create', region: 'eu-1' };
  for (const seconds of [40, 40, 90]) {
    const lifetime = { kind: 'ended', fromSeconds: seconds, toSeconds: seconds } as const;
    await store.learn(kind, weightsOf(lifetime, { rates: PRIOR_RATES, lean: 0 }));
  }
  await store.flush();
  const [learned] = (await request('GET', '/v1/durations')).body.durations;
  expect(learned).toMatchObject({ api: 'alibaba.nlb', operation: 'Create', count: 3 });
  expect([learned.p50Seconds, learned.p99Seconds].map((seconds) => Math.round(seconds / 10))).toEqual([4, 9]);
  expect(learned.histogram.map(({ share }: { share: number }) => Math.round(share * 100))).toEqual([67, 33]);
  const { status, body } = await request('GET', '/v1/health');
  expect(status).toBe(200);
  expect(body).toMatchObject({ status: 'unknown', lastTickAt: null, deniedAccounts: [] });
  expect(Object.keys(body.queues)).toEqual(['pending', 'rejected', 'deliveries', 'deadDeliveries']);
});

test('the list of tokens is found, absent, or not to be had', async () => {
  const read = makeReadTokens(clients.readParameter, 'test');
  expect(await read()).toEqual({ kind: 'found', text: parameters.get(PARAMETER)?.value });
  expect(await makeReadTokens(clients.readParameter, 'other')()).toMatchObject({
    kind: 'absent',
    reason: expect.stringContaining('/jobwatch/other/api-tokens'),
  });
  const nowhere = makeReadParameter(signedCallTo('http://127.0.0.1:1'));
  expect(await makeReadTokens(nowhere, 'test')()).toMatchObject({ kind: 'unavailable' });
});

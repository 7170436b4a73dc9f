import { GetItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import {
  CreateQueueCommand,
  PurgeQueueCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { WatchEnvironment } from '../../../functions/watch/environment.ts';
import { watchFunction } from '../../../functions/watch/wiring.ts';
import { type Engine as Server, startSqs } from '../../../local/engines/sqs.ts';
import type { Simulator } from '../../../local/simulator/simulator.ts';
import { startSimulator } from '../../../local/simulator/start.ts';
import { type Engine, startDynalite } from '../../engine/dynamodb.ts';

/**
 * Goal: the function as it is wired does its part of a tick. Method: engines that speak the protocols of AWS, a vendor
 * whose list has several pages, and sleeps that take no time but are noted: between two pages a worker waits for its
 * part of the pace.
 */
/** Of a pace of seven calls a second no wait is whole milliseconds: those for anything else, counted by the clock, are. */
const CALLS_PER_SECOND = 7;
const ALONE_MS = 1000 / CALLS_PER_SECOND;
const SHARED_MS = 4000 / CALLS_PER_SECOND;
const WATCH_SECONDS = 1;
const projectId = 'project';
const CREDENTIALS = { region: 'eu-central-1', credentials: { accessKeyId: 'test', secretAccessKey: 'test' } };
const KEYS = { vendor: 'huawei', accessKeyId: 'AK', accessKeySecret: 'secret' } as const;
const TABLES = [
  { name: 'jobs', indexes: [{ name: 'open', partition: 'openShard', sort: 'nextPollAt' }] },
  { name: 'deliveries', indexes: [{ name: 'waiting', partition: 'waitingFor', sort: 'nextAttemptAt' }] },
  ...['subscriptions', 'durations', 'state'].map((name) => ({ name, indexes: [] })),
];

let dynamo: Engine;
let server: Server;
let sqs: SQSClient;
let simulator: Simulator;
let environment: WatchEnvironment;
let skippedMs = 0;
let sleeps: number[] = [];
let invoked: unknown[] = [];

/** Time goes on by itself, and by every sleep at once. */
const clock = () => Date.now() + skippedMs;

beforeAll(async () => {
  [dynamo, server, simulator] = await Promise.all([
    startDynalite(TABLES),
    startSqs({ env: {} }),
    startSimulator({ clock }),
  ]);
  sqs = new SQSClient({ ...CREDENTIALS, endpoint: server.url });
  const urls = await Promise.all(
    ['pending', 'rejected', 'deliveries'].map(
      async (QueueName) => (await sqs.send(new CreateQueueCommand({ QueueName }))).QueueUrl ?? '',
    ),
  );
  simulator.setCredential(KEYS);
  environment = {
    STAGE: 'test',
    PENDING_QUEUE_URL: urls[0] ?? '',
    REJECTED_QUEUE_URL: urls[1] ?? '',
    DELIVERIES_QUEUE_URL: urls[2] ?? '',
    JOBS_TABLE: 'jobs',
    GROUPS_TABLE: 'groups',
    SUBSCRIPTIONS_TABLE: 'subscriptions',
    DELIVERIES_TABLE: 'deliveries',
    DURATIONS_TABLE: 'durations',
    STATE_TABLE: 'state',
    SECRETS_TABLE: 'secrets',
    CALLBACK_KINDS: new Set(),
    WATCH_SECONDS,
    POLL_MIN_SECONDS: 1,
    POLL_MAX_SECONDS: 300,
    POLL_COST_SECONDS: 0.5,
    SCOPE_CALLS_PER_SECOND: CALLS_PER_SECOND,
    VENDOR_TIMEOUT_MS: 5000,
    MAX_WORKERS: 4,
    WAKE: 'off',
  };
});

beforeEach(async () => {
  [sleeps, invoked] = [[], []];
  await sqs.send(new PurgeQueueCommand({ QueueUrl: environment.PENDING_QUEUE_URL }));
});

afterAll(async () => {
  sqs.destroy();
  await Promise.all([dynamo.stop(), server.close(), simulator.close()]);
});

function aWorker(overrides: Partial<WatchEnvironment> = {}) {
  const account = JSON.stringify({ ...KEYS, endpoints: { 'huawei.elb.v3': simulator.url } });
  const clients = {
    sqs,
    dynamodb: dynamo.client,
    call: async () => ({ error: 'nobody is called', status: null, failure: null, body: '' }),
    readParameters: async (names: readonly string[]) =>
      new Map(names.map((name) => [name, { value: account, version: '1' }])),
    invokeSelf: async (event: unknown) => {
      invoked.push(event);
      return null;
    },
  };
  const sleep = async (ms: number) => {
    sleeps.push(ms);
    // A bound on something that always answers here.
    if (ms > 10_000) return new Promise<void>(() => undefined);
    skippedMs += Math.ceil(ms);
  };
  let nonces = 0;
  const nonce = () => `${++nonces}`;
  const runtime = { clock, mono: clock, random: () => 0.5, nonce, sleep };
  const handler = watchFunction({ ...environment, ...overrides }, clients, runtime);
  return (event: unknown) => handler(event, { getRemainingTimeInMillis: () => 70_000 });
}

/** Due jobs, among others that fill so many pages of the vendor's list. */
async function fill(
  name: string,
  { jobs, pages, ageSeconds = 3600 }: { jobs: number; pages: number; ageSeconds?: number },
): Promise<void> {
  const project = `${projectId}-${name}`;
  const add = (jobId: string) =>
    simulator.addJob({ api: 'huawei.elb.v3', projectId: project, jobId, steps: [{ status: 'COMPLETE' }] });
  const submittedAt = new Date(clock() - ageSeconds * 1000).toISOString();
  const bodies = Array.from({ length: jobs }, (_, index) => {
    const jobId = `${name}-${index % 2 === 0 ? 'a' : 'z'}-${index}`;
    add(jobId);
    return JSON.stringify({ api: 'huawei.elb.v3', region: 'eu-r1', projectId: project, jobId, submittedAt });
  });
  // The list is in the order of the ids: some of the watched stand at its end.
  for (let index = 0; index < pages * 100 - jobs; index++) add(`${name}-other-${index}`);
  for (let start = 0; start < bodies.length; start += 10) {
    const Entries = bodies.slice(start, start + 10).map((MessageBody, id) => ({ Id: String(id), MessageBody }));
    await sqs.send(new SendMessageBatchCommand({ QueueUrl: environment.PENDING_QUEUE_URL, Entries }));
  }
}

async function isUntouched(): Promise<boolean> {
  const command = new ReceiveMessageCommand({ QueueUrl: environment.PENDING_QUEUE_URL });
  return ((await sqs.send(command)).Messages ?? []).length > 0;
}

/** As it is stored. */
async function lastTick() {
  const command = new GetItemCommand({ TableName: 'state', Key: { id: { S: 'tick' } } });
  const { Item } = await dynamo.client.send(command);
  return Item === undefined ? null : unmarshall(Item);
}

/** Jobs that have ended, as the table `durations` tells. */
async function learnedJobs(): Promise<number> {
  const { Items = [] } = await dynamo.client.send(new ScanCommand({ TableName: 'durations' }));
  return Items.reduce((total, { count }) => total + Number(count?.N), 0);
}

/** The waits between pages. */
const paces = () => sleeps.filter((ms) => [ALONE_MS, SHARED_MS].includes(ms));
const aShift = () => ({ worker: 2, of: 4, untilMs: clock() + 50_000, deadlineMs: clock() + 70_000 });

describe('the function watch', { timeout: 60_000 }, () => {
  it('of a queue that one worker can do works alone, at the whole pace', async () => {
    await fill('alone', { jobs: 20, pages: 20, ageSeconds: 60 });
    expect(await aWorker()({ source: 'aws.scheduler' })).toMatchObject({ messages: 20, calls: 1, faults: 0 });
    expect(invoked).toEqual([]);
    expect(new Set(paces())).toEqual(new Set([ALONE_MS]));
    expect(await lastTick()).toMatchObject({ messages: 20, calls: 1 });
    expect(await learnedJobs()).toBe(20);
  });

  it('of a longer queue starts siblings, and takes no more than its part of the pace', async () => {
    await fill('crowd', { jobs: 121, pages: 5 });
    const beganMs = clock();
    expect(await aWorker()({ source: 'aws.scheduler' })).toMatchObject({ faults: 0 });
    expect(invoked).toMatchObject([
      { worker: 2, of: 4 },
      { worker: 3, of: 4 },
      { worker: 4, of: 4 },
    ]);
    const { untilMs } = invoked[0] as { untilMs: number };
    expect(untilMs).toBeGreaterThanOrEqual(beganMs + WATCH_SECONDS * 1000);
    expect(new Set(paces())).toEqual(new Set([SHARED_MS]));
  });

  it('as a sibling has the same part and leaves the health to the tick; in its own tick it has the whole pace', async () => {
    const before = await lastTick();
    const worker = aWorker();
    await fill('sibling', { jobs: 121, pages: 5 });
    expect(await worker(aShift())).toMatchObject({ faults: 0 });
    expect(invoked).toEqual([]);
    expect(new Set(paces())).toEqual(new Set([SHARED_MS]));
    expect(await lastTick()).toEqual(before);
    sleeps = [];
    await fill('again', { jobs: 20, pages: 20 });
    await worker({ source: 'aws.scheduler' });
    expect(new Set(paces())).toEqual(new Set([ALONE_MS]));
  });

  it('begins nothing when the tick that started it has no time left for a call', async () => {
    await fill('late', { jobs: 1, pages: 1 });
    const report = await aWorker()({ ...aShift(), deadlineMs: clock() + 13_000 });
    expect(report).toMatchObject({ messages: 0, calls: 0 });
    expect(await isUntouched()).toBe(true);
  });

  it('that may have one worker starts none, however long the queue is', async () => {
    await fill('single', { jobs: 121, pages: 20 });
    await aWorker({ MAX_WORKERS: 1 })({ source: 'aws.scheduler' });
    expect(invoked).toEqual([]);
    expect(new Set(paces())).toEqual(new Set([ALONE_MS]));
  });

  it.each([
    ['malformed', { worker: 9 }],
    ['too late', { worker: 2, of: 4, untilMs: 1000, deadlineMs: 1000 }],
  ])('does nothing with a %s event', async (name, event) => {
    await fill(name.replace(' ', '-'), { jobs: 1, pages: 1 });
    expect(await aWorker()(event)).toBeNull();
    expect(await isUntouched()).toBe(true);
  });
});

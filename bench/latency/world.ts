import { setTimeout as sleep } from 'node:timers/promises';
import { BatchWriteItemCommand, type DynamoDBClient, paginateScan } from '@aws-sdk/client-dynamodb';
import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { toMs } from '../../lib/base/time.ts';
import type { Weights } from '../../lib/cadence/counts.ts';
import { makeCleanup } from '../../local/cleanup.ts';
import { type Received, startReceiver } from '../../local/receiver.ts';
import { startSimulator } from '../../local/simulator/start.ts';
import { startStack } from '../../local/stack.ts';
import { teach } from '../../local/teach.ts';
import { OWN_CALL_SECONDS } from '../delay/jobwatch.ts';
import { learnFrom } from '../delay/learn.ts';
import { clientsOf } from '../throughput/clients.ts';
import { type Configuration, lawOf } from './configurations.ts';
import type { Told } from './stages.ts';

const API = 'alibaba.nlb';
/** Of the job that never ends: a scope of its own, so that it shares no call with the others. */
const BUSY_API = 'alibaba.alb';
const REGION = 'eu-central-1';
const KEYS = { accessKeyId: 'AK', accessKeySecret: 'secret' };
const LOST_AFTER_MS = 240_000;
const CHECK_EVERY_MS = 50;
const DELETES_AT_ONCE = 25;
const LEARNED_JOBS = 4000;

/** A deployment of its own: the packaged functions on engines of this machine, a vendor and a webhook. */
export interface LatencyWorld {
  /** The schedules and event sources begin. */
  begin(): void;
  submit(job: { jobId: string; seconds: number }): Promise<void>;
  /** Resolves when its end was told; throws after minutes. */
  untilTold(jobId: string): Promise<void>;
  /** All jobs that were told, with their stages. */
  read(): Promise<readonly Told[]>;
  /** The functions start cold, and nothing is known of any job. */
  forget(): Promise<void>;
  /** Requests and invocations count from now on. */
  countFromNow(): void;
  counts(): WorldCounts;
  close(): Promise<void>;
}

export interface WorldCounts {
  /** Calls to the vendor and answers about jobs, without those of the job that never ends. */
  readonly calls: number;
  readonly polls: number;
  /** Answers about any job. */
  readonly allPolls: number;
  /**
   * To the pending queue: receives of the event source that found something, and what the functions ask for but the
   * first receive of each tick, which is there on an idle stack as well.
   */
  readonly sqsRequests: number;
  /** Of `wake`. */
  readonly batches: number;
  /** Of `watch` and `wake`, as Lambda counts them. */
  readonly lambdaMs: { readonly watch: number; readonly wake: number };
}

type Parameters = Readonly<Record<string, string>>;

export async function startWorld(
  configuration: Configuration,
  seed: number,
  parameters: Parameters,
): Promise<LatencyWorld> {
  const cleanup = makeCleanup();
  try {
    return await start({ configuration, seed, parameters }, cleanup);
  } catch (error) {
    await cleanup.run();
    throw error;
  }
}

async function start(
  { configuration, seed, parameters }: { configuration: Configuration; seed: number; parameters: Parameters },
  cleanup: ReturnType<typeof makeCleanup>,
): Promise<LatencyWorld> {
  const simulator = await cleanup.owns(startSimulator({ scenario: { credentials: [{ vendor: 'alibaba', ...KEYS }] } }));
  const arrivals = new Map<string, Received>();
  const receiver = await cleanup.owns(
    startReceiver((delivery) => {
      const jobId = subjectOf(delivery.event);
      if (delivery.problem === null && !arrivals.has(jobId)) arrivals.set(jobId, delivery);
    }),
  );
  const endpoints = simulator.endpointsOf('alibaba');
  const invoked = countInvocations();
  const { system, api } = await startStack({
    wake: parameters['Wake'] === 'off' ? 'off' : 'on',
    onInvoked: invoked.add,
    accounts: { default: { vendor: 'alibaba', ...KEYS, endpoints } },
    paused: true,
    stackParameters: parameters,
    // What was at work when the functions were made cold is no news.
    onError: () => undefined,
  });
  await cleanup.owns(system);
  const { secret } = await api.post<{ secret: string }>('/subscriptions', {
    url: receiver.url,
    types: ['jobwatch.job.succeeded'],
  });
  receiver.trust(secret);
  if (configuration.known > 0)
    await teach(system, { api: API, operation: null, region: REGION }, learned(configuration, seed));

  const { sqs, dynamodb } = clientsOf(system.urls, 'bench');
  const pendingUrl = system.outputs['PendingQueueUrl'] ?? '';
  const ends = new Map<string, { endedMs: number; lastedSeconds: number }>();
  if (configuration.stack === 'busy') {
    simulator.addJob({ api: BUSY_API, jobId: 'never', steps: [{ status: 'Processing' }] });
    await send(sqs, pendingUrl, BUSY_API, 'never');
  }

  return {
    begin: () => system.resume(),
    countFromNow() {
      system.resetRequestCounts();
      invoked.reset();
      simulator.reset(['counters']);
    },
    async submit({ jobId, seconds }) {
      ends.set(jobId, { endedMs: Date.now() + seconds * 1000, lastedSeconds: seconds });
      const steps = [{ status: 'Processing', forSeconds: seconds }, { status: 'Succeeded' }];
      simulator.addJob({ api: API, jobId, steps });
      await send(sqs, pendingUrl, API, jobId);
    },
    async untilTold(jobId) {
      const untilMs = Date.now() + LOST_AFTER_MS;
      while (!arrivals.has(jobId)) {
        if (Date.now() > untilMs) throw new Error(`${jobId}: its end was not told within ${LOST_AFTER_MS / 1000} s.`);
        await sleep(CHECK_EVERY_MS);
      }
    },
    async read() {
      const recorded = await recordedAt(dynamodb, system.outputs['DeliveriesTableName'] ?? '');
      return [...arrivals].map(([jobId, { atMs, id, event }]) => {
        const end = ends.get(jobId);
        const recordedMs = recorded.get(id);
        if (end === undefined || recordedMs === undefined) throw new Error(`${jobId} was told and is not known.`);
        return { ...end, polledMs: observedAt(event), recordedMs, receivedMs: atMs };
      });
    },
    async forget() {
      await Promise.all(system.functions.filter(isWatcher).map((name) => system.kill(name)));
      await empty(dynamodb, system.outputs['DurationsTableName'] ?? '');
    },
    counts() {
      const { requests, polls } = simulator.counters();
      const outcomes = Object.values(requests[API] ?? {}).flatMap((action) => Object.values(action));
      const own = Object.entries(polls).filter(([key]) => key.startsWith(`${API}/`));
      const sqsRequests = Object.entries(system.requestCounts())
        .filter(([caller]) => isWatcher(caller))
        .flatMap(([, actions]) => Object.entries(actions))
        .filter(([action]) => PENDING_ACTIONS.test(action));
      const sum = (numbers: readonly number[]) => numbers.reduce((total, one) => total + one, 0);
      const [ticks, batches] = [invoked.of('watch'), invoked.of('wake')];
      return {
        calls: sum(outcomes),
        polls: sum(own.map(([, times]) => times)),
        allPolls: sum(Object.values(polls)),
        sqsRequests: sum(sqsRequests.map(([, times]) => times)) - ticks.times + batches.times,
        batches: batches.times,
        lambdaMs: { watch: ticks.ms, wake: batches.ms },
      };
    },
    close: cleanup.run,
  };
}

/** How often each function was invoked, and for how long altogether. */
function countInvocations() {
  const all = new Map<string, { times: number; ms: number }>();
  const of = (name: string) => all.get(name) ?? { times: 0, ms: 0 };
  return {
    of,
    add(name: string, ms: number) {
      const { times, ms: before } = of(name);
      all.set(name, { times: times + 1, ms: before + ms });
    },
    reset: () => all.clear(),
  };
}

/** The functions that poll vendors. A build may have only the first. */
function isWatcher(name: string): boolean {
  return name === 'watch' || name === 'wake';
}

const PENDING_ACTIONS = /^sqs:(ReceiveMessage|ChangeMessageVisibility|DeleteMessage)/;

/** What jobs of the law teach that were watched with what was known by then. */
function learned(configuration: Configuration, seed: number): Weights[] {
  const law = lawOf(configuration, LEARNED_JOBS);
  const jobs: Weights[] = [];
  learnFrom({ name: law.name, at: () => law }, configuration.known, {
    callSeconds: OWN_CALL_SECONDS,
    evidence: 'polled',
    seed,
    onLearned: (job) => jobs.push(job),
  });
  return jobs;
}

async function send(sqs: SQSClient, QueueUrl: string, api: string, jobId: string): Promise<void> {
  await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: JSON.stringify({ api, region: REGION, jobId }) }));
}

interface JobEvent {
  readonly subject: string;
  readonly data: { readonly timing: { readonly observedAt: string } };
}

function subjectOf(event: unknown): string {
  return (event as JobEvent | null)?.subject ?? '';
}

function observedAt(event: unknown): number {
  return toMs((event as JobEvent).data.timing.observedAt);
}

/** Event id → when its delivery's record was made. */
async function recordedAt(client: DynamoDBClient, TableName: string): Promise<ReadonlyMap<string, number>> {
  const times = new Map<string, number>();
  for await (const { Items = [] } of paginateScan({ client }, { TableName })) {
    for (const { eventId, createdAt } of Items)
      if (eventId?.S !== undefined && createdAt?.S !== undefined) times.set(eventId.S, toMs(createdAt.S));
  }
  return times;
}

async function empty(client: DynamoDBClient, table: string): Promise<void> {
  for await (const { Items = [] } of paginateScan({ client }, { TableName: table, ProjectionExpression: 'id' })) {
    for (let at = 0; at < Items.length; at += DELETES_AT_ONCE) {
      const requests = Items.slice(at, at + DELETES_AT_ONCE).map((Key) => ({ DeleteRequest: { Key } }));
      await client.send(new BatchWriteItemCommand({ RequestItems: { [table]: requests } }));
    }
  }
}

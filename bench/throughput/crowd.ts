import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SendMessageBatchCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { makeJobStore } from '../../lib/adapters/dynamodb/jobs.ts';
import { makeSend } from '../../lib/adapters/http/send.ts';
import { toIso } from '../../lib/base/time.ts';
import { jobIdOf } from '../../lib/job/identity.ts';
import { type Job, newJob } from '../../lib/job/job.ts';
import { NO_DETAIL } from '../../lib/job/observation.ts';
import { transition } from '../../lib/job/transition.ts';
import { makeVendors } from '../../lib/vendors/registry.ts';
import type { Simulator } from '../../local/simulator/simulator.ts';
import { aReading } from '../../test/fakes/reading.ts';

export const SCOPES = 20;
export const REGION = 'eu-central-1';
const AGE_MS = 2 * 3_600_000;
const MINUTE_MS = 60_000;
const KEYS = { accessKeySecret: 'secret' };

/** What one poll of every job has to do. */
export interface Kind {
  readonly name: 'first' | 'unchanged' | 'saved' | 'ended';
  readonly about: string;
}

export const KINDS: readonly Kind[] = [
  { name: 'first', about: 'first poll: a record is made, the job is found at work, that is written and told' },
  {
    name: 'unchanged',
    about: 'later poll, nothing has changed: nothing is written. The process has polled the job before',
  },
  { name: 'saved', about: 'later poll, nothing has changed, and the record has to say that time has passed' },
  { name: 'ended', about: 'last poll: the end is written, told, learned from, and the message deleted' },
];

export interface CrowdJob {
  /** The record's. */
  readonly id: string;
  readonly api: string;
  readonly account: string;
  readonly region: string;
  readonly projectId: null;
  readonly jobId: string;
}

/** Jobs of twenty scopes by turns: ten of NLB, ten of ALB, each with an account of its own. */
export function makeCrowd(count: number, prefix: string): CrowdJob[] {
  return Array.from({ length: count }, (_, index) => {
    const scope = index % SCOPES;
    const api: string = scope < SCOPES / 2 ? 'alibaba.nlb' : 'alibaba.alb';
    const identity = { api, account: `scope${scope}`, region: REGION, projectId: null, jobId: `${prefix}-${index}` };
    return { id: jobIdOf(identity), ...identity };
  });
}

export function credentials() {
  return Array.from({ length: SCOPES }, (_, scope) => ({
    vendor: 'alibaba' as const,
    accessKeyId: `AK${scope}`,
    ...KEYS,
  }));
}

export function accountsAt(url: string) {
  const endpoints = { 'alibaba.nlb': url, 'alibaba.alb': url };
  return Object.fromEntries(credentials().map((keys, scope) => [`scope${scope}`, { ...keys, endpoints }]));
}

/** The vendors know the jobs, and the queue holds a message for each. Answers the ids of the messages. */
export async function submit(
  simulator: Simulator,
  sqs: SQSClient,
  queueUrl: string,
  jobs: readonly CrowdJob[],
  status: string,
): Promise<string[]> {
  const submittedAt = toIso(Date.now() - AGE_MS);
  for (const { api, jobId } of jobs) simulator.addJob({ api, jobId, steps: [{ status }] });
  const batches = Array.from({ length: Math.ceil(jobs.length / 10) }, (_, index) =>
    jobs.slice(index * 10, index * 10 + 10),
  );
  const ids: string[] = [];
  await inTurns(batches, 4, async (batch, index) => {
    const Entries = batch.map(({ api, account, region, jobId }, at) => ({
      Id: String(at),
      MessageBody: JSON.stringify({ api, account, region, jobId, submittedAt }),
    }));
    const { Successful = [] } = await sqs.send(new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries }));
    for (const { Id, MessageId } of Successful) ids[index * 10 + Number(Id)] = MessageId ?? '';
  });
  return ids;
}

/**
 * Records of jobs at work, each watched by its message and due at that time. Of an `unchanged` poll nothing may be
 * worth a write; of a `saved` one, that time has passed.
 */
export async function writeRecords(
  settings: { dynamodb: DynamoDBClient; table: string },
  jobs: readonly CrowdJob[],
  owners: readonly string[],
  { kind, dueMs }: { kind: Kind['name']; dueMs: number },
): Promise<void> {
  const store = makeJobStore({ ...aReading(), client: settings.dynamodb, table: settings.table, clock: Date.now });
  const send = makeSend({ timeoutMs: 1000, maxBytes: 1000 });
  const vendors = makeVendors({ send, clock: Date.now, nonce: () => 'n' });
  const nextPollAt = toIso(dueMs);
  const checkBy = kind === 'unchanged' ? toIso(dueMs + AGE_MS) : nextPollAt;
  const times = { nextPollAt, checkBy, savedAt: toIso(dueMs - 2 * MINUTE_MS) };
  await inTurns(jobs, 32, async (crowdJob, index) => {
    const record = { ...recordOf(crowdJob, owners[index] ?? '', vendors), ...times };
    if ((await store.create(record)) === 'conflict') throw new Error(`${record.id} was there already.`);
  });
}

function recordOf({ id: _, ...identity }: CrowdJob, owner: string, vendors: ReturnType<typeof makeVendors>): Job {
  const nowMs = Date.now();
  const vendor = vendors.get(identity.api);
  if (vendor === undefined) throw new Error(`There is no vendor for the api ${identity.api}.`);
  const message = {
    ...identity,
    submittedAt: toIso(nowMs - AGE_MS),
    timeoutSeconds: 86_400,
    notFoundGraceSeconds: 120,
    labels: {},
    group: null,
    correlationId: null,
    traceparent: null,
  };
  const fresh = newJob(message, { sentMs: nowMs, nowMs, owner });
  const detail = { ...NO_DETAIL, operation: 'CreateLoadBalancer' };
  const { job } = transition(fresh, { kind: 'status', word: 'Processing', detail }, vendor.judge, nowMs);
  return { ...job, notifiedSeq: job.seq };
}

/** So many at a time. */
export async function inTurns<Item>(
  items: readonly Item[],
  lanes: number,
  work: (item: Item, index: number) => Promise<unknown>,
): Promise<void> {
  const left = items.entries();
  const lane = async () => {
    for (const [index, item] of left) await work(item, index);
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}

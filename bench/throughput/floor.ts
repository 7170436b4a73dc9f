import {
  type AttributeValue,
  BatchGetItemCommand,
  GetItemCommand,
  PutItemCommand,
  ScanCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  type Message,
  ReceiveMessageCommand,
} from '@aws-sdk/client-sqs';
import { STAMP } from '../../lib/adapters/dynamodb/known-jobs.ts';
import type { AlibabaAccount } from '../../lib/vendors/alibaba/account.ts';
import { serveProgram } from './child.ts';
import { clientsOf, type Places } from './clients.ts';
import type { CrowdJob } from './crowd.ts';
import { inTurns } from './crowd.ts';
import { poller } from './vendor-client.ts';

/**
 * The floor under `watch`: the same requests in the same numbers, with the same clients and about the same bodies, in
 * rounds of the same size; nothing is parsed or decided. Several rounds are under way at a time, as in a
 * tick.
 */
export interface FloorTask {
  readonly places: Places;
  readonly jobs: readonly CrowdJob[];
  /** A record as `watch` has left it. */
  readonly item: Readonly<Record<string, AttributeValue>>;
  /** Requests of one poll, by kind. */
  readonly requests: Readonly<Record<string, number>>;
  readonly accounts: Readonly<Record<string, AlibabaAccount>>;
  /** Everything is done once before it is measured, and records are read by their stamps. */
  readonly isKnown: boolean;
}

const ROUND_JOBS = 400;
const ROUNDS_AT_A_TIME = 3;
const RECEIVES_AT_A_TIME = 4;
/** A client has 50 connections. */
const REQUESTS_AT_A_TIME = 40;
const LEASE_SECONDS = 120;
const HIDE_SECONDS = 3600;
const BATCH_GET_MAX = 100;
const STAMPS = {
  ProjectionExpression: STAMP.map((name) => `#${name}`).join(', '),
  ExpressionAttributeNames: Object.fromEntries(STAMP.map((name) => [`#${name}`, name])),
};

if (process.send)
  serveProgram<FloorTask>(async (task) => {
    if (task.isKnown) await floor(task);
    return () => floor(task);
  });

async function floor({ places, jobs, item, requests, accounts, isKnown }: FloorTask): Promise<number> {
  const { sqs, dynamodb } = clientsOf(places.urls, 'floor');
  const poll = poller(accounts);
  const { jobsTable: TableName, pendingUrl: QueueUrl } = places;
  const rounds = Array.from({ length: Math.ceil(jobs.length / ROUND_JOBS) }, (_, round) =>
    jobs.slice(round * ROUND_JOBS, (round + 1) * ROUND_JOBS),
  );
  const made = makeUpdates(item, TableName);

  /** How many requests of the kind this round makes: what is broken adds up over the rounds. */
  const share = (kind: string, round: number): number => {
    const until = (done: number) => Math.round((requests[kind] ?? 0) * Math.min(done * ROUND_JOBS, jobs.length));
    return until(round + 1) - until(round);
  };
  const repeat = (times: number, work: (index: number) => Promise<unknown>) =>
    inTurns(Array.from({ length: times }), REQUESTS_AT_A_TIME, (_, index) => work(index));

  async function receive(times: number): Promise<Message[]> {
    const messages: Message[] = [];
    await inTurns(Array.from({ length: times }), RECEIVES_AT_A_TIME, async () => {
      const input = {
        QueueUrl,
        MaxNumberOfMessages: 10,
        VisibilityTimeout: LEASE_SECONDS,
        MessageAttributeNames: ['All'],
      };
      const answer = await sqs.send(
        new ReceiveMessageCommand({
          ...input,
          WaitTimeSeconds: 0,
          MessageSystemAttributeNames: ['SentTimestamp', 'ApproximateReceiveCount'],
        }),
      );
      messages.push(...(answer.Messages ?? []));
    });
    return messages;
  }

  async function askAll(round: number, crowd: readonly CrowdJob[]): Promise<void> {
    const scopes = [...Map.groupBy(crowd, ({ account }) => account).values()];
    for (const api of ['alibaba.nlb', 'alibaba.alb']) {
      const ofApi = scopes.filter(([first]) => first?.api === api);
      await repeat(share(`vendor:${api}`, round), (index) => poll((ofApi[index % ofApi.length] ?? []).slice(0, 20)));
    }
  }

  await inTurns(rounds, ROUNDS_AT_A_TIME, async (crowd, round) => {
    const count = (kind: string) => share(kind, round);
    const jobAt = (index: number) => crowd[index % crowd.length]?.id ?? '';
    const messages = await receive(count('sqs:ReceiveMessage'));
    const gets = count('dynamodb:BatchGetItem');
    const perGet = Math.min(BATCH_GET_MAX, Math.ceil(crowd.length / Math.max(gets, 1)));
    await repeat(gets, (index) => {
      const Keys = crowd.slice(index * perGet, (index + 1) * perGet).map(({ id }) => ({ id: { S: id } }));
      return dynamodb.send(
        new BatchGetItemCommand({
          RequestItems: {
            [TableName]: {
              Keys: Keys.length > 0 ? Keys : [{ id: { S: jobAt(index) } }],
              ConsistentRead: true,
              ...(isKnown ? STAMPS : {}),
            },
          },
        }),
      );
    });
    await repeat(count('dynamodb:GetItem'), (index) =>
      dynamodb.send(new GetItemCommand({ TableName, Key: { id: { S: jobAt(index) } }, ConsistentRead: true })),
    );
    await repeat(count('dynamodb:PutItem'), (index) =>
      dynamodb.send(new PutItemCommand({ TableName, Item: { ...item, id: { S: jobAt(index) } } })),
    );
    await askAll(round, crowd);
    const updates = count('dynamodb:UpdateItem');
    await repeat(Math.min(updates, crowd.length), (index) => dynamodb.send(made.whole(jobAt(index))));
    await repeat(count('dynamodb:Scan'), () =>
      dynamodb.send(new ScanCommand({ TableName: places.subscriptionsTable, ConsistentRead: true })),
    );
    await repeat(Math.max(updates - crowd.length, 0), (index) => dynamodb.send(made.small(jobAt(index))));
    const entries = messages.map(({ ReceiptHandle }, index) => ({ Id: String(index % 10), ReceiptHandle }));
    const settle = async (kind: string, send: (batch: typeof entries) => Promise<unknown>) => {
      const times = count(kind);
      const size = Math.min(10, Math.max(1, Math.ceil(entries.length / Math.max(times, 1))));
      await repeat(times, async (index) => {
        const batch = entries.slice(index * size, (index + 1) * size);
        if (batch.length > 0) await send(batch.map((entry, at) => ({ ...entry, Id: String(at) })));
      });
    };
    await settle('sqs:ChangeMessageVisibilityBatch', (Entries) =>
      sqs.send(
        new ChangeMessageVisibilityBatchCommand({
          QueueUrl,
          Entries: Entries.map((entry) => ({ ...entry, VisibilityTimeout: HIDE_SECONDS })),
        }),
      ),
    );
    await settle('sqs:DeleteMessageBatch', (Entries) => sqs.send(new DeleteMessageBatchCommand({ QueueUrl, Entries })));
  });
  return jobs.length;
}

/** A write of all fields, and one of a single number, each on a condition: made once but for the key. */
function makeUpdates({ id: _, ...fields }: FloorTask['item'], TableName: string) {
  const entries = Object.entries(fields);
  const whole = {
    TableName,
    UpdateExpression: `SET ${entries.map(([name]) => `#${name} = :${name}`).join(', ')}`,
    ConditionExpression: 'attribute_exists(id)',
    ExpressionAttributeNames: Object.fromEntries(entries.map(([name]) => [`#${name}`, name])),
    ExpressionAttributeValues: Object.fromEntries(entries.map(([name, value]) => [`:${name}`, value])),
  };
  const small = {
    TableName,
    UpdateExpression: 'SET notifiedSeq = :seq',
    ConditionExpression: 'attribute_exists(id)',
    ExpressionAttributeValues: { ':seq': { N: '1' } },
  };
  const at = (id: string) => ({ Key: { id: { S: id } } });
  return {
    whole: (id: string) => new UpdateItemCommand({ ...whole, ...at(id) }),
    small: (id: string) => new UpdateItemCommand({ ...small, ...at(id) }),
  };
}

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { type Receiver, startReceiver } from '../../local/receiver.ts';
import { readSampleMessage, SAMPLE_CREDENTIALS, SAMPLES, sampleAccounts } from '../../local/simulator/samples.ts';
import type { JobSpec } from '../../local/simulator/schema.ts';
import type { Simulator } from '../../local/simulator/simulator.ts';
import { startSimulator } from '../../local/simulator/start.ts';
import { type Stack, startStack } from '../../local/stack.ts';

/** A group of the jobs that are played. */
export const RELEASE = 'shop/release-421';
const PROJECT = '7b7705dce1e847b08b3b16dda67fec24';

export interface Endpoint {
  readonly url: string;
  /** What it answers from now on. */
  answer(status: number, body: string): void;
  close(): Promise<void>;
}

/** A webhook that answers what it is told to. */
export async function startEndpoint(): Promise<Endpoint> {
  let said = { status: 204, body: '' };
  const server = createServer((request, response) => {
    request.resume().on('end', () => response.writeHead(said.status).end(said.body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/jobs`,
    answer: (status, body) => {
      said = { status, body };
    },
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

export interface Scene {
  readonly stack: Stack;
  readonly simulator: Simulator;
  readonly receiver: Receiver;
  readonly endpoint: Endpoint;
  /** Subscription of the receiver, and of the endpoint. */
  readonly subscriptions: { readonly good: string; readonly other: string };
  close(): Promise<void>;
}

/**
 * The whole system with two webhooks: one that verifies, one that answers what it is told. Deliveries are given up
 * after two attempts.
 */
export async function startScene(otherTypes: readonly string[]): Promise<Scene> {
  const simulator = await startSimulator({ scenario: { credentials: [...SAMPLE_CREDENTIALS] } });
  const [receiver, endpoint] = await Promise.all([startReceiver(), startEndpoint()]);
  const stack = await startStack({
    accounts: sampleAccounts(simulator),
    speed: 30,
    environment: { deliver: { RETRY_SCHEDULE_SECONDS: '1' } },
  });
  const subscribe = async (url: string, types: readonly string[], description: string) =>
    stack.api.post<{ id: string; secret: string }>('/subscriptions', { url, types, description });
  const good = await subscribe(receiver.url, ['jobwatch.*'], 'Deployments of the shop');
  receiver.trust(good.secret);
  const other = await subscribe(endpoint.url, otherTypes, 'Pager of the network team');
  return {
    stack,
    simulator,
    receiver,
    endpoint,
    subscriptions: { good: good.id, other: other.id },
    async close() {
      await stack.system.close();
      await Promise.all([receiver.close(), endpoint.close(), simulator.close()]);
    },
  };
}

/**
 * Jobs of every kind: the samples, short ones to learn from, long ones to watch, one account that nobody stored, one
 * bad message.
 */
export async function play({ stack, simulator }: Scene): Promise<void> {
  for (const { job } of SAMPLES) simulator.addJob(job);
  const short = Array.from({ length: 36 }, (_, index) => shortJob(index));
  const long = Array.from({ length: 7 }, (_, index) => longJob(index));
  for (const job of [...short, ...long]) simulator.addJob(job);
  const sqs = new SQSClient(stack.system.clientSettings('sqs'));
  const QueueUrl = stack.system.outputs['PendingQueueUrl'];
  const bodies = await Promise.all([
    ...SAMPLES.map(({ name }) => readSampleMessage(name)),
    readSampleMessage('bad-message'),
  ]);
  for (const MessageBody of bodies) await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody }));
  sqs.destroy();
  const released = new Set([...short.slice(0, 3), ...long.slice(0, 3)]);
  const messages = [...short, ...long].map((job) => ({
    ...messageOf(job),
    ...(released.has(job) ? { group: { id: RELEASE, size: released.size + 1 } } : {}),
  }));
  const stray = { ...messageOf(shortJob(99)), account: 'staging' };
  await stack.api.post('/jobs', { jobs: [...messages, stray] });
}

function shortJob(index: number): JobSpec {
  const common = { jobId: `c6a1f0de-7c54-4d1e-9a3f-${String(index).padStart(12, '0')}` };
  const steps = [{ status: 'RUNNING', forSeconds: 2 + ((index * 7) % 23) / 2 }, { status: 'COMPLETE' }];
  if (index % 2 === 0)
    return {
      ...common,
      api: 'huawei.elb.v3',
      projectId: PROJECT,
      operation: 'UPGRADE',
      resourceId: '9f5b1c52-3a4d-4d6c-9a4c-3d9d3f2f7a10',
      steps,
    };
  const words = [{ status: 'Processing', forSeconds: 1 + ((index * 5) % 17) / 2 }, { status: 'Succeeded' }];
  return { ...common, api: 'alibaba.alb', operation: 'CreateLoadBalancer', steps: words };
}

function longJob(index: number): JobSpec {
  const jobId = `f20c7a55-02ab-4c39-8b1d-${String(index).padStart(12, '0')}`;
  if (index === 0)
    return {
      api: 'huawei.elb.v3',
      projectId: PROJECT,
      jobId,
      operation: 'UPGRADE',
      resourceId: '9f5b1c52-3a4d-4d6c-9a4c-3d9d3f2f7a10',
      steps: [
        { status: 'RUNNING', forSeconds: 9 },
        {
          status: 'ROLLBACKING',
          forSeconds: 600,
          subJobs: [
            { jobId: '481a5ab3-b3ff-46fa-b074-d3b8e09ab9c1', operation: 'UPGRADE_INIT', status: 'SUCCESS' },
            {
              jobId: '481a5ab3-b3ff-46fa-b074-d3b8e09ab9c2',
              operation: 'UPGRADE_TRAFFIC_SWITCH',
              status: 'ROLLBACKING',
              error: { code: 'ELB.8012', message: 'The traffic could not be switched.' },
            },
          ],
        },
        { status: 'FAIL' },
      ],
    };
  if (index % 2 === 0)
    return {
      api: 'alibaba.alb',
      jobId,
      operation: 'DeleteLoadBalancer',
      steps: [{ status: 'Processing', forSeconds: 900 }, { status: 'Succeeded' }],
    };
  return {
    api: 'huawei.elb.v3',
    projectId: PROJECT,
    jobId,
    operation: 'UPGRADE',
    resourceId: '9f5b1c52-3a4d-4d6c-9a4c-3d9d3f2f7a10',
    steps: [{ status: 'INIT', forSeconds: 4 }, { status: 'RUNNING', forSeconds: 900 }, { status: 'COMPLETE' }],
  };
}

function messageOf(job: JobSpec): Readonly<Record<string, unknown>> {
  const labels = {
    team: job.api.startsWith('alibaba') ? 'web' : 'net',
    deployment: `shop-${Number(job.jobId.slice(-3)) + 400}`,
  };
  const { api, jobId } = job;
  if (api.startsWith('alibaba')) return { api, jobId, region: 'cn-hangzhou', labels };
  return { api, jobId, region: 'eu-de', projectId: PROJECT, account: 'huawei', labels };
}

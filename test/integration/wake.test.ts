import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterEach, describe, expect, it } from 'vitest';
import { type Receiver, startReceiver } from '../../local/receiver.ts';
import { SAMPLE_CREDENTIALS, sampleAccounts } from '../../local/simulator/samples.ts';
import { startSimulator } from '../../local/simulator/start.ts';
import { type Stack, startStack } from '../../local/stack.ts';

/**
 * Goal: what the queue wakes is enough, and so are the ticks where nobody is woken. Method: the packaged functions on
 * the embedded engines, with the triggers of one or the other at work.
 */
const JOBS = ['nlb-1', 'nlb-2', 'nlb-3'];
const closers: (() => Promise<void>)[] = [];
const ended = new Map<string, () => void>();
let receiver: Receiver;

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
}, 30_000);

async function aStack(): Promise<Stack> {
  const simulator = await startSimulator({
    scenario: {
      credentials: [...SAMPLE_CREDENTIALS],
      jobs: JOBS.map((jobId) => ({ api: 'alibaba.nlb' as const, jobId, steps: [{ status: 'Succeeded' }] })),
    },
  });
  closers.push(simulator.close);
  receiver = await startReceiver(({ type, event }) => {
    const { subject = '' } = (event ?? {}) as { subject?: string };
    if (type === 'jobwatch.job.succeeded') ended.get(subject)?.();
  });
  closers.push(receiver.close);
  const stack = await startStack({
    accounts: sampleAccounts(simulator),
    paused: true,
    speed: 30,
    env: { PATH: process.env['PATH'] },
  });
  closers.push(stack.system.close);
  const wanted = { url: receiver.url, types: ['jobwatch.job.succeeded'] };
  const { secret } = await stack.api.post<{ secret: string }>('/subscriptions', wanted);
  receiver.trust(secret);
  return stack;
}

/** The jobs are sent, and told once each. */
async function playJobs({ system }: Stack): Promise<void> {
  const told = JOBS.map((jobId) => new Promise<void>((resolve) => ended.set(jobId, resolve)));
  const sqs = new SQSClient(system.clientSettings('sqs'));
  closers.push(async () => sqs.destroy());
  const submittedAt = new Date(Date.now() - 600_000).toISOString();
  for (const jobId of JOBS) {
    const MessageBody = JSON.stringify({ api: 'alibaba.nlb', region: 'cn-hangzhou', jobId, submittedAt });
    await sqs.send(new SendMessageCommand({ QueueUrl: system.outputs['PendingQueueUrl'], MessageBody }));
  }
  await Promise.all(told);
  expect(new Set(receiver.received.map(({ id }) => id)).size).toBe(JOBS.length);
}

describe('jobs are watched to their ends and told once', () => {
  it('by what the queue wakes, without a tick', async () => {
    const stack = await aStack();
    stack.system.resume('wake', 'deliver');
    await playJobs(stack);
  }, 60_000);

  it('by ticks, with the wake on and nobody woken', async () => {
    const stack = await aStack();
    stack.system.resume('watch', 'deliver');
    await playJobs(stack);
  }, 60_000);
});

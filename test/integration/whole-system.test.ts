import { ReceiveMessageCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Event } from '../../lib/events/event.ts';
import type { Job } from '../../lib/job/job.ts';
import { type Receiver, startReceiver } from '../../local/receiver.ts';
import { SAMPLE_CREDENTIALS, sampleAccounts } from '../../local/simulator/samples.ts';
import type { JobSpec } from '../../local/simulator/schema.ts';
import type { Simulator } from '../../local/simulator/simulator.ts';
import { startSimulator } from '../../local/simulator/start.ts';
import { type Stack, startStack } from '../../local/stack.ts';
import { GIVEN } from '../engine/given.ts';

const given = {
  ...(GIVEN.sqs === '' ? {} : { AWS_ENDPOINT_URL_SQS: GIVEN.sqs }),
  ...(GIVEN.dynamodb === '' ? {} : { AWS_ENDPOINT_URL_DYNAMODB: GIVEN.dynamodb }),
};

/**
 * Goal: the packaged functions, on engines of this machine, do the whole job. Method: put messages on SQS as a deployer
 * does, and wait for the webhooks that the official library verifies.
 */
const projectId = '7b7705dce1e847b08b3b16dda67fec24';
const JOBS: { job: JobSpec; message: object; phase: string }[] = [
  {
    job: {
      api: 'alibaba.nlb',
      jobId: 'nlb-1',
      steps: [{ status: 'Processing', forPolls: 1 }, { status: 'Succeeded' }],
    },
    message: { api: 'alibaba.nlb', region: 'cn-hangzhou', jobId: 'nlb-1', labels: { team: 'net' } },
    phase: 'succeeded',
  },
  {
    job: {
      api: 'alibaba.alb',
      jobId: 'alb-1',
      steps: [{ status: 'Failed', error: { code: '506', message: 'AllocateEipAddress Failed' } }],
    },
    message: { api: 'alibaba.alb', region: 'cn-hangzhou', jobId: 'alb-1' },
    phase: 'failed',
  },
  {
    job: { api: 'huawei.elb.v1', projectId, jobId: 'v1-1', steps: [{ status: 'SUCCESS' }] },
    message: { api: 'huawei.elb.v1', region: 'eu-west-0', projectId, account: 'huawei', jobId: 'v1-1' },
    phase: 'succeeded',
  },
  {
    job: {
      api: 'huawei.elb.v3',
      projectId,
      jobId: 'v3-1',
      steps: [{ status: 'RUNNING', forPolls: 1 }, { status: 'COMPLETE' }],
    },
    message: { api: 'huawei.elb.v3', region: 'eu-de', projectId, account: 'huawei', jobId: 'v3-1' },
    phase: 'succeeded',
  },
];

describe.each([
  ['the embedded engines', {}, true],
  ['the engines that are given', given, Object.keys(given).length > 0],
] as const)('the whole system on %s', (_name, endpoints, isHere) => {
  describe.skipIf(!isHere)('a stack', () => {
    let simulator: Simulator;
    let receiver: Receiver;
    let stack: Stack;
    let sqs: SQSClient;
    const waiting = new Map<string, () => void>();

    beforeAll(async () => {
      simulator = await startSimulator({
        scenario: { credentials: [...SAMPLE_CREDENTIALS], jobs: JOBS.map(({ job }) => job) },
      });
      receiver = await startReceiver(({ type, event }) => {
        const { subject } = (event ?? {}) as { subject?: string };
        waiting.get(`${type} ${subject}`)?.();
        waiting.get(type)?.();
      });
      stack = await startStack({
        accounts: sampleAccounts(simulator),
        speed: 30,
        paused: true,
        env: { PATH: process.env['PATH'], ...endpoints },
      });
      sqs = new SQSClient(stack.system.clientSettings('sqs'));
      const { secret } = await stack.api.post<{ secret: string }>('/subscriptions', {
        url: receiver.url,
        types: ['jobwatch.*'],
      });
      receiver.trust(secret);
    }, 90_000);

    afterAll(async () => {
      sqs?.destroy();
      await stack?.system.close();
      await receiver?.close();
      await simulator?.close();
    }, 30_000);

    const send = (body: string) =>
      sqs.send(new SendMessageCommand({ QueueUrl: stack.system.outputs['PendingQueueUrl'], MessageBody: body }));
    const event = (key: string) => new Promise<void>((resolve) => waiting.set(key, resolve));

    it('turns job ids on the queue into verified webhooks, and a bad message into a rejected one', async () => {
      const ends = JOBS.map(({ job, phase }) => event(`jobwatch.job.${phase} ${job.jobId}`));
      const rejected = event('jobwatch.message.rejected');
      const denied = event('jobwatch.account.denied');
      const group = { id: 'release/42', size: JOBS.length };
      const grouped = event(`jobwatch.group.completed ${group.id}`);
      for (const { message } of JOBS) await send(JSON.stringify({ ...message, group }));
      await send('{"api":"alibaba.nlb","region":"cn-hangzhou","jobID":"typo"}');
      await send('{"api":"alibaba.nlb","region":"cn-hangzhou","jobId":"x","account":"nobody"}');
      stack.system.resume();
      await Promise.all([...ends, rejected, denied, grouped]);

      expect(receiver.received.filter(({ problem }) => problem !== null)).toEqual([]);
      const { Messages } = await sqs.send(
        new ReceiveMessageCommand({
          QueueUrl: stack.system.outputs['RejectedQueueUrl'],
          MessageAttributeNames: ['All'],
        }),
      );
      expect(Messages?.map(({ Body }) => Body)).toEqual([
        '{"api":"alibaba.nlb","region":"cn-hangzhou","jobID":"typo"}',
      ]);
      expect(Messages?.[0]?.MessageAttributes?.['reason']?.StringValue).toBe('jobId: required; jobID: unknown field.');

      const { jobs } = await stack.api.get<{ jobs: Job[] }>('/jobs?limit=100');
      const byId = new Map(jobs.map((job) => [job.jobId, job]));
      for (const { job, phase } of JOBS)
        expect(byId.get(job.jobId)).toMatchObject({ phase, labels: expect.anything() });
      expect(byId.get('x')?.waiting?.reason).toContain('account "nobody" does not exist');
      const told = receiver.received.find(({ type }) => type === 'jobwatch.group.completed')?.event as
        | Event
        | undefined;
      expect(told?.data).toMatchObject({ group, outcome: 'failed', phases: { succeeded: 3, failed: 1 } });
      const unexpected = receiver.received.filter(({ type }) => /succeeded|failed/.test(type));
      expect(unexpected).toHaveLength(JOBS.length);
    }, 60_000);

    it('takes a job by HTTP, answers it at once, and ends it', async () => {
      simulator.addJob({ api: 'alibaba.alb', jobId: 'alb-http', steps: [{ status: 'Succeeded' }] });
      const ended = event('jobwatch.job.succeeded alb-http');
      const { accepted } = await stack.api.post<{ accepted: { id: string }[] }>('/jobs', {
        api: 'alibaba.alb',
        region: 'cn-hangzhou',
        jobId: 'alb-http',
      });
      const id = accepted[0]?.id ?? '';
      expect((await stack.api.get<Job>(`/jobs/${id}`)).jobId).toBe('alb-http');
      await ended;
    }, 60_000);
  });
});

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Receiver, startReceiver } from '../../local/receiver.ts';
import { SERVICE_PARAMETERS } from '../../local/services/parameters.ts';
import { makeWorkflows } from '../../local/services/workflows.ts';
import { readSampleMessage, SAMPLE_CREDENTIALS, SAMPLES, sampleAccounts } from '../../local/simulator/samples.ts';
import type { JobSpec } from '../../local/simulator/schema.ts';
import { startSimulator } from '../../local/simulator/start.ts';
import { type Stack, startStack } from '../../local/stack.ts';
import { makeCli } from '../cli/support.ts';
import { teachQuickJobs } from '../local/teach.ts';
import type { Place } from './played.ts';
import type { Scene } from './where.ts';

/** Jobs that documents name and that no sample is. */
const JOBS = [
  { api: 'alibaba.alb', jobId: '365f4154-92f6-4ae4-92f8-7ff34b540710', status: 'Failed' },
  { api: 'alibaba.nlb', jobId: 'some-job', status: 'Succeeded' },
] as const;
const GROUP = { group: { id: 'shop/release-421', size: 2 } };

/** The same statuses, without their seconds: nobody who reads the test's output waits for them. */
function quick(step: JobSpec['steps'][number]): JobSpec['steps'][number] {
  return step.forSeconds === undefined ? step : { ...step, forSeconds: 1 };
}

export interface Site {
  readonly stack: Stack;
  readonly receiver: Receiver;
  readonly cliFile: string;
  readonly scene: Omit<Scene, 'port' | 'stage'>;
  /** A folder of its own for a document, with the files that documents name. */
  placeOf(name: string): Place;
  /** A stage for its tokens and accounts: two documents make some of the same name. */
  stageOf(name: string): string;
  close(): Promise<void>;
}

/** The packaged system, as `npm start` runs it, with the jobs that documents name, and the command line as built. */
export async function startSite(): Promise<Site> {
  const onDemand = SAMPLES.map(({ job }) => ({ ...job, steps: job.steps.map(quick), startsOn: 'firstPoll' as const }));
  const jobs = JOBS.map(({ api, jobId, status }) => ({ api, jobId, steps: [{ status }] }));
  const credentials = [...SAMPLE_CREDENTIALS];
  const simulator = await startSimulator({ scenario: { credentials, jobs: [...onDemand, ...jobs] } });
  const receiver = await startReceiver();
  const accounts = sampleAccounts(simulator);
  accounts['wrong'] = { ...accounts['default'], accessKeySecret: 'wrong' };
  const workflows = makeWorkflows({ takesAny: true });
  const stack = await startStack({ accounts, speed: 30, stackParameters: SERVICE_PARAMETERS, workflows });
  await teachQuickJobs(stack.system, ['alibaba.alb', 'alibaba.nlb', 'huawei.elb.v3']);
  const cli = await makeCli();
  const { id } = await stack.api.post<{ id: string }>('/subscriptions', { url: receiver.printUrl });
  await stack.api.post('/jobs', JSON.parse(await readSampleMessage('huawei-v3-complete')));
  await stack.api.post('/jobs', { ...GROUP, jobs: [{ api: 'alibaba.nlb', region: 'cn-hangzhou', jobId: 'some-job' }] });
  const base = await mkdtemp(join(tmpdir(), 'jobwatch-docs-'));
  const { urls } = stack.system;
  const env = {
    JOBWATCH_URL: urls.api,
    JOBWATCH_TOKEN: stack.token,
    TASK_TOKEN: 'a'.repeat(64),
    AWS_REGION: 'eu-central-1',
    AWS_ACCESS_KEY_ID: 'outside',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_ENDPOINT_URL_SSM: urls.ssm,
    AWS_ENDPOINT_URL_SQS: urls.sqs,
  };
  const files = {
    'account.json': JSON.stringify(accounts['default']),
    'jobs.jsonl': '{"api":"alibaba.nlb","region":"cn-hangzhou","jobId":"a"}\n{"api":"alibaba.nlb","jobID":"b"}\n',
    'upgrade-load-balancer.sh': '#!/bin/sh\necho ef6da45b-35d9-4c18-8c35-0b80d94a0001\n',
  };
  let stages = 0;
  return {
    stack,
    receiver,
    cliFile: cli.file,
    scene: { apiUrl: urls.api, hookUrl: receiver.printUrl, subscription: id, token: stack.token },
    placeOf: (name) => ({ folder: join(base, name.replaceAll('/', '-')), cliFile: cli.file, env, files }),
    stageOf() {
      stages += 1;
      for (const name of ['default', 'wrong'])
        stack.system.parameters.put(`/jobwatch/doc-${stages}/accounts/${name}`, JSON.stringify(accounts[name]));
      return `doc-${stages}`;
    },
    async close() {
      await stack.system.close();
      await receiver.close();
      await simulator.close();
      await cli.remove();
      await rm(base, { recursive: true, force: true });
    },
  };
}

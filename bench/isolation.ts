import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { Job } from '../lib/job/job.ts';
import { isTerminal } from '../lib/job/phase.ts';
import { table } from '../local/progress.ts';
import { startSimulator } from '../local/simulator/start.ts';
import { startStack } from '../local/stack.ts';

/**
 * How much a scope whose vendor never answers delays the others. Ten scopes of ten jobs each, all ending 15 s after
 * their submission; in the second and third run the last scope's calls hang until they time out. The delay of a job is
 * the time from the vendor's end to the answer that showed it.
 */
const SCOPES = 10;
const JOBS_EACH = 10;
const ENDS_AFTER_SECONDS = 15;
const WAIT_MS = 60_000;

interface Variant {
  readonly name: string;
  readonly sharedKey: boolean;
  readonly sick: boolean;
}

const VARIANTS: readonly Variant[] = [
  { name: 'all healthy, a key each', sharedKey: false, sick: false },
  { name: 'one hangs, a key each', sharedKey: false, sick: true },
  { name: 'all healthy, one key for all', sharedKey: true, sick: false },
  { name: 'one hangs, one key for all', sharedKey: true, sick: true },
];

const rows = [['run', 'healthy jobs', 'mean delay s', 'p95 s', 'worst s']];
for (const variant of VARIANTS) {
  const delays = (await measure(variant)).toSorted((a, b) => a - b);
  const mean = delays.reduce((sum, delay) => sum + delay, 0) / delays.length;
  const p95 = delays[Math.floor(delays.length * 0.95)] ?? Number.NaN;
  rows.push([
    variant.name,
    String(delays.length),
    mean.toFixed(1),
    p95.toFixed(1),
    (delays.at(-1) ?? Number.NaN).toFixed(1),
  ]);
  console.log(rows.at(-1)?.join('  '));
}
console.log(
  `\nisolation: ${SCOPES} scopes × ${JOBS_EACH} jobs of huawei.elb.v3, ` +
    `one of the scopes sick; Node ${process.version}\n`,
);
console.log(table(rows));

async function measure({ sharedKey, sick }: Variant): Promise<number[]> {
  const scopes = Array.from({ length: SCOPES }, (_, index) => ({
    project: `project${index}`,
    account: sharedKey ? 'all' : `account${index}`,
  }));
  const keyOf = (account: string) => `AK${account}`;
  const accounts = [...new Set(scopes.map(({ account }) => account))];
  const credentials = accounts.map((account) => ({
    vendor: 'huawei' as const,
    accessKeyId: keyOf(account),
    accessKeySecret: 'secret',
  }));
  const simulator = await startSimulator({ scenario: { credentials } });
  const endpoints = { 'huawei.elb.v3': simulator.url };
  const stack = await startStack({
    accounts: Object.fromEntries(
      credentials.map((credential, index) => [accounts[index] ?? '', { ...credential, endpoints }]),
    ),
    speed: 12,
    paused: true,
  });
  try {
    const jobs = scopes.flatMap(({ project, account }) =>
      Array.from({ length: JOBS_EACH }, (_, index) => ({ project, account, jobId: `${project}-job${index}` })),
    );
    const isSick = (project: string) => sick && project === `project${SCOPES - 1}`;
    const steps = [{ status: 'RUNNING', forSeconds: ENDS_AFTER_SECONDS }, { status: 'COMPLETE' }];
    const sqs = new SQSClient(stack.system.clientSettings('sqs'));
    const QueueUrl = stack.system.outputs['PendingQueueUrl'];
    const startMs = Date.now();
    for (const { project, jobId } of jobs) {
      simulator.addJob({ api: 'huawei.elb.v3', projectId: project, jobId, steps });
      if (isSick(project)) simulator.setFault({ kind: 'hang', jobId });
    }
    if (sick && !sharedKey) simulator.setFault({ kind: 'hang', key: keyOf(`account${SCOPES - 1}`) });
    const bodies = jobs.map(({ project, account, jobId }) =>
      JSON.stringify({ api: 'huawei.elb.v3', region: 'eu-de', projectId: project, account, jobId }),
    );
    await Promise.all(bodies.map((MessageBody) => sqs.send(new SendMessageCommand({ QueueUrl, MessageBody }))));
    sqs.destroy();
    stack.system.resume();
    const healthy = jobs.filter(({ project }) => !isSick(project)).length;
    const ended = await untilEnded(stack.api, healthy);
    return ended.map((job) => (Date.parse(job.endedAt ?? '') - startMs) / 1000 - ENDS_AFTER_SECONDS);
  } finally {
    await stack.system.close();
    await simulator.close();
  }
}

async function untilEnded(api: { get<Answer>(path: string): Promise<Answer> }, count: number): Promise<Job[]> {
  const untilMs = Date.now() + WAIT_MS;
  for (;;) {
    const { jobs } = await api.get<{ jobs: Job[] }>('/jobs?limit=100');
    const ended = jobs.filter(({ phase }) => isTerminal(phase));
    if (ended.length >= count || Date.now() > untilMs) return ended;
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}

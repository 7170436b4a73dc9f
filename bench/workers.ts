import { setTimeout as sleep } from 'node:timers/promises';
import { SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs';
import { depthOf } from '../lib/adapters/sqs/pending.ts';
import { table } from '../local/progress.ts';
import { startSimulator } from '../local/simulator/start.ts';
import { type Stack, startStack } from '../local/stack.ts';
import { cpuMsOf, partOf, type Quota, startQuota } from './quota.ts';
import type { BenchSection } from './section.ts';

/**
 * Jobs a second from the queue to their written end, by workers: jobs that are all due, and that the vendor has ended.
 * The paces are no limit here. Each worker has the part of one processor that Lambda gives a function of its memory:
 * without that the engines, which share the machine, would be what is measured.
 */
const JOBS = 1200;
const SCOPES = 10;
/** A worker is taken to do 25 jobs a second: so that this crowd asks for four. */
const WATCH_SECONDS = 15;
const MEMORY_MB = 256;
const KEY = { accessKeyId: 'AK', accessKeySecret: 'secret' };

export const workersBench: BenchSection = {
  name: 'workers',
  title: 'Workers of one tick',
  byNameOnly: true,
  async run() {
    const rows = [['MAX_WORKERS', 'workers of each tick', 'seconds', 'jobs a second', "workers' CPU ms a job"]];
    for (const workers of [1, 2, 4]) rows.push(await measure(workers));
    return `\`\`\`\n${table(rows)}\n\`\`\``;
  },
};

async function measure(workers: number): Promise<string[]> {
  const ticks: number[] = [];
  const simulator = await startSimulator({ scenario: { credentials: [{ vendor: 'alibaba', ...KEY }] } });
  const endpoints = { 'alibaba.nlb': simulator.url };
  const stack = await startStack({
    accounts: { default: { vendor: 'alibaba', ...KEY, endpoints } },
    isolation: { watch: 'process' },
    speed: 60,
    paused: true,
    onLog: (_, line) => {
      const { message, worker, of } = line.startsWith('{') ? JSON.parse(line) : {};
      if (message === 'watch.tick' && worker === 1) ticks.push(of);
    },
    environment: {
      watch: { MAX_WORKERS: String(workers), WATCH_SECONDS: String(WATCH_SECONDS), SCOPE_CALLS_PER_SECOND: '1000' },
    },
  });
  const sqs = new SQSClient(stack.system.clientSettings('sqs'));
  const quota = startQuota(partOf(MEMORY_MB));
  try {
    for (const jobId of idsOf(JOBS)) simulator.addJob({ api: 'alibaba.nlb', jobId, steps: [{ status: 'Succeeded' }] });
    await send(sqs, stack);
    const beganMs = performance.now();
    stack.system.resume('watch');
    const pids = await untilEmpty(sqs, stack, quota);
    const seconds = (performance.now() - beganMs) / 1000;
    await stack.system.pause('watch');
    const cpuMs = pids.reduce((sum, pid) => sum + cpuMsOf(pid), 0);
    const figures = [seconds.toFixed(1), (JOBS / seconds).toFixed(0), (cpuMs / JOBS).toFixed(1)];
    return [String(workers), ticks.join(' '), ...figures];
  } finally {
    await quota.close();
    sqs.destroy();
    await stack.system.close();
    await simulator.close();
  }
}

function idsOf(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `job-${index}`);
}

async function send(sqs: SQSClient, { system }: Stack): Promise<void> {
  const submittedAt = new Date(Date.now() - 3_600_000).toISOString();
  const bodies = idsOf(JOBS).map((jobId, index) =>
    JSON.stringify({ api: 'alibaba.nlb', region: `eu-${index % SCOPES}`, jobId, submittedAt }),
  );
  for (let start = 0; start < bodies.length; start += 10) {
    const Entries = bodies.slice(start, start + 10).map((MessageBody, id) => ({ Id: String(id), MessageBody }));
    await sqs.send(new SendMessageBatchCommand({ QueueUrl: system.outputs['PendingQueueUrl'], Entries }));
  }
}

/** The processes that worked, once nothing is left to do. */
async function untilEmpty(sqs: SQSClient, { system }: Stack, quota: Quota): Promise<readonly number[]> {
  for (;;) {
    const pids = system.pids('watch');
    for (const pid of pids) quota.add(pid);
    const { visible, inFlight, delayed } = await depthOf(sqs, system.outputs['PendingQueueUrl'] ?? '');
    if (visible + inFlight + delayed === 0) return pids;
    await sleep(100);
  }
}

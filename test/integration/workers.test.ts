import { SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Simulator } from '../../local/simulator/simulator.ts';
import { startSimulator } from '../../local/simulator/start.ts';
import { type Stack, startStack } from '../../local/stack.ts';

/**
 * Goal: four workers of one tick do its work once, and keep every limit in sum. Method: a crowd of jobs that are due at
 * once, in scopes with a key each, so that what the simulator counts of a key is what it saw of a scope.
 */
const WORKERS = 4;
/** Short ticks count on less of each worker: so that this crowd needs all four. */
const WATCH_SECONDS = 6;
const CALLS_PER_SECOND = 4;
/** Of one Huawei key, over all workers. */
const HUAWEI_IN_FLIGHT_MAX = 4;
const projectId = 'project';
/**
 * Jobs that nobody watches: each worker that reads the list reads five pages or more of it, as fast as its part of the
 * pace allows.
 */
const OTHERS = 400;

interface Scope {
  readonly api: 'alibaba.nlb' | 'huawei.elb.v1' | 'huawei.elb.v3';
  readonly account: string;
  readonly jobIds: readonly string[];
}

function scopeOf(api: Scope['api'], account: string, jobs: number): Scope {
  // The simulator counts the answers of an API by id: no id stands in two scopes.
  return { api, account, jobIds: Array.from({ length: jobs }, (_, index) => `${account}-${index}`) };
}

const SCOPES: readonly Scope[] = [
  ...['a', 'b', 'c', 'd', 'e', 'f'].map((account) => scopeOf('alibaba.nlb', account, 65)),
  scopeOf('huawei.elb.v3', 'listed', 110),
  scopeOf('huawei.elb.v1', 'single', 8),
];
const keyOf = (account: string) => `AK${account}`;

describe('a tick with four workers', () => {
  let simulator: Simulator;
  let stack: Stack;
  const lines: Record<string, unknown>[] = [];

  beforeAll(async () => {
    const credentials = SCOPES.map(({ api, account }) => {
      const key = { accessKeyId: keyOf(account), accessKeySecret: 'secret' };
      return api.startsWith('huawei')
        ? ({ vendor: 'huawei', ...key } as const)
        : ({ vendor: 'alibaba', ...key } as const);
    });
    simulator = await startSimulator({ scenario: { credentials } });
    const accounts = SCOPES.map(({ api, account }, index) => [
      account,
      { ...credentials[index], endpoints: { [api]: simulator.url } },
    ]);
    stack = await startStack({
      accounts: Object.fromEntries(accounts),
      paused: true,
      environment: {
        watch: {
          MAX_WORKERS: String(WORKERS),
          WATCH_SECONDS: String(WATCH_SECONDS),
          SCOPE_CALLS_PER_SECOND: String(CALLS_PER_SECOND),
          POLL_MIN_SECONDS: '1',
        },
      },
      onLog: (name, line) => {
        if (name === 'watch' && line.startsWith('{')) lines.push(JSON.parse(line));
      },
    });
    await fill();
  }, 60_000);

  afterAll(async () => {
    await stack?.system.close();
    await simulator?.close();
  }, 30_000);

  async function fill(): Promise<void> {
    const submittedAt = new Date(Date.now() - 3_600_000).toISOString();
    const bodies: string[] = [];
    const add = ({ api }: Scope, jobId: string) => {
      const isHuawei = api.startsWith('huawei');
      const job = { api, jobId, ...(isHuawei ? { projectId } : {}) };
      simulator.addJob({ ...job, steps: [{ status: isHuawei ? 'SUCCESS' : 'Succeeded' }] });
      return job;
    };
    const listed = SCOPES.find(({ api }) => api === 'huawei.elb.v3') as Scope;
    for (let index = 0; index < OTHERS; index++) add(listed, `a-${index}`);
    // The scopes' jobs alternate on the queue, so that every worker has some of each.
    for (let index = 0; index < Math.max(...SCOPES.map(({ jobIds }) => jobIds.length)); index++) {
      for (const scope of SCOPES) {
        const jobId = scope.jobIds[index];
        if (jobId === undefined) continue;
        bodies.push(JSON.stringify({ ...add(scope, jobId), region: 'eu-r1', account: scope.account, submittedAt }));
      }
    }
    const sqs = new SQSClient(stack.system.clientSettings('sqs'));
    const QueueUrl = stack.system.outputs['PendingQueueUrl'];
    const batches = Array.from({ length: Math.ceil(bodies.length / 10) }, (_, index) =>
      bodies.slice(index * 10, index * 10 + 10).map((MessageBody, id) => ({ Id: String(id), MessageBody })),
    );
    await Promise.all(batches.map((Entries) => sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries }))));
    sqs.destroy();
  }

  const told = (message: string) => lines.filter((line) => line['message'] === message);

  it('asks every job once, and keeps the paces and the calls of a key in sum', async () => {
    stack.system.resume('watch');
    await stack.system.pause('watch');
    const ticks = told('watch.tick');
    expect(ticks.map(({ worker }) => worker).toSorted()).toEqual([1, 2, 3, 4]);
    expect(ticks.map(({ of }) => of)).toEqual([4, 4, 4, 4]);
    expect(lines.filter((line) => 'level' in line && line['level'] !== 'INFO')).toEqual([]);

    const { polls, keys } = simulator.counters();
    // A list shows jobs that were not asked for; a batch and a single call do not.
    const named = Object.entries(polls).filter(([id]) => !id.startsWith('huawei.elb.v3'));
    expect(named.filter(([, answers]) => answers !== 1)).toEqual([]);
    for (const { api, account } of SCOPES) {
      const seen = keys[keyOf(account)];
      // One second's pace, and one second's burst.
      expect(seen?.maxRequestsPerSecond[api] ?? 0).toBeLessThanOrEqual(2 * CALLS_PER_SECOND);
      if (api.startsWith('huawei')) expect(seen?.maxConcurrentRequests ?? 0).toBeLessThanOrEqual(HUAWEI_IN_FLIGHT_MAX);
    }
  }, 60_000);
});

import { setTimeout as sleep } from 'node:timers/promises';
import { type AttributeValue, ScanCommand } from '@aws-sdk/client-dynamodb';
import { PurgeQueueCommand } from '@aws-sdk/client-sqs';
import type { Simulator } from '../../local/simulator/simulator.ts';
import { startSimulator } from '../../local/simulator/start.ts';
import { type Stack, startStack } from '../../local/stack.ts';
import { cpuMsOf, type Done, peakMbOf, runProgram } from './child.ts';
import { clientsOf, type Places, placesOf } from './clients.ts';
import { accountsAt, type CrowdJob, credentials, type Kind, makeCrowd, SCOPES, submit, writeRecords } from './crowd.ts';
import type { FloorTask } from './floor.ts';

const QUIET_MS = 4000;
const CHECK_EVERY_MS = 100;
/** Nobody comes back during a run; jobs that are polled twice, when all have been polled once and the tick is over. */
const WAIT_SECONDS = { once: 3600, twice: 120 };
/** Waits are moved by an eighth at most, so that jobs meet. */
const WAIT_MOVED = 9 / 8;
/**
 * Records are written at some hundreds a second. Where it matters how old they are, they fall due when all are there.
 */
const WRITE_MS_EACH = 4;

/**
 * `watch` at work: CPU of its process, of the process with the queue, the vendors and the gateways, and of the
 * database.
 */
export interface Watched extends Done {
  readonly hostCpuMs: number;
  readonly databaseCpuMs: number;
  readonly peakMb: number;
  /** Requests of one poll by their kind; those of the vendors are `vendor:<api>`. */
  readonly requests: Readonly<Record<string, number>>;
  readonly recordBytes: number;
}

export interface Measured {
  readonly watch: Watched;
  readonly floor: Done | null;
  /** What the programs after it found. */
  readonly others: readonly Done[];
}

/** What runs on the records and the vendors that a run of `watch` has left. */
export type After = (
  places: Places,
  jobs: readonly CrowdJob[],
  accounts: ReturnType<typeof accountsAt>,
) => Promise<Done>;

interface Bench {
  readonly simulator: Simulator;
  readonly system: Stack['system'];
  readonly outside: ReturnType<typeof clientsOf>;
  readonly places: Places;
  readonly activity: { lastMs: number };
}

/**
 * One poll of this kind of so many jobs, by `watch` and, if wanted, by a loop that makes the same requests and nothing
 * else.
 */
export async function measureKind(
  kind: Kind['name'],
  count: number,
  wants: { floor: boolean; others?: readonly After[] },
): Promise<Measured> {
  const simulator = await startSimulator({ scenario: { credentials: credentials() } });
  const activity = { lastMs: 0 };
  const waitSeconds = WAIT_SECONDS[kind === 'unchanged' ? 'twice' : 'once'];
  const { system } = await startStack({
    wake: 'off',
    accounts: accountsAt(simulator.url),
    paused: true,
    isolation: { watch: 'process' },
    environment: {
      watch: { SCOPE_CALLS_PER_SECOND: '1000', POLL_MIN_SECONDS: `${waitSeconds}`, POLL_MAX_SECONDS: `${waitSeconds}` },
    },
    onRequest(caller, action) {
      if (caller === 'watch' && SETTLES.has(action)) activity.lastMs = performance.now();
    },
  });
  const places = placesOf(system);
  const outside = clientsOf(places.urls, 'bench');
  const bench = { simulator, system, outside, places, activity };
  try {
    await warmUp(bench);
    const jobs = await prepare(bench, kind, makeCrowd(count, 'job'));
    if (kind === 'unchanged') {
      await watchAll(bench, jobs);
      await sleep(Math.max(0, activity.lastMs + waitSeconds * WAIT_MOVED * 1000 - performance.now()));
      simulator.reset(['counters']);
    }
    const watch = await watchAll(bench, jobs, true);
    const others: Done[] = [];
    for (const after of wants.others ?? []) others.push(await after(places, jobs, accountsAt(simulator.url)));
    return { watch, floor: wants.floor ? await runFloor(bench, kind, watch) : null, others };
  } finally {
    await system.close();
    await simulator.close();
  }
}

const SETTLES = new Set(['sqs:ChangeMessageVisibilityBatch', 'sqs:DeleteMessageBatch']);

/** A job of each scope that has ended: the code is loaded, connections are open, keys are known to be good. */
async function warmUp({ simulator, system, outside, places }: Bench): Promise<void> {
  await submit(simulator, outside.sqs, places.pendingUrl, makeCrowd(SCOPES, 'warm'), 'Succeeded');
  const result = await system.invoke('watch');
  if (!result.ok) throw new Error(`watch: ${result.error.errorMessage}`);
}

async function prepare(
  { simulator, outside, places }: Bench,
  kind: Kind['name'],
  jobs: readonly CrowdJob[],
): Promise<readonly CrowdJob[]> {
  simulator.reset(['jobs', 'counters']);
  const owners = await submit(
    simulator,
    outside.sqs,
    places.pendingUrl,
    jobs,
    kind === 'ended' ? 'Succeeded' : 'Processing',
  );
  const dueMs = Date.now() + (kind === 'unchanged' ? jobs.length * WRITE_MS_EACH : 0);
  if (kind !== 'first') {
    const settings = { dynamodb: outside.dynamodb, table: places.jobsTable };
    await writeRecords(settings, jobs, owners, { kind, dueMs });
    await sleep(Math.max(0, dueMs - Date.now()));
  }
  return jobs;
}

/**
 * Ticks until every job was polled once, from the first invocation to the last message that was hidden or deleted.
 */
async function watchAll(bench: Bench, jobs: readonly CrowdJob[], isLast = false): Promise<Watched> {
  const { simulator, system, activity } = bench;
  const [pid] = system.pids('watch');
  if (pid === undefined) throw new Error('watch has no process of its own.');
  const pollsEver = () => Object.values(simulator.counters().polls).reduce((sum, times) => sum + times, 0);
  const pollsBefore = pollsEver();
  const polls = () => pollsEver() - pollsBefore;
  const cpu = () => ({
    own: cpuMsOf(pid),
    host: process.cpuUsage(),
    database: cpuMsOf(system.enginePid ?? process.pid),
  });
  system.resetRequestCounts();
  const before = cpu();
  const beganMs = performance.now();
  activity.lastMs = beganMs;
  let isDone = false;
  const ticks = (async () => {
    while (!isDone) await system.invoke('watch');
  })();
  do await sleep(CHECK_EVERY_MS);
  while (performance.now() - activity.lastMs < QUIET_MS || polls() < jobs.length);
  isDone = true;
  const own = cpuMsOf(pid) - before.own;
  const host = process.cpuUsage(before.host);
  const database = cpu().database - before.database;
  const requests = countRequests(bench, polls());
  const figures = { polls: polls(), wallMs: activity.lastMs - beganMs, cpuMs: own, peakMb: peakMbOf(pid), requests };
  if (isLast) await system.kill('watch');
  await ticks;
  return {
    ...figures,
    hostCpuMs: (host.user + host.system) / 1000,
    databaseCpuMs: database,
    recordBytes: bytesOf(await aRecord(bench)),
  };
}

function countRequests({ system, simulator }: Bench, polls: number): Record<string, number> {
  const own = Object.entries(system.requestCounts()['watch'] ?? {});
  const vendors = Object.entries(simulator.counters().requests).map(([api, actions]) => {
    const outcomes = Object.values(actions).flatMap((action) => Object.entries(action));
    const bad = outcomes.find(([outcome]) => outcome !== 'ok');
    if (bad !== undefined) throw new Error(`${api} answered ${bad[0]} ${bad[1]} times.`);
    return [`vendor:${api}`, outcomes.reduce((sum, [, requests]) => sum + requests, 0)] as const;
  });
  return Object.fromEntries([...own, ...vendors].map(([kind, requests]) => [kind, requests / polls]));
}

async function aRecord({ outside, places }: Bench): Promise<Record<string, AttributeValue>> {
  const { Items } = await outside.dynamodb.send(new ScanCommand({ TableName: places.jobsTable, Limit: 200 }));
  const item = Items?.find(({ jobId }) => jobId?.S?.startsWith('job-'));
  if (item === undefined) throw new Error('The run has left no record.');
  return item;
}

/**
 * About what DynamoDB counts: names, and values as text.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
 */
export function bytesOf(item: Readonly<Record<string, AttributeValue>>): number {
  return Buffer.byteLength(JSON.stringify(item).replaceAll(/"(S|N|M|L|BOOL|NULL)":|["{}[\],]/g, ''));
}

async function runFloor(bench: Bench, kind: Kind['name'], watch: Watched): Promise<Done> {
  const { simulator, outside, places } = bench;
  await outside.sqs.send(new PurgeQueueCommand({ QueueUrl: places.pendingUrl }));
  simulator.reset(['jobs', 'counters']);
  const jobs = makeCrowd(watch.polls, kind === 'first' ? 'floor' : 'job');
  await submit(simulator, outside.sqs, places.pendingUrl, jobs, kind === 'ended' ? 'Succeeded' : 'Processing');
  const item = await aRecord(bench);
  // What has polled before is compared with what has made its requests before.
  const isKnown = kind === 'unchanged';
  if (isKnown) await submit(simulator, outside.sqs, places.pendingUrl, jobs, 'Processing');
  const task: FloorTask = {
    places,
    jobs,
    item,
    requests: watch.requests,
    accounts: accountsAt(simulator.url),
    isKnown,
  };
  return runProgram('floor.ts', task);
}

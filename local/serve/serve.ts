import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { makeAuthenticate } from '../../lib/api/http/auth.ts';
import { VERSION } from '../../lib/base/version.ts';
import { type Cleanup, makeCleanup } from '../cleanup.ts';
import { DataError } from '../data/error.ts';
import { openFolder } from '../data/folder.ts';
import { lockFolder } from '../data/lock.ts';
import { readTokens } from '../data/tokens.ts';
import { awsCall } from '../gateway/aws-json.ts';
import { type System, type SystemOptions, startSystem } from '../system.ts';
import { stackFiles } from '../template/template.ts';
import { isFields } from '../template/values.ts';
import { checkAccounts, makeAccountStore } from './account-store.ts';
import type { ServeConfig } from './config.ts';
import { diskOf } from './disk.ts';
import { type Figures, makeFigures } from './figures.ts';
import { makeFront } from './front.ts';
import type { ServeLog } from './log.ts';

export interface ServeOptions {
  readonly config: ServeConfig;
  /** The folder that keeps everything. */
  readonly dir: string;
  /** The folder of a release: its template and the functions' zips. */
  readonly releaseDir: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly log: ServeLog;
  readonly clock: () => number;
  /** For tests: shorter leases, faster schedules. */
  readonly system?: Pick<SystemOptions, 'leaseSeconds' | 'speed' | 'environment' | 'dynamo' | 'paused'>;
}

export interface Served {
  readonly url: string;
  readonly system: System;
  /** Within ten seconds: takes no more requests, lets what is under way end for a while, ends the rest. */
  close(): Promise<void>;
}

const CLOSE_PATIENCE_MS = 5000;
const QUEUES = ['Pending', 'Deliveries', 'Rejected', 'DeadDeliveries'] as const;

/**
 * The stack of a release on this machine, in real time, with its data in one folder. Rejects with a DataError or a
 * ConfigError, with nothing left running, if it can't be.
 */
export async function startServe(options: ServeOptions): Promise<Served> {
  const { config, dir, env, log, clock } = options;
  const { template } = stackFiles(options.releaseDir);
  if (!existsSync(template)) throw new DataError(`${template} is not there: serve needs the folder of a release.`);
  const startedAtMs = clock();
  checkAccounts({ accounts: config.accounts, env, startedAtMs });
  const cleanup = makeCleanup();
  try {
    openFolder(dir, VERSION);
    const lock = lockFolder(dir);
    await cleanup.owns({ close: () => lock.release() });
    return await start(options, cleanup, startedAtMs);
  } catch (error) {
    await cleanup.run();
    log.error('serve.failed', { reason: error instanceof Error ? error.message : String(error) });
    throw error;
  }
}

async function start(options: ServeOptions, cleanup: Cleanup, startedAtMs: number): Promise<Served> {
  const { config, dir, env, log, clock } = options;
  const { stage, accounts } = config;
  const onUnreadable = (reason: string) => log.error('account.unreadable', { reason });
  const figures = makeFigures();
  let system: System | null = null;
  const front = makeFront({
    authenticate: makeAuthenticate({ readTokens: () => tokensIn(dir), clock, log: { ...log, warn: log.error } }),
    metrics: async () => figures.text(system === null ? {} : await gaugesOf(system, dir, startedAtMs)),
    disk: () => diskOf(dir),
  });
  const started = await startSystem({
    packageDir: options.releaseDir,
    // Whether the queue wakes workers is a part of the stack as well.
    stackParameters: { Stage: stage, CodeBucket: 'this-machine', Wake: config.variables['WAKE'] ?? 'on' },
    stackName: 'jobwatch-local',
    dataDir: dir,
    codeDir: join(dir, 'code'),
    isolation: 'process',
    parameterStore: makeAccountStore({ dir, stage, accounts, env, startedAtMs, onUnreadable }),
    callerKey: randomBytes(24).toString('hex'),
    httpAddress: config.address,
    httpPort: config.port,
    beforeRoutes: front,
    env: { PATH: `${join(options.releaseDir, 'bin')}:${env['PATH'] ?? ''}` },
    ...listenersOf(figures, log),
    ...options.system,
    environment: {
      ...options.system?.environment,
      '*': { ...config.variables, ...options.system?.environment?.['*'] },
    },
  });
  await cleanup.owns(started);
  system = started;
  const { urls, dynamoKind } = started;
  if (dynamoKind === 'dynalite')
    log.info('serve.portable', {
      reason: 'tables are kept by the portable engine: docs/run-it.md says what it can not do',
    });
  log.info('serve.ready', {
    url: urls.api,
    sqs: urls.sqs,
    version: VERSION,
    stage,
    tables: dynamoKind,
    accounts: Object.keys(accounts),
  });
  return { url: urls.api, system: started, close: () => close(started, cleanup, log) };
}

function listenersOf(figures: Figures, log: ServeLog) {
  return {
    onLog(name: string, line: string) {
      if (!figures.take(line)) log.pass(name, line);
    },
    onError(name: string, error: unknown) {
      log.error('function.failed', { function: name, reason: isFields(error) ? error : String(error) });
    },
    onInvoked: figures.invoked,
    onEngineDied(starts: number) {
      figures.engineDied();
      log.error('engine.died', { engine: 'dynamodb', starts });
    },
  };
}

async function tokensIn(dir: string) {
  const stored = readTokens(dir);
  return stored === null
    ? {
        kind: 'absent' as const,
        reason: `no token: "jobwatch token create NAME --scopes read --data ${dir}" makes one`,
      }
    : { kind: 'found' as const, text: stored.text };
}

/** Messages that can be received, are being worked on, and wait for their time. */
const MESSAGE_COUNTS = {
  visible: 'ApproximateNumberOfMessages',
  in_flight: 'ApproximateNumberOfMessagesNotVisible',
  delayed: 'ApproximateNumberOfMessagesDelayed',
} as const;

async function gaugesOf(system: System, dir: string, startedAtMs: number): Promise<Record<string, number>> {
  const gauges: Record<string, number> = { jobwatch_start_time_seconds: startedAtMs / 1000 };
  const disk = diskOf(dir);
  if (disk !== null) gauges['jobwatch_disk_free_bytes'] = disk.freeBytes;
  for (const queue of QUEUES) {
    const input = { QueueUrl: system.outputs[`${queue}QueueUrl`], AttributeNames: ['All'] };
    const { Attributes } = await awsCall(system.urls.sqs, 'sqs', 'GetQueueAttributes', input, { caller: 'serve' });
    const name = queue.replace(/(?<!^)([A-Z])/g, '_$1').toLowerCase();
    for (const [state, attribute] of Object.entries(MESSAGE_COUNTS))
      gauges[`jobwatch_queue_messages{queue="${name}",state="${state}"}`] = Number(
        isFields(Attributes) ? Attributes[attribute] : 0,
      );
  }
  return gauges;
}

/** What is cut off comes back when its lease is over, within two minutes. */
async function close(system: System, cleanup: Cleanup, log: ServeLog): Promise<void> {
  log.info('serve.stopping');
  const patience = new Promise((resolve) => setTimeout(resolve, CLOSE_PATIENCE_MS).unref());
  await Promise.race([system.pause('deliver', 'api'), patience]);
  await cleanup.run();
  log.info('serve.stopped');
}

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { findQueue, redrive } from '../../cli/queues/redrive.ts';
import { VERSION } from '../../lib/base/version.ts';
import { type ApiClient, makeApiClient, makeToken } from '../../local/client.ts';
import { openFolder } from '../../local/data/folder.ts';
import { saveTokens } from '../../local/data/tokens.ts';
import type { DynamoKind } from '../../local/engines/dynamo-engine.ts';
import { findDynoxide } from '../../local/engines/dynamodb.ts';
import { freePort } from '../../local/engines/free-port.ts';
import { type Receiver, startReceiver } from '../../local/receiver.ts';
import { parseConfig } from '../../local/serve/config.ts';
import { makeServeLog } from '../../local/serve/log.ts';
import { type Served, startServe } from '../../local/serve/serve.ts';
import { SAMPLE_CREDENTIALS, sampleAccounts } from '../../local/simulator/samples.ts';
import type { Simulator } from '../../local/simulator/simulator.ts';
import { startSimulator } from '../../local/simulator/start.ts';
import { pidOf } from '../../local/trial/supervised.ts';
import { makeRelease } from '../../scripts/release/release.ts';

/**
 * Goal: one machine keeps what it has acknowledged, through kills, a full disk and a write that was cut off. Method: the
 * stack of a release, its files, and SIGKILL.
 */
const ROOT = join(import.meta.dirname, '../..');
interface Submitted {
  readonly accepted: readonly unknown[];
  readonly rejected: readonly unknown[];
}

const hasEngine = findDynoxide(process.env['PATH'] ?? '') !== null;

const ENGINES: readonly (readonly [DynamoKind, string])[] = [
  ['dynoxide', 'dynamodb.sqlite'],
  ['dynalite', 'dynalite.sqlite'],
];

let release = '';
let home = '';
let dir = '';
let token = '';
let simulator: Simulator;
let receiver: Receiver;
let accounts: Record<string, { file: string }> = {};
const children: ChildProcess[] = [];

beforeAll(async () => {
  release = await makeRelease(ROOT);
}, 90_000);

beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'jobwatch-served-'));
  dir = join(home, 'data');
  simulator = await startSimulator({ scenario: { credentials: [...SAMPLE_CREDENTIALS] } });
  receiver = await startReceiver();
  const files = Object.entries(sampleAccounts(simulator)).map(([name, account]) => {
    const file = join(home, `${name}.json`);
    writeFileSync(file, JSON.stringify(account), { mode: 0o600 });
    return [name, { file }] as const;
  });
  accounts = Object.fromEntries(files);
});

afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await receiver.close();
  await simulator.close();
  rmSync(home, { recursive: true, force: true });
});

afterAll(() => vi.restoreAllMocks());

function prepare(folder = dir): void {
  const made = makeToken();
  token = made.token;
  openFolder(folder, VERSION);
  saveTokens(folder, made.parameter);
}

const configOf = (port: number) => JSON.stringify({ port, accounts, allowedCidrs: ['127.0.0.0/8'] });

async function serve(folder = dir, dynamo: DynamoKind = 'dynoxide'): Promise<{ served: Served; api: ApiClient }> {
  const config = parseConfig(configOf(await freePort()), 'the test');
  const options = { config, dir: folder, releaseDir: release, env: process.env, clock: Date.now };
  const system = { dynamo, speed: 30, leaseSeconds: 3 };
  const served = await startServe({ ...options, log: makeServeLog(() => undefined, Date.now), system });
  return { served, api: makeApiClient(served.url, token) };
}

const nlb = (jobId: string) => ({ api: 'alibaba.nlb', region: 'cn-hangzhou', jobId });
const statusOf = async (url: string, headers: Record<string, string> = {}) => (await fetch(url, { headers })).status;

async function startProcess(port: number): Promise<ChildProcess> {
  const child = spawn(process.execPath, [join(ROOT, 'test/local/fixtures/serve.ts'), configOf(port), dir, release], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  const lines = createInterface(child.stdout as NodeJS.ReadableStream);
  await new Promise<void>((resolve) => lines.on('line', (line) => line.includes('serve.ready') && resolve()));
  return child;
}

describe.runIf(hasEngine && process.platform === 'linux')('serve', () => {
  test('loses nothing when its process tree and its engine are killed, and tells each end once', {
    timeout: 120_000,
  }, async () => {
    prepare();
    const port = await freePort();
    const api = makeApiClient(`http://127.0.0.1:${port}`, token);
    let child = await startProcess(port);
    const { secret } = await api.post<{ secret: string }>('/subscriptions', { url: receiver.url });
    receiver.trust(secret);
    const jobs = Array.from({ length: 12 }, (_, number) => `kill-${number}`);
    for (const jobId of jobs)
      simulator.addJob({
        api: 'alibaba.nlb',
        jobId,
        steps: [{ status: 'Processing', forSeconds: 4 }, { status: 'Succeeded' }],
      });
    const told = () => receiver.received.filter(({ type }) => type === 'jobwatch.job.succeeded');
    const toldJobs = (count: number) => () => expect(new Set(told().map(({ jobId }) => jobId)).size).toBe(count);
    // A key that dies in its first call twice is left alone for minutes: that is not what this is about.
    simulator.addJob({ api: 'alibaba.nlb', jobId: 'first', steps: [{ status: 'Succeeded' }] });
    await api.post('/jobs', nlb('first'));
    await vi.waitFor(toldJobs(1), { timeout: 30_000, interval: 50 });
    await api.post('/jobs', { jobs: jobs.map(nlb) });
    for (const victim of ['engine', 'tree', 'deliver', 'tree'] as const) {
      const pid = pidOf(victim, child.pid ?? null, () => 0);
      if (pid !== null) process.kill(pid, 'SIGKILL');
      if (victim !== 'tree') continue;
      if (child.signalCode === null) await once(child, 'exit');
      child = await startProcess(port);
    }
    // A leader that was killed is followed when its lease of 15 s is over.
    await vi.waitFor(toldJobs(jobs.length + 1), { timeout: 80_000, interval: 100 });
    child.kill('SIGTERM');
    await once(child, 'exit');
    expect(new Set(told().map(({ id }) => id)).size).toBe(jobs.length + 1);
    expect(receiver.received.filter(({ problem }) => problem !== null)).toEqual([]);
    // Nothing is left of the processes that were killed.
    expect(readdirSync(dir).toSorted()).toEqual(
      expect.arrayContaining(['dynamodb.sqlite', 'fauxqs.db', 'jobwatch.json']),
    );
  });

  test('lets nobody in without a token, and shows its figures to one that may read', { timeout: 30_000 }, async () => {
    prepare();
    const { served } = await serve();
    try {
      const metrics = `${served.url}/metrics`;
      expect(await statusOf(metrics)).toBe(401);
      expect(await statusOf(`${served.url}/v1/jobs`)).toBe(401);
      const answer = await fetch(metrics, { headers: { authorization: `Bearer ${token}` } });
      expect(answer.headers.get('content-type')).toContain('text/plain; version=0.0.4');
      expect(await answer.text()).toContain('jobwatch_queue_messages{queue="pending",state="visible"} 0');
      const other = makeToken();
      saveTokens(dir, other.parameter.replace('"read",', ''));
      // The list is kept for a minute by whoever has read it; a second door reads it anew.
      const ssm = await fetch(served.system.urls.ssm, {
        method: 'POST',
        headers: { 'x-amz-target': 'AmazonSSM.GetParameter', authorization: 'AWS4-HMAC-SHA256 Credential=watch/x' },
        body: JSON.stringify({ Name: '/jobwatch/prod/accounts/default', WithDecryption: true }),
      });
      expect([ssm.status, await ssm.text()]).toEqual([400, expect.stringContaining('has not the key of a function')]);
      await expect(serve()).rejects.toThrow('is in use by another process');
    } finally {
      await served.close();
    }
  });

  test('tells why a message was rejected, and it can be put back', { timeout: 60_000 }, async () => {
    prepare();
    const { served, api } = await serve();
    const sqs = new SQSClient(served.system.clientSettings('sqs'));
    try {
      const [from, to] = [
        await findQueue(sqs, 'local', 'RejectedQueue'),
        await findQueue(sqs, 'local', 'PendingQueue'),
      ];
      const body = '{"api":"alibaba.nlb","region":"cn-hangzhou","jobId":"a","password":"swordfish"}';
      await sqs.send(new SendMessageCommand({ QueueUrl: to ?? '', MessageBody: body }));
      const told = await vi.waitFor(
        async () => {
          const { messages } = await api.get<{ messages: { id: string; reason: string }[] }>('/queues/rejected');
          expect(messages.map(({ reason }) => reason)).toEqual([expect.stringContaining('password: unknown field')]);
          return messages;
        },
        { timeout: 40_000, interval: 500 },
      );
      expect(JSON.stringify(told)).not.toContain('swordfish');
      const options = { kind: 'rejected', from: from ?? '', to: to ?? '', max: null, dryRun: true } as const;
      const listed: string[] = [];
      const io = { say: () => undefined, wait: async () => undefined, nowMs: Date.now, waitSeconds: 2 };
      const list = ({ id }: { readonly id: string }) => void listed.push(id);
      expect(await redrive(options, { sqs, list, ...io })).toEqual({ moved: 0, left: 1 });
      expect(listed).toEqual(told.map(({ id }) => id));
    } finally {
      sqs.destroy();
      await served.close();
    }
  });

  test.each(ENGINES)('goes on after a write that was cut off (%s)', { timeout: 40_000 }, async (kind, tables) => {
    prepare();
    const { served, api } = await serve(dir, kind);
    await api.post('/jobs', nlb('first'));
    await api.post('/jobs', nlb('last'));
    // What the disk has at that instant, as a loss of power leaves it.
    const torn = join(home, 'torn');
    cpSync(dir, torn, { recursive: true, filter: (path) => !path.endsWith('lock') });
    await served.close();
    for (const name of [`${tables}-wal`, 'fauxqs.db-wal']) {
      const wal = join(torn, name);
      expect(existsSync(wal), name).toBe(true);
      truncateSync(wal, statSync(wal).size - 100);
    }
    const again = await serve(torn, kind);
    try {
      const { jobs } = await again.api.get<{ jobs: { jobId: string }[] }>('/jobs');
      expect(jobs.map(({ jobId }) => jobId)).toContain('first');
      await again.api.post('/jobs', nlb('last'));
      expect((await again.api.get<{ jobs: unknown[] }>('/jobs')).jobs).toHaveLength(2);
    } finally {
      await again.served.close();
    }
  });

  describe.runIf(process.getuid?.() === 0)('on a small disk', () =>
    test.for(ENGINES)(
      'says that it is full, acknowledges nothing then, and goes on (%s)',
      {
        timeout: 60_000,
      },
      async ([kind], context) => {
        mkdirSync(dir);
        try {
          execFileSync('sh', ['-c', `mount -t tmpfs -o size=24m tmpfs ${dir}`], { stdio: 'ignore' });
        } catch {
          // A container may not mount anything.
          return context.skip();
        }
        let running: Served | null = null;
        try {
          prepare();
          const { served, api } = await serve(dir, kind);
          running = served;
          await api.post('/jobs', nlb('before'));
          const filler = join(dir, 'lost+found');
          execFileSync('sh', ['-c', `cat /dev/zero > ${filler} 2>/dev/null || true`]);
          expect(await statusOf(`${served.url}/v1/health`)).toBe(503);
          for (let number = 0; number < 3; number += 1)
            expect(await api.post<Submitted>('/jobs', nlb(`full-${number}`))).toMatchObject({
              accepted: [],
              rejected: [{ retryable: true }],
            });
          rmSync(filler);
          expect(await statusOf(`${served.url}/v1/health`)).toBe(200);
          const submitAgain = async () =>
            expect((await api.post<Submitted>('/jobs', nlb('after'))).rejected).toEqual([]);
          await vi.waitFor(submitAgain, { timeout: 20_000, interval: 500 });
          const { jobs } = await api.get<{ jobs: { jobId: string }[] }>('/jobs');
          expect(jobs.map(({ jobId }) => jobId)).toEqual(['after', 'before']);
        } finally {
          await running?.close();
          execFileSync('sh', ['-c', `umount ${dir}`]);
        }
      },
    ),
  );
});

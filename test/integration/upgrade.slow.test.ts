import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { brotliDecompressSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { VERSION } from '../../lib/base/version.ts';
import { makeApiClient, makeToken } from '../../local/client.ts';
import { clockOffsetMs, moveClock } from '../../local/clock.ts';
import { backup, restore } from '../../local/data/backup.ts';
import { DATA_FORMAT, formatOf } from '../../local/data/folder.ts';
import { readTokens, saveTokens } from '../../local/data/tokens.ts';
import { findDynoxide } from '../../local/engines/dynamodb.ts';
import { freePort } from '../../local/engines/free-port.ts';
import { type Receiver, startReceiver } from '../../local/receiver.ts';
import { parseConfig } from '../../local/serve/config.ts';
import { makeServeLog } from '../../local/serve/log.ts';
import { type Served, startServe } from '../../local/serve/serve.ts';
import { SAMPLE_CREDENTIALS, sampleAccounts } from '../../local/simulator/samples.ts';
import type { Simulator } from '../../local/simulator/simulator.ts';
import { startSimulator } from '../../local/simulator/start.ts';
import { makeRelease } from '../../scripts/release/release.ts';

/**
 * Goal: what an older build has left in its folder goes on. Method: folders that older builds really wrote, up to the
 * SIGKILL of their machine (test/fixtures/older-folders/README.md), served by today's release.
 */
const ROOT = join(import.meta.dirname, '../..');
const FOLDERS = join(ROOT, 'test/fixtures/older-folders');
const hasEngine = findDynoxide(process.env['PATH'] ?? '') !== null;
/** Long enough for leases to run out, short enough for every job's deadline. */
const DOWN_MS = 3_600_000;

interface Facts {
  readonly killedAt: string;
  readonly token: string;
  readonly subscriptions: Readonly<Record<'good' | 'bad', { readonly id: string; readonly secret: string }>>;
}
interface Listed {
  readonly jobs: readonly { readonly jobId: string; readonly phase: string }[];
}

const OPEN = ['nlb-1', 'nlb-2', 'nlb-3', 'queued', 'v3-1'];
const JOBS = ['ended', ...OPEN];

let release = '';
let home = '';
let simulator: Simulator;
let good: Receiver;
let bad: Receiver;
const running = new Set<Served>();

beforeAll(async () => {
  release = await makeRelease(ROOT);
}, 90_000);

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'jobwatch-upgrade-'));
});

afterEach(async () => {
  for (const served of running) await served.close();
  running.clear();
  await good?.close();
  await bad?.close();
  await simulator?.close();
  rmSync(home, { recursive: true, force: true });
});

afterAll(() => moveClock(-clockOffsetMs()));

/** The folder as it was, the clock as it is when the machine is there again, and vendors whose jobs have ended. */
async function prepare(name: string): Promise<{ dir: string; facts: Facts }> {
  const facts = JSON.parse(readFileSync(join(FOLDERS, `${name}.json`), 'utf8')) as Facts;
  const dir = join(home, 'data');
  mkdirSync(dir);
  for (const file of readdirSync(join(FOLDERS, name)))
    writeFileSync(join(dir, basename(file, '.br')), brotliDecompressSync(readFileSync(join(FOLDERS, name, file))));
  moveClock(Date.parse(facts.killedAt) + DOWN_MS - Date.now());
  const jobs = JOBS.map((jobId) =>
    jobId === 'v3-1'
      ? { api: 'huawei.elb.v3', jobId, projectId: 'project-0', steps: [{ status: 'SUCCESS' }] }
      : { api: 'alibaba.nlb', jobId, steps: [{ status: 'Succeeded' }] },
  );
  simulator = await startSimulator({ scenario: { credentials: [...SAMPLE_CREDENTIALS], jobs } });
  [good, bad] = await Promise.all([startReceiver(), startReceiver()]);
  good.trust(facts.subscriptions.good.secret);
  bad.trust(facts.subscriptions.bad.secret);
  return { dir, facts };
}

/** Nothing is polled or delivered before `resume`. */
async function serve(dir: string, token: string) {
  const accounts = Object.entries(sampleAccounts(simulator)).map(([name, account]) => {
    const file = join(home, `${name}.json`);
    writeFileSync(file, JSON.stringify(account), { mode: 0o600 });
    return [name, { file }] as const;
  });
  // Ticks come every two seconds: workers of the queue would only stand in their way.
  const given = {
    port: await freePort(),
    accounts: Object.fromEntries(accounts),
    allowedCidrs: ['127.0.0.0/8'],
    wake: 'off',
  };
  const served = await startServe({
    config: parseConfig(JSON.stringify(given), 'the test'),
    dir,
    releaseDir: release,
    env: process.env,
    log: makeServeLog(() => undefined, Date.now),
    clock: () => Date.now(),
    system: { speed: 30, leaseSeconds: 3, paused: true },
  });
  running.add(served);
  const close = async () => {
    running.delete(served);
    await served.close();
  };
  return { served, close, api: makeApiClient(served.url, token) };
}

/** Its port was another one when the folder was made: the address is changed, and nothing else. */
async function pointAt(url: string, id: string, to: string, token: string): Promise<void> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const answer = await fetch(`${url}/v1/subscriptions/${id}`, {
    method: 'PATCH',
    headers,
    body: JSON.stringify({ url: to }),
  });
  expect(answer.status).toBe(200);
}

function tokenOf(dir: string, facts: Facts): string {
  // The playground's tokens are not in its folder.
  if (readTokens(dir) === null) saveTokens(dir, makeToken(facts.token).parameter);
  return facts.token;
}

const phasesIn = ({ jobs }: Listed) => Object.fromEntries(jobs.map(({ jobId, phase }) => [jobId, phase]));
/** The ids of the events that told of each job's end, by the vendor's id of the job. */
const toldBy = ({ received }: Receiver) => {
  const ends = received.filter(({ type }) => type === 'jobwatch.job.succeeded');
  const bySubject = Map.groupBy(ends, ({ event }) => String((event as { subject?: string } | null)?.subject));
  return Object.fromEntries([...bySubject].map(([jobId, told]) => [jobId, new Set(told.map(({ id }) => id)).size]));
};
const once = (jobs: readonly string[]) => Object.fromEntries(jobs.map((jobId) => [jobId, 1]));

const names = readdirSync(FOLDERS, { withFileTypes: true }).flatMap((one) => (one.isDirectory() ? [one.name] : []));

describe.runIf(hasEngine && process.platform === 'linux').each(names)('the folder of %s', (name) => {
  test('is taken over: each job comes to its end, told once, and a backup of it restores', {
    timeout: 120_000,
  }, async () => {
    const { dir, facts } = await prepare(name);
    const token = tokenOf(dir, facts);
    const { served, close, api } = await serve(dir, token);
    expect(formatOf(dir)).toEqual({ format: DATA_FORMAT, version: VERSION });
    const before = phasesIn(await api.get<Listed>('/jobs'));
    expect(before).toEqual({
      ...Object.fromEntries(OPEN.map((jobId) => [jobId, 'running'])),
      queued: 'pending',
      ended: 'succeeded',
    });
    await pointAt(served.url, facts.subscriptions.good.id, good.url, token);
    await pointAt(served.url, facts.subscriptions.bad.id, bad.url, token);
    served.system.resume();
    // The second one's endpoint was out of order when the first job ended: that event still waits for it.
    await vi.waitFor(() => expect([toldBy(good), toldBy(bad)]).toEqual([once(OPEN), once(JOBS)]), {
      timeout: 100_000,
      interval: 100,
    });
    expect([...good.received, ...bad.received].filter(({ problem }) => problem !== null)).toEqual([]);
    const ends = phasesIn(await api.get<Listed>('/jobs'));
    expect(ends).toEqual(Object.fromEntries(JOBS.map((jobId) => [jobId, 'succeeded'])));
    backup(dir, join(home, 'backup'), VERSION);
    await close();
    restore(join(home, 'restored'), join(home, 'backup'), VERSION);
    const again = await serve(join(home, 'restored'), token);
    expect(phasesIn(await again.api.get<Listed>('/jobs'))).toEqual(ends);
  });

  test('can be copied by a backup before it is taken over', { timeout: 60_000 }, async () => {
    const { dir, facts } = await prepare(name);
    const token = tokenOf(dir, facts);
    backup(dir, join(home, 'backup'), VERSION);
    restore(join(home, 'restored'), join(home, 'backup'), VERSION);
    const { api } = await serve(join(home, 'restored'), token);
    expect(Object.keys(phasesIn(await api.get<Listed>('/jobs'))).toSorted()).toEqual(JOBS.toSorted());
  });
});

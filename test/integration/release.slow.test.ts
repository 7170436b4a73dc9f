import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeApiClient } from '../../local/client.ts';
import { freePort } from '../../local/engines/free-port.ts';
import { type Receiver, startReceiver } from '../../local/receiver.ts';
import { SAMPLE_CREDENTIALS, sampleAccounts } from '../../local/simulator/samples.ts';
import type { Simulator } from '../../local/simulator/simulator.ts';
import { startSimulator } from '../../local/simulator/start.ts';
import { type Stack, startStack } from '../../local/stack.ts';
import { makeRelease } from '../../scripts/release/release.ts';
import { startProcess } from '../cli/support.ts';

/**
 * Goal: what a release holds is all that is needed. Method: its folder, copied to where no sources are, on engines of
 * this machine; and its npm package, installed without a network into an empty folder.
 */
const ROOT = join(import.meta.dirname, '../..');
const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };

let home = '';
let release = '';
let simulator: Simulator;
let receiver: Receiver;
let stack: Stack;
const told = new Map<string, () => void>();

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'jobwatch-released-'));
  release = join(home, 'release');
  cpSync(await makeRelease(ROOT), release, { recursive: true });
  const jobs = ['nlb-1', 'nlb-2', 'nlb-3'].map((jobId) => ({
    api: 'alibaba.nlb',
    jobId,
    steps: [{ status: 'Succeeded' }],
  }));
  simulator = await startSimulator({ scenario: { credentials: [...SAMPLE_CREDENTIALS], jobs } });
  receiver = await startReceiver(({ type, event }) =>
    told.get(`${type} ${(event as { subject?: string } | null)?.subject}`)?.(),
  );
  stack = await startStack({
    packageDir: release,
    stackParameters: { Stage: 'released', CodeBucket: 'bucket', PollMaxSeconds: '60', WatchReservedConcurrency: '1' },
    accounts: sampleAccounts(simulator),
    speed: 30,
  });
  const { secret } = await stack.api.post<{ secret: string }>('/subscriptions', { url: receiver.url });
  receiver.trust(secret);
}, 90_000);

afterAll(async () => {
  await stack?.system.close();
  await receiver?.close();
  await simulator?.close();
  rmSync(home, { recursive: true, force: true });
}, 30_000);

test('the folder of a release alone brings a job to a webhook', { timeout: 40_000 }, async () => {
  expect(stack.system.stage).toBe('released');
  expect(stack.system.functions.toSorted()).toEqual(
    readdirSync(join(ROOT, 'functions')).filter((name) => name !== 'common'),
  );
  const arrived = new Promise<void>((resolve) => told.set('jobwatch.job.succeeded nlb-1', resolve));
  await stack.api.post('/jobs', { api: 'alibaba.nlb', region: 'cn-hangzhou', jobId: 'nlb-1' });
  await arrived;
  expect(receiver.received.map(({ type, problem }) => [type, problem])).toEqual([['jobwatch.job.succeeded', null]]);
});

test('its npm package installs offline into an empty folder, and waits for a job', { timeout: 60_000 }, async () => {
  const folder = join(home, 'empty');
  mkdirSync(folder);
  const env = { PATH: `${dirname(process.execPath)}:${process.env['PATH']}`, HOME: home };
  const tarball = join(release, `jobwatch-${version}.tgz`);
  await promisify(execFile)('npm', ['install', '--offline', '--no-audit', '--no-fund', tarball], { cwd: folder, env });
  expect(readdirSync(join(folder, 'node_modules')).filter((name) => !name.startsWith('.'))).toEqual(['jobwatch']);

  const bin = join(folder, 'node_modules/.bin/jobwatch');
  const settings = { ...env, JOBWATCH_URL: stack.system.urls.api, JOBWATCH_TOKEN: stack.token };
  const run = (...args: readonly string[]) => startProcess(bin, args, settings).ended;
  expect(await run('--version')).toMatchObject({ code: 0, stdout: `${version}\n`, stderr: '' });
  const place = ['--api', 'alibaba.nlb', '--region', 'cn-hangzhou'];
  expect(await run('submit', ...place, 'nlb-2')).toMatchObject({ code: 0, stderr: '' });
  const waited = await run('wait', 'nlb-2', ...place, '--timeout', '30s');
  expect([waited.code, waited.stdout]).toEqual([0, expect.stringContaining('1 succeeded')]);
});

/** The packages of the release, installed without a network into a new folder. */
async function installServe(name: string) {
  const folder = join(home, name);
  mkdirSync(folder);
  const env = { PATH: `${dirname(process.execPath)}:${process.env['PATH']}`, HOME: home };
  const tarballs = ['jobwatch-serve', 'jobwatch'].map((one) => join(release, `${one}-${version}.tgz`));
  const args = ['install', '--offline', '--no-audit', '--no-fund', ...tarballs];
  await promisify(execFile)('npm', args, { cwd: folder, env });
  const program = (bin: string, ...given: readonly string[]) =>
    startProcess(join(folder, 'node_modules/.bin', bin), given, env);
  const data = join(folder, 'data');
  const config = join(folder, 'serve.json');
  const serve = async () => {
    const served = program('jobwatch-serve', '--config', config, '--data', data);
    await served.until(/"serve\.ready"/);
    return served;
  };
  return { folder, program, serve, data, config };
}

test('its package for one machine installs offline, and serves from there', { timeout: 60_000 }, async () => {
  const { program, serve, data, config } = await installServe('machine');
  const port = await freePort();
  writeFileSync(config, JSON.stringify({ port }));
  const made = await program('jobwatch', 'token', 'create', 'ci', '--data', data, '--scopes', 'read').ended;
  expect(made).toMatchObject({ code: 0 });
  const served = await serve();
  const authorization = `Bearer ${made.stdout.trim()}`;
  const answer = await fetch(`http://127.0.0.1:${port}/metrics`, { headers: { authorization } });
  expect([answer.status, await answer.text()]).toEqual([200, expect.stringContaining('jobwatch_jobs_asked_total 0')]);
  const second = await program('jobwatch-serve', '--config', config, '--data', data).ended;
  expect([second.code, second.stderr]).toEqual([1, expect.stringContaining('is in use by another process')]);
  served.child.kill('SIGTERM');
  expect(await served.ended).toMatchObject({ code: 0 });
});

test('without its program for tables it serves on the portable engine, and keeps what it had', {
  timeout: 90_000,
}, async () => {
  const { folder, program, serve, data, config } = await installServe('portable');
  // As on a machine for which there is none.
  rmSync(join(folder, 'node_modules/jobwatch-serve/bin'), { recursive: true });
  const account = join(folder, 'alibaba.json');
  writeFileSync(account, JSON.stringify(sampleAccounts(simulator)['default']), { mode: 0o600 });
  const port = await freePort();
  const accounts = { default: { file: account } };
  writeFileSync(config, JSON.stringify({ port, accounts, allowedCidrs: ['127.0.0.0/8'] }));
  const scopes = 'read,jobs:write,subscriptions:write';
  const made = await program('jobwatch', 'token', 'create', 'ci', '--data', data, '--scopes', scopes).ended;
  const api = makeApiClient(`http://127.0.0.1:${port}`, made.stdout.trim());
  const arrived = new Promise<void>((resolve) => told.set('jobwatch.job.succeeded nlb-3', resolve));
  let served = await serve();
  await api.post('/subscriptions', { url: receiver.printUrl });
  await api.post('/jobs', { api: 'alibaba.nlb', region: 'cn-hangzhou', jobId: 'nlb-3' });
  await arrived;
  served.child.kill('SIGKILL');
  const { stdout } = await served.ended;
  expect(stdout).toContain('"tables":"dynalite"');
  expect(stdout).toContain('serve.portable');
  served = await serve();
  const { jobs } = await api.get<{ jobs: { jobId: string; phase: string }[] }>('/jobs');
  expect(jobs).toMatchObject([{ jobId: 'nlb-3', phase: 'succeeded' }]);
  const out = join(folder, 'backup');
  expect(await program('jobwatch', 'backup', '--data', data, '--out', out).ended).toMatchObject({ code: 0 });
  served.child.kill('SIGTERM');
  expect(await served.ended).toMatchObject({ code: 0 });
  // Tables that the missing program wrote are not begun anew.
  renameSync(join(data, 'dynalite.sqlite'), join(data, 'dynamodb.sqlite'));
  const refused = await program('jobwatch-serve', '--config', config, '--data', data).ended;
  expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('has tables of dynoxide')]);
});

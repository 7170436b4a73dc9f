import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { brotliCompressSync, constants } from 'node:zlib';

/**
 * Makes a folder as an older build leaves it when its machine dies, for test/integration/upgrade.slow.test.ts: with jobs
 * that are open, polled or not, one that has ended, a webhook that has heard of it and one that has not. It uses nothing
 * of today's code, so it goes with any build.
 */
const USAGE = `node scripts/older-folder.ts --checkout DIR --kind start|serve --out NAME

  --checkout DIR  the older build, with its packages
  --kind KIND     what is run there: "npm start -- --data", or "npm run serve"
  --out NAME      of the folder and the file in test/fixtures/older-folders`;
const FOLDERS = join(import.meta.dirname, '../test/fixtures/older-folders');
/** Those of the simulator's samples, which are nobody's. */
const KEYS = [
  { vendor: 'alibaba', accessKeyId: 'SAMPLEALIBABAKEY', accessKeySecret: 'sample-alibaba-secret' },
  { vendor: 'huawei', accessKeyId: 'SAMPLEHUAWEIKEY', accessKeySecret: 'sample-huawei-secret' },
];
const NLB = { api: 'alibaba.nlb', region: 'cn-hangzhou' };
const V3 = { api: 'huawei.elb.v3', region: 'eu-de', projectId: 'project-0', account: 'huawei' };
const OPEN = ['Processing', 'RUNNING'];
const SPECS = [
  { api: NLB.api, jobId: 'ended', steps: [{ status: 'Succeeded' }] },
  ...['nlb-1', 'nlb-2', 'nlb-3', 'queued'].map((jobId) => ({ api: NLB.api, jobId, steps: [{ status: OPEN[0] }] })),
  { api: V3.api, jobId: 'v3-1', projectId: V3.projectId, steps: [{ status: OPEN[1] }] },
];
const PATIENCE_MS = 300_000;
const BROTLI = { params: { [constants.BROTLI_PARAM_LGWIN]: 24 } };

interface Running {
  readonly child: ChildProcess;
  readonly url: string;
  readonly token: string;
}

const { values } = parseArgs({
  options: { checkout: { type: 'string' }, kind: { type: 'string' }, out: { type: 'string' } },
});
if (values.checkout === undefined || values.out === undefined || !['start', 'serve'].includes(values.kind ?? ''))
  console.log(USAGE);
else await make(resolve(values.checkout), values.kind === 'serve', values.out);

async function make(checkout: string, isServe: boolean, name: string): Promise<void> {
  const home = mkdtempSync(join(tmpdir(), 'jobwatch-older-'));
  const data = join(home, 'data');
  const [good, bad] = [await endpoint(204), await endpoint(503)];
  const { child, url, token } = await (isServe ? serve : start)(checkout, home, data);
  const call = caller(url, token);
  const subscribe = async (to: Server, label: string) => {
    const made = await call('POST', '/subscriptions', { url: `${addressOf(to)}/${label}`, types: ['jobwatch.*'] });
    return { id: made['id'], secret: made['secret'] };
  };
  const subscriptions = { good: await subscribe(good, 'good'), bad: await subscribe(bad, 'bad') };
  await call('POST', '/jobs', { ...NLB, jobId: 'ended' });
  await until(call, ({ jobId, phase }) => jobId === 'ended' && phase === 'succeeded');
  for (const jobId of ['nlb-1', 'nlb-2', 'nlb-3']) await call('POST', '/jobs', { ...NLB, jobId });
  await call('POST', '/jobs', { ...V3, jobId: 'v3-1' });
  for (const wanted of ['nlb-1', 'nlb-2', 'nlb-3', 'v3-1'])
    await until(call, ({ jobId, phase }) => jobId === wanted && phase === 'running');
  // Never polled: the machine dies before.
  await call('POST', '/jobs', { ...NLB, jobId: 'queued' });
  const killedAt = new Date().toISOString();
  process.kill(-(child.pid ?? 0), 'SIGKILL');
  await once(child, 'exit');
  await sleep(500);
  for (const server of [good, bad]) server.close();
  const out = join(FOLDERS, name);
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out);
  // SQLite makes the shared memory of a log (-shm) again.
  const files = readdirSync(data, { withFileTypes: true }).filter((one) => one.isFile() && !one.name.endsWith('-shm'));
  for (const file of files)
    writeFileSync(join(out, `${file.name}.br`), brotliCompressSync(readFileSync(join(data, file.name)), BROTLI));
  writeFileSync(join(FOLDERS, `${name}.json`), `${JSON.stringify({ killedAt, token, subscriptions }, null, 2)}\n`);
  rmSync(home, { recursive: true });
  process.exit(0);
}

/** `npm start -- --data`: it brings a simulator of its own. */
async function start(checkout: string, home: string, data: string): Promise<Running> {
  const scenario = join(home, 'scenario.json');
  // The accounts of the playground have the keys of the samples.
  writeFileSync(scenario, JSON.stringify({ jobs: SPECS }));
  const child = run(checkout, ['local/start.ts', '--data', data, '--scenario', scenario]);
  const said = await linesUntil(child, /HTTP API .*\/v1/);
  const token = /token=(\S+)/.exec(said)?.[1] ?? '';
  return { child, token, url: /HTTP API +(\S+)\/v1/.exec(said)?.[1] ?? '' };
}

async function serve(checkout: string, home: string, data: string): Promise<Running> {
  const load = (path: string) => import(pathToFileURL(join(checkout, path)).href);
  const { startSimulator } = await load('local/simulator/start.ts');
  const simulator = await startSimulator({ scenario: { credentials: KEYS, jobs: SPECS } });
  const files = KEYS.map((key) => {
    const file = join(home, `${key.vendor}.json`);
    writeFileSync(file, JSON.stringify({ ...key, endpoints: simulator.endpointsOf(key.vendor) }), { mode: 0o600 });
    return [key.vendor === 'alibaba' ? 'default' : key.vendor, { file }] as const;
  });
  const port = await freePort();
  const config = join(home, 'serve.json');
  writeFileSync(config, JSON.stringify({ port, accounts: Object.fromEntries(files), allowedCidrs: ['127.0.0.0/8'] }));
  mkdirSync(data, { mode: 0o700 });
  const create = ['token', 'create', 'ci', '--data', data, '--scopes', 'read,jobs:write,subscriptions:write'];
  const made = run(checkout, ['cli/main.ts', ...create]);
  const token = (await linesUntil(made, /jw_/)).trim();
  const release = run(checkout, ['scripts/release/release.ts', '--quiet']);
  await once(release, 'exit');
  const child = run(checkout, ['local/serve/main.ts', '--config', config, '--data', data]);
  await linesUntil(child, /"serve\.ready"/);
  return { child, token, url: `http://127.0.0.1:${port}` };
}

function run(cwd: string, args: readonly string[]): ChildProcess {
  return spawn(process.execPath, args, { cwd, stdio: ['ignore', 'pipe', 'inherit'], detached: true });
}

async function linesUntil(child: ChildProcess, wanted: RegExp): Promise<string> {
  let said = '';
  if (child.stdout === null) throw new Error('no output');
  const lines = createInterface(child.stdout);
  for await (const line of lines) {
    said += `${line}\n`;
    if (wanted.test(said)) break;
  }
  child.stdout.resume();
  return said;
}

type Fields = Record<string, unknown>;
type Call = (method: string, path: string, body?: unknown) => Promise<Fields>;

function caller(url: string, token: string): Call {
  return async (method, path, body) => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const given = body === undefined ? {} : { body: JSON.stringify(body) };
    const answer = await fetch(`${url}/v1${path}`, { method, headers, ...given });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return JSON.parse(text) as Fields;
  };
}

async function until(call: Call, isIt: (job: Fields) => boolean): Promise<void> {
  for (const end = Date.now() + PATIENCE_MS; Date.now() < end; await sleep(200)) {
    const { jobs } = (await call('GET', '/jobs')) as { jobs: Fields[] };
    if (jobs.some(isIt)) return;
  }
  throw new Error('it did not come to that');
}

async function endpoint(status: number): Promise<Server> {
  const server = createServer((request, response) =>
    request.resume().once('end', () => response.writeHead(status).end()),
  );
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return server;
}

function addressOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function freePort(): Promise<number> {
  const server = await endpoint(204);
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, openSync } from 'node:fs';
import { lstat, mkdir, mkdtemp, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toIso } from '../../lib/base/time.ts';
import { webhookHeaders } from '../../lib/deliver/sinks/webhook-signature.ts';
import { jobIdOf } from '../../lib/job/identity.ts';
import { makeParameterStore } from '../../local/engines/parameters.ts';
import type { Engine } from '../../local/engines/sqs.ts';
import { startSsm } from '../../local/engines/ssm.ts';
import { buildAction } from '../../scripts/build-cli.ts';
import { aDetail } from '../fakes/records.ts';
import { type Cli, makeCli, startProcess } from './support.ts';
import { aGroup, aSubscription, GOOD_HEALTH, shown } from './world.ts';

/** Goal: what only a process can show of the built file: signals, pipes, terminals, files. The API is a few answers. */
const PLACE = ['--api', 'alibaba.alb', '--region', 'cn-hangzhou'];
const idOf = (jobId: string) =>
  jobIdOf({ api: 'alibaba.alb', account: 'default', region: 'cn-hangzhou', projectId: null, jobId });

let server: Server;
let ssm: Engine;
const parameters = makeParameterStore(Date.now);
let cli: Cli;
const reads = new Map<string, number>();
/** Ids and addresses by description. */
const subscriptions = new Map<string, { readonly id: string; readonly url: string }>();
const removed: string[] = [];
/** The groups of jobs that were submitted into one. */
const groups = new Map<string, unknown>();
const SECRET = `whsec_${'a'.repeat(32)}`;

/** By their names: `good…` has succeeded, `bad…` failed, `slow…` runs for ever, `drawn…` runs at first. */
function jobOf(jobId: string) {
  const read = (reads.get(jobId) ?? 0) + 1;
  reads.set(jobId, read);
  const common = { id: idOf(jobId), api: 'alibaba.alb', jobId, endedAt: toIso(Date.now()) };
  const failed = aDetail({ error: { code: '506', message: `AllocateEipAddress Failed ${'x'.repeat(300)}` } });
  if (jobId.startsWith('good')) return shown({ ...common, phase: 'succeeded' });
  const isOpen = jobId.startsWith('slow') || (jobId.startsWith('drawn') && read < 3);
  return isOpen
    ? shown({ ...common, phase: 'running', vendorStatus: 'Processing', endedAt: null })
    : shown({ ...common, phase: 'failed', vendorStatus: 'Failed', detail: failed });
}

/** What somebody else at jobwatch's address may answer for an id. */
const HOSTILE: Readonly<Record<string, string>> = {
  'hostile-line': `${'job_'.padEnd(30, 'a')}\nresult=succeeded`,
  'hostile-path': '/etc/pass*',
  'hostile-option': '--json',
};
const NAMES = ['good-1', 'good-2', 'bad-1', 'slow-1', 'drawn-80', 'drawn-120'];

function answer(method: string, path: string, body: string): readonly [number, unknown] {
  if (path === '/v1/health') return [200, GOOD_HEALTH];
  if (path.startsWith('/v1/jobs?'))
    return [200, { jobs: Array.from({ length: 100 }, () => jobOf('bad-1')), nextCursor: 'c' }];
  if (path === '/v1/jobs') {
    const { jobs } = JSON.parse(body) as { jobs: { jobId: string; group?: unknown }[] };
    for (const { jobId, group } of jobs) if (group !== undefined) groups.set(jobId, group);
    return [202, { accepted: jobs.map(({ jobId }) => ({ id: HOSTILE[jobId] ?? idOf(jobId) })), rejected: [] }];
  }
  if (path === '/v1/subscriptions') {
    const { url, types, description } = JSON.parse(body) as { url: string; types: string[]; description: string };
    const id = `sub_${subscriptions.size}`;
    subscriptions.set(description, { id, url });
    return [201, { ...aSubscription({ id, url }), types, description, secret: SECRET }];
  }
  if (method === 'DELETE') {
    for (const [description, { id }] of subscriptions) if (path.endsWith(id)) removed.push(description);
    return [204, null];
  }
  if (path === '/v1/groups/shop%2Frelease%2042') return [200, aGroup(['succeeded', 'timed_out'], 'failed')];
  if (path.startsWith('/v1/groups/')) return [404, { detail: 'There is no group with this id.' }];
  const name = NAMES.find((each) => path === `/v1/jobs/${idOf(each)}`);
  return name === undefined ? [404, { detail: 'There is no job with this id.' }] : [200, jobOf(name)];
}

beforeAll(async () => {
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const [status, value] = answer(request.method ?? '', request.url ?? '', Buffer.concat(chunks).toString());
      response
        .writeHead(status, { 'content-type': 'application/json' })
        .end(value === null ? '' : JSON.stringify(value));
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  ssm = await startSsm(parameters);
  cli = await makeCli({
    JOBWATCH_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    JOBWATCH_TOKEN: 'jw_good',
    AWS_REGION: 'eu-central-1',
    AWS_ACCESS_KEY_ID: 'outside',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_ENDPOINT_URL_SSM: ssm.url,
  });
}, 30_000);

afterAll(async () => {
  server?.closeAllConnections();
  server?.close();
  await ssm?.close();
  await cli?.remove();
});

describe.concurrent('the built file', () => {
  it('needs a Node that is new enough, says so, and runs without a home', async () => {
    const text = await readFile(cli.file, 'utf8');
    expect(text).toMatch(/^#!\/usr\/bin\/env node\n/);
    expect(text).toContain('the command line needs Node 22.12 or later');
    const bare = startProcess(process.execPath, [cli.file, 'validate', '-'], {}, '{}');
    expect(await bare.ended).toMatchObject({ code: 1, stderr: '' });
  });

  it('ends a wait with 130, 143 and 129 at SIGINT, SIGTERM and SIGHUP', async () => {
    const signals = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;
    const codes = Object.keys(signals).map(async (signal) => {
      const waiting = cli.start(['wait', 'slow-1', ...PLACE]);
      await waiting.until(/slow-1 {2}running/);
      waiting.child.kill(signal as keyof typeof signals);
      return (await waiting.ended).code;
    });
    expect(await Promise.all(codes)).toEqual(Object.values(signals));
  });

  it('ends quietly where its output is not read to the end', async () => {
    const listing = cli.start(['ls', '--limit', '2000']);
    listing.child.stdout.once('data', () => listing.child.stdout.destroy());
    expect(await listing.ended).toMatchObject({ code: 0, stderr: '' });
    const watching = cli.start(['watch', '--interval', '1s']);
    watching.child.stdout.once('data', () => watching.child.stdout.destroy());
    expect(await watching.ended).toMatchObject({ code: 0, stderr: '' });
  }, 20_000);

  it('keeps the exit code of a wait that nobody reads any more', async () => {
    const waiting = cli.start(['wait', 'drawn-80', ...PLACE]);
    waiting.child.stdout.once('data', () => waiting.child.stdout.destroy());
    expect(await waiting.ended).toMatchObject({ code: 1, stderr: '' });
    reads.delete('drawn-80');
  }, 20_000);

  it.skipIf(!existsSync('/dev/full'))('says that its output could not be written', async () => {
    const child = spawn(process.execPath, [cli.file, 'validate', '-'], {
      env: cli.env,
      stdio: ['pipe', openSync('/dev/full', 'w'), 'pipe'],
    });
    child.stdin?.end('{"api":"alibaba.alb","region":"eu-x","jobId":"a"}');
    let stderr = '';
    child.stderr?.on('data', (text) => {
      stderr += String(text);
    });
    const [code] = await once(child, 'close');
    expect([code, stderr]).toEqual([1, "jobwatch: the output can't be written: ENOSPC.\n"]);
  });

  it.each([
    ['Ctrl-C', 130],
    ['a closed terminal', 129],
    ['a closed pipe', 0],
  ])('removes the subscription of listen after %s', async (how, code) => {
    const listening = cli.start(['listen', '--description', how, '--json']);
    await listening.until(/Listening on /);
    if (how === 'a closed pipe') {
      listening.child.stdout.destroy();
      // It notices when it has something to write.
      const event = { id: 'evt_1', timestampMs: Date.now(), body: '{"type":"jobwatch.test"}' };
      const headers = webhookHeaders({ ...event, secrets: [SECRET] });
      await fetch(subscriptions.get(how)?.url ?? '', { method: 'POST', headers, body: event.body });
    } else listening.child.kill(how === 'Ctrl-C' ? 'SIGINT' : 'SIGHUP');
    expect((await listening.ended).code).toBe(code);
    expect(removed).toContain(how);
  });

  it('takes files with a byte order mark and with carriage returns', async () => {
    const line = JSON.stringify({ api: 'alibaba.alb', region: 'eu-x', jobId: 'a' });
    const [utf8, utf16] = [join(cli.folder, 'utf8.jsonl'), join(cli.folder, 'utf16.json')];
    await writeFile(utf8, `\ufeff${line}\r\n${line}\r\n`);
    await writeFile(utf16, Buffer.from(`\ufeff[${line}]`, 'utf16le'));
    expect((await cli.run(['validate', utf8])).stdout).toMatch(/\n2 good, 0 bad\n$/);
    expect((await cli.run(['validate', utf16])).stdout).toMatch(/\n1 good, 0 bad\n$/);
  });

  it('tells a profile file that can not be read from one that is not there', async () => {
    const folder = join(cli.folder, 'odd');
    await mkdir(join(folder, 'jobwatch', 'profiles.json'), { recursive: true });
    const { code, stderr } = await cli.run(['ls'], { env: { XDG_CONFIG_HOME: folder } });
    expect([code, stderr]).toEqual([64, expect.stringMatching(/profiles\.json can't be read: EISDIR\.\n$/)]);
  });

  it("holds AWS's clients: it makes, lists and revokes a token", async () => {
    const stage = ['--stage', 'dev'];
    const made = await cli.run(['token', 'create', 'ci', '--scopes', 'read', ...stage]);
    expect([made.code, made.stdout]).toEqual([0, expect.stringMatching(/^jw_[A-Za-z0-9_-]{43}\n$/)]);
    expect((await cli.run(['token', 'ls', ...stage])).stdout).toBe('name  permissions\nci    read\n');
    expect((await cli.run(['token', 'revoke', 'ci', ...stage])).code).toBe(0);
  }, 20_000);
});

/**
 * `script` of util-linux gives a command a terminal of its own. Where it is not, the views are tested on a stream that
 * says it is a terminal.
 */
const SCRIPT = '/usr/bin/script';

describe.skipIf(!existsSync(SCRIPT))('in a terminal', { concurrent: true }, () => {
  const inTerminal = async (columns: number, args: readonly string[]) => {
    const command = `stty cols ${columns} rows 24; exec ${[process.execPath, cli.file, ...args].join(' ')}`;
    const env = { ...cli.env, TERM: 'xterm-256color', PATH: '/usr/bin:/bin' };
    const { code, stdout } = await startProcess(SCRIPT, ['-qec', command, '/dev/null'], env).ended;
    const lines = stripVTControlCharacters(stdout).split(/[\r\n]+/);
    return { code, stdout, width: Math.max(...lines.map((line) => line.length)) };
  };

  it.each([80, 120])(
    'of %i columns a wait draws over itself, in colour, and nothing is wider',
    async (columns) => {
      const { code, stdout, width } = await inTerminal(columns, ['wait', `drawn-${columns}`, ...PLACE]);
      expect([code, width <= columns]).toEqual([1, true]);
      expect(stdout).toContain('\u001b[31mfailed');
      expect(stdout.split('\u001b[2A\r').length).toBeGreaterThan(2);
      expect(stdout.trimEnd().endsWith('\u001b[?25h')).toBe(true);
      const shownJob = await inTerminal(columns, ['show', 'bad-1', ...PLACE]);
      expect([shownJob.code, shownJob.width <= columns]).toEqual([0, true]);
    },
    30_000,
  );
});

describe.skipIf(!existsSync(SCRIPT))('jobwatch init in a terminal', () => {
  const asked = async (url: string) => {
    const folder = join(cli.folder, crypto.randomUUID());
    const child = spawn(SCRIPT, ['-qec', `${process.execPath} ${cli.file} init`, '/dev/null'], {
      env: { HOME: folder, TERM: 'xterm', PATH: '/usr/bin:/bin' },
      stdio: 'pipe',
    });
    let printed = '';
    const answers = new Map([
      ['URL (HttpApiUrl): ', `${url}\r`],
      ['Token: ', 'jw_good\r'],
    ]);
    child.stdout.on('data', (chunk: Buffer) => {
      printed += chunk.toString();
      for (const [question, answer] of answers)
        if (printed.includes(question) && answers.delete(question)) child.stdin.write(answer);
    });
    const [code] = await once(child, 'close');
    return { code, printed, file: join(folder, '.config/jobwatch/profiles.json') };
  };

  it('asks, shows no token, and writes a file that its owner alone can read', async () => {
    const url = cli.env['JOBWATCH_URL'] ?? '';
    const { code, printed, file } = await asked(url);
    expect([code, printed.includes('jw_good')]).toEqual([0, false]);
    expect(JSON.parse(await readFile(file, 'utf8'))).toEqual({ default: { url, token: 'jw_good' } });
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await readdir(join(file, '..'))).toEqual(['profiles.json']);
  });

  it('replaces the file that a link points to, whatever its rights were', async () => {
    const folder = await mkdtemp(join(cli.folder, 'linked-'));
    await mkdir(join(folder, 'jobwatch'));
    await writeFile(join(folder, 'kept.json'), '{"other":{"url":"https://a.example"}}', { mode: 0o644 });
    await symlink('../kept.json', join(folder, 'jobwatch/profiles.json'));
    expect((await cli.run(['init'], { env: { XDG_CONFIG_HOME: folder } })).code).toBe(0);
    expect((await lstat(join(folder, 'jobwatch/profiles.json'))).isSymbolicLink()).toBe(true);
    expect((await stat(join(folder, 'kept.json'))).mode & 0o777).toBe(0o600);
    expect(Object.keys(JSON.parse(await readFile(join(folder, 'kept.json'), 'utf8')))).toEqual(['other', 'default']);
  });

  it('says why a profile can not be written', async () => {
    const file = join(cli.folder, 'a-file');
    await writeFile(file, '');
    const { code, stdout, stderr } = await cli.run(['init'], { env: { XDG_CONFIG_HOME: file } });
    expect([code, stdout]).toEqual([64, '']);
    expect(stderr).toMatch(/profiles\.json can't be written: (ENOTDIR|EEXIST)\.\n$/);
  });

  it('ends at Ctrl-C with 130, and writes nothing', async () => {
    const { code, file } = await asked('\u0003');
    expect([code, existsSync(file)]).toEqual([130, false]);
  });
});

describe.concurrent('the GitHub Action', () => {
  let file = '';
  beforeAll(async () => {
    file = join(cli.folder, 'action/index.mjs');
    await buildAction(join(import.meta.dirname, '../..'), file);
  });
  const step = async (inputs: Record<string, string>) => {
    const outputFile = join(cli.folder, `output-${crypto.randomUUID()}`);
    await writeFile(outputFile, '');
    // As the runner starts it: inputs as variables, and those that are not given with their defaults.
    const env = {
      HOME: cli.folder,
      INPUT_URL: cli.env['JOBWATCH_URL'] ?? '',
      INPUT_TOKEN: cli.env['JOBWATCH_TOKEN'] ?? '',
      INPUT_TIMEOUT: '30m',
      INPUT_WAIT: 'true',
      GITHUB_ACTIONS: 'true',
      GITHUB_OUTPUT: outputFile,
      ...inputs,
    };
    const ran = await startProcess(process.execPath, [file], env).ended;
    const outputs = (await readFile(outputFile, 'utf8')).trim().split('\n');
    return { ...ran, outputs: Object.fromEntries(outputs.map((line) => line.split('=', 2) as [string, string])) };
  };
  const place = { INPUT_API: 'alibaba.alb', INPUT_REGION: 'cn-hangzhou' };

  it('waits and fails as the jobs do', async () => {
    const good = await step({ ...place, INPUT_JOBS: 'good-1\ngood-2', INPUT_LABELS: 'run=7\nnote=a b $(id)\n' });
    expect([good.code, good.outputs]).toEqual([
      0,
      { ids: `${idOf('good-1')} ${idOf('good-2')}`, result: 'succeeded', 'exit-code': '0' },
    ]);
    const bad = await step({ ...place, INPUT_JOBS: 'bad-1' });
    expect([bad.code, bad.outputs['result']]).toEqual([1, 'failed']);
    expect(bad.stdout).toContain('::error title=jobwatch::');
  });

  it('only submits, waits no longer than it may, and refuses what is wrong', async () => {
    const steps = [
      { INPUT_JOBS: 'slow-1', INPUT_WAIT: 'false' },
      { INPUT_JOBS: 'slow-1', INPUT_TIMEOUT: '1s' },
      { INPUT_JOBS: '' },
    ].map((inputs) => step({ ...place, ...inputs }));
    const [submitted, over, wrong] = await Promise.all(steps);
    expect(submitted?.outputs['result']).toBe('submitted');
    expect(over?.outputs).toMatchObject({ result: 'timed_out', 'exit-code': '2' });
    expect(wrong?.outputs).toMatchObject({ result: 'invalid', 'exit-code': '64' });
  });

  it.each(Object.keys(HOSTILE))('takes no id such as %s', async (job) => {
    const { code, outputs, stderr } = await step({ ...place, INPUT_JOBS: job });
    expect([code, outputs]).toEqual([4, { ids: '', result: 'unreachable', 'exit-code': '4' }]);
    expect(stderr).toContain('1 ids of the response are none of jobwatch');
  });

  it('submits into a group, waits for one, and needs its size for the first', async () => {
    const group = { INPUT_GROUP: 'shop/release 42' };
    const steps = [
      { ...place, ...group, 'INPUT_GROUP-SIZE': '2', INPUT_JOBS: 'good-1' },
      group,
      { ...place, ...group, INPUT_JOBS: 'good-2' },
      { INPUT_GROUP: 'none', INPUT_TIMEOUT: '1s' },
    ].map(step);
    const [into, alone, without, none] = await Promise.all(steps);
    expect([into?.outputs['result'], groups.get('good-1')]).toEqual(['succeeded', { id: 'shop/release 42', size: 2 }]);
    expect(alone?.outputs).toEqual({ ids: '', result: 'timed_out', 'exit-code': '2' });
    expect(alone?.stdout).toContain('::error title=jobwatch::job-1  timed_out');
    expect(without?.outputs).toMatchObject({ result: 'invalid', 'exit-code': '64' });
    expect(none?.outputs['result']).toBe('timed_out');
  });

  it('takes thousands of jobs', async () => {
    const messages = join(cli.folder, 'many.jsonl');
    const lines = Array.from({ length: 4000 }, (_, index) =>
      JSON.stringify({ api: 'alibaba.alb', region: 'cn-hangzhou', jobId: `good-${index}-${'x'.repeat(60)}` }),
    );
    await writeFile(messages, lines.join('\n'));
    const { code, outputs } = await step({ INPUT_FILE: messages, INPUT_WAIT: 'false' });
    expect([code, outputs['ids']?.split(' ').length]).toEqual([0, 4000]);
  });
});

it('every write of a SecureString is under the key that is named', async () => {
  const account = JSON.stringify({ vendor: 'alibaba', accessKeyId: 'LTAI', accessKeySecret: 's' });
  const key = ['--key-id', 'alias/jobwatch', '--stage', 'prod'];
  const keyOf = (name: string) => parameters.get(`/jobwatch/prod/${name}`)?.keyId;
  const run = async (args: readonly string[], stdin = '') => expect((await cli.run(args, { stdin })).code).toBe(0);
  await run(['account', 'put', 'keyed', '-f', '-', ...key], account);
  expect(keyOf('accounts/keyed')).toBe('alias/jobwatch');
  await run(['account', 'put', 'keyed', '-f', '-', '--stage', 'prod'], account);
  expect(keyOf('accounts/keyed')).toBeNull();
  await run(['token', 'create', 'keyed', '--scopes', 'read', ...key]);
  expect(keyOf('api-tokens')).toBe('alias/jobwatch');
  await run(['token', 'create', 'other', '--scopes', 'read', ...key]);
  await run(['token', 'revoke', 'keyed', ...key]);
  expect([keyOf('api-tokens'), parameters.get('/jobwatch/prod/api-tokens')?.version]).toEqual(['alias/jobwatch', 3]);
});

import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { jobIdOf } from '../../lib/job/identity.ts';
import { type Receiver, startReceiver } from '../../local/receiver.ts';
import { SIMULATED } from '../../local/simulator/clouds.ts';
import { SAMPLE_CREDENTIALS, sampleAccounts } from '../../local/simulator/samples.ts';
import type { JobSpec } from '../../local/simulator/schema.ts';
import type { Simulator } from '../../local/simulator/simulator.ts';
import { startSimulator } from '../../local/simulator/start.ts';
import { type Stack, startStack } from '../../local/stack.ts';
import { teachQuickJobs } from '../local/teach.ts';
import { makeInside, type Runner } from './support.ts';

/**
 * Goal: every command does its work, and ends with its code, against the packaged system. The built file has tests of
 * its own.
 */
const PROJECT = '7b7705dce1e847b08b3b16dda67fec24';
const ALB = { api: 'alibaba.alb', account: 'default', region: 'cn-hangzhou', projectId: null };
const PLACE = ['--api', 'alibaba.alb', '--region', 'cn-hangzhou'];
const idOf = (jobId: string) => jobIdOf({ ...ALB, jobId });

const JOBS: JobSpec[] = [
  {
    api: 'alibaba.alb',
    jobId: 'good-1',
    operation: 'CreateLoadBalancer',
    steps: [{ status: 'Processing', forPolls: 1 }, { status: 'Succeeded' }],
  },
  { api: 'alibaba.alb', jobId: 'good-2', steps: [{ status: 'Succeeded' }] },
  {
    api: 'alibaba.alb',
    jobId: 'bad-1',
    steps: [{ status: 'Failed', error: { code: '506', message: 'AllocateEipAddress Failed' } }],
  },
  { api: 'alibaba.alb', jobId: 'slow-1', steps: [{ status: 'Processing' }] },
  { api: 'alibaba.alb', jobId: 'slow-2', steps: [{ status: 'Processing' }] },
  { api: 'huawei.elb.v3', projectId: PROJECT, jobId: 'v3-1', steps: [{ status: 'COMPLETE' }] },
];

let simulator: Simulator;
let receiver: Receiver;
let stack: Stack;
let cli: Runner;

beforeAll(async () => {
  simulator = await startSimulator({ scenario: { credentials: [...SAMPLE_CREDENTIALS], jobs: JOBS } });
  receiver = await startReceiver();
  stack = await startStack({ accounts: sampleAccounts(simulator), speed: 30 });
  await teachQuickJobs(stack.system, ['alibaba.alb', 'huawei.elb.v3']);
  const { urls, stage } = stack.system;
  // AWS's clients read their settings from the process.
  const aws = {
    AWS_REGION: 'eu-central-1',
    AWS_ACCESS_KEY_ID: 'outside',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_ENDPOINT_URL_SSM: urls.ssm,
    AWS_ENDPOINT_URL_SQS: urls.sqs,
  };
  for (const [name, value] of Object.entries(aws)) vi.stubEnv(name, value);
  cli = await makeInside({ JOBWATCH_URL: urls.api, JOBWATCH_TOKEN: stack.token, JOBWATCH_STAGE: stage });
}, 90_000);

afterAll(async () => {
  vi.unstubAllEnvs();
  await stack?.system.close();
  await receiver?.close();
  await simulator?.close();
  await cli?.remove();
}, 30_000);

const json = async (args: readonly string[], options?: Parameters<Runner['run']>[1]) => {
  const { code, stdout, stderr } = await cli.run([...args, '--json'], options);
  return { code, stderr, body: JSON.parse(stdout) };
};

describe('jobs', () => {
  it('are submitted and waited for in one go', async () => {
    const { code, stdout } = await cli.run([
      'submit',
      ...PLACE,
      '--label',
      'deployment=shop-421',
      '--wait',
      '--timeout',
      '10m',
      'good-1',
      'good-2',
    ]);
    expect(stdout).toContain(`${idOf('good-1')}  accepted  good-1`);
    expect(stdout).toMatch(/\d\d:\d\d:\d\d {2}good-1 {2}succeeded \(Succeeded\) {2}\d+s, \d+ polls?/);
    expect(stdout).toMatch(/2 succeeded\n$/);
    expect(code).toBe(0);
  }, 60_000);

  it('end a wait with 1 where one has failed, in a group and with a mark in GitHub Actions', async () => {
    const file = join(cli.folder, 'jobs.jsonl');
    const lines = [
      { ...ALB, projectId: undefined, jobId: 'bad-1' },
      { api: 'huawei.elb.v3', region: 'eu-de', projectId: PROJECT, account: 'huawei', jobId: 'v3-1' },
    ];
    await writeFile(file, lines.map((line) => JSON.stringify(line)).join('\n'));
    const submitted = await json(['submit', '-f', file]);
    expect(submitted.code).toBe(0);
    expect(submitted.body.accepted.map(({ jobId }: { jobId: string }) => jobId)).toEqual(['bad-1', 'v3-1']);
    const ids = submitted.body.accepted.map(({ id }: { id: string }) => id);
    const { code, stdout } = await cli.run(['wait', ...ids], { env: { GITHUB_ACTIONS: 'true' } });
    expect(code).toBe(1);
    expect(stdout).toMatch(/^::group::jobwatch: waiting for 2 jobs\n/);
    expect(stdout).toMatch(
      /\n::endgroup::\n::error title=jobwatch::job_\w+ {2}failed \(Failed\).*506: AllocateEipAddress Failed\n/,
    );
  }, 60_000);

  it('end a wait with 2 at --timeout, with 0 at --any, and with 130 at Ctrl-C', async () => {
    const { code: submitted } = await cli.run(['submit', '-f', '-'], {
      stdin: JSON.stringify({ jobs: ['slow-1', 'slow-2'].map((jobId) => ({ ...ALB, projectId: undefined, jobId })) }),
    });
    expect(submitted).toBe(0);
    const timedOut = await cli.run(['wait', 'slow-1', ...PLACE, '--timeout', '1s']);
    expect([timedOut.code, timedOut.stderr]).toEqual([2, expect.stringContaining('The timeout of 1s has passed.')]);
    expect((await cli.run(['wait', 'slow-1', 'good-1', ...PLACE, '--any', '--timeout', '10m'])).code).toBe(0);
    const waiting = cli.start(['wait', 'slow-1', ...PLACE]);
    await waiting.until(/slow-1/);
    waiting.interrupt();
    expect((await waiting.ended).code).toBe(130);
  }, 60_000);

  it('stream JSON lines while they are waited for, and one with the result', async () => {
    const { code, stdout } = await cli.run(['wait', 'good-1', 'bad-1', ...PLACE, '--json']);
    const lines = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(code).toBe(1);
    expect(lines.slice(0, -1).map(({ jobId, phase }) => `${jobId} ${phase}`)).toEqual([
      'good-1 succeeded',
      'bad-1 failed',
    ]);
    expect(lines.at(-1)).toMatchObject({
      done: true,
      exitCode: 1,
      jobs: [{ id: idOf('good-1') }, { phase: 'failed' }],
    });
  });

  it('are listed with filters', async () => {
    const all = await json(['ls', '--since', '1h']);
    expect(all.body.jobs.length).toBeGreaterThanOrEqual(6);
    const { body } = await json([
      'ls',
      '--phase',
      'succeeded',
      '--api',
      'alibaba.alb',
      '--label',
      'deployment=shop-421',
      '--limit',
      '1',
    ]);
    expect(body.jobs).toMatchObject([{ phase: 'succeeded', labels: { deployment: 'shop-421' } }]);
    const { stdout, code } = await cli.run(['ls', '--phase', 'failed']);
    expect(stdout).toMatch(/^id {2,}api {2,}job .*\njob_\w{26} {2}alibaba\.alb {2}bad-1 {2}failed/);
    expect(code).toBe(0);
    expect((await cli.run(['ls', '--phase', 'lost'])).stderr).toBe('No job matches.\n');
    expect((await cli.run(['ls', '--phase', 'done'])).stderr).toMatch(/"done" is not a phase: choose from pending, /);
  });

  it('are shown with their timeline, by both kinds of id', async () => {
    const shown = await cli.run(['show', 'good-1', ...PLACE]);
    expect(shown.stdout).toContain(idOf('good-1'));
    expect(shown.stdout).toMatch(/labels {5}deployment=shop-421/);
    expect(shown.stdout).toMatch(/\d\d:\d\d:\d\d {2}pending {4}submitted +\d+s {2}█+\n/);
    expect(shown.stdout).toMatch(/\d\d:\d\d:\d\d {2}succeeded {2}Succeeded\n$/);
    const { body } = await json(['show', idOf('bad-1')]);
    expect(body).toMatchObject({ id: idOf('bad-1'), phase: 'failed', history: expect.any(Array) });
    const unknown = await cli.run(['show', 'nobody', ...PLACE]);
    expect([unknown.code, unknown.stderr]).toEqual([1, 'jobwatch: There is no job with this id.\n']);
  });

  it('that are open stand in the live view, until they are stopped', async () => {
    const open = await json(['watch', '--once']);
    expect(open.body.jobs.map(({ jobId }: { jobId: string }) => jobId).toSorted()).toEqual(['slow-1', 'slow-2']);
    const stopped = await cli.run(['stop', 'slow-1', 'nobody', ...PLACE]);
    expect(stopped.code).toBe(1);
    expect(stopped.stdout).toBe(`${idOf('slow-1')}  stopped  slow-1\n`);
    expect(stopped.stderr).toBe('jobwatch: nobody: There is no job with this id.\n');
    expect((await cli.run(['wait', 'slow-1', ...PLACE])).code).toBe(1);
    expect((await cli.run(['watch', '--once'])).stdout).toMatch(/^jobwatch {2}\d\d:\d\d:\d\d UTC {2}1 job is open\n/);
    const live = cli.start(['watch', '--json', '--interval', '1s']);
    await live.until(/\n.*\n/);
    live.interrupt();
    expect((await live.ended).code).toBe(130);
  }, 30_000);

  it('go to the queue with AWS credentials, what it would refuse stays here', async () => {
    simulator.addJob({ api: 'alibaba.alb', jobId: 'queued-1', steps: [{ status: 'Succeeded' }] });
    const queueUrl = stack.system.outputs['PendingQueueUrl'] ?? '';
    const { code, body } = await json(['submit', '-f', '-', '--queue-url', queueUrl], {
      stdin: [
        { ...ALB, projectId: undefined, jobId: 'queued-1' },
        { api: 'alibaba.alb', region: 'eu-x', jobID: 'typo' },
      ]
        .map((message) => JSON.stringify(message))
        .join('\n'),
    });
    expect([code, body.accepted]).toEqual([64, [{ id: idOf('queued-1'), jobId: 'queued-1' }]]);
    expect(body.rejected).toEqual([{ jobId: '(no jobId)', reason: 'jobId: required; jobID: unknown field.' }]);
    expect((await cli.run(['wait', 'queued-1', ...PLACE, '--timeout', '10m'])).code).toBe(0);
  }, 60_000);
});

describe('webhooks', () => {
  it('are subscribed, tested, listed, rotated, enabled and removed', async () => {
    const made = await json([
      'subs',
      'add',
      receiver.printUrl,
      '--type',
      'jobwatch.job.*',
      '--filter',
      'api=alibaba.alb',
      '--filter',
      'label.team=net',
    ]);
    expect(made.body).toMatchObject({
      secret: expect.stringMatching(/^whsec_/),
      filter: { api: 'alibaba.alb', labels: { team: 'net' } },
    });
    const { id } = made.body;
    expect((await cli.run(['subs', 'ls'])).stdout).toMatch(new RegExp(`${id} {2}active`));
    const tested = await cli.run(['subs', 'test', id]);
    expect([tested.code, tested.stdout]).toEqual([0, expect.stringMatching(/^good {2}answered 204 after \d+ ms\n$/)]);
    const rotated = await json(['subs', 'rotate', id]);
    expect(rotated.body.secret).not.toBe(made.body.secret);
    expect((await cli.run(['subs', 'enable', id])).stdout).toBe(`${id}  active\n`);
    expect((await cli.run(['subs', 'rm', id])).stdout).toBe(`${id}  removed\n`);
    const gone = await cli.run(['subs', 'rm', id]);
    expect([gone.code, gone.stderr]).toEqual([1, 'jobwatch: There is no subscription with this id.\n']);
  });

  it('whose deliveries failed get them again', async () => {
    const { body } = await json(['subs', 'add', receiver.printUrl, '--type', 'jobwatch.job.*']);
    simulator.addJob({ api: 'alibaba.alb', jobId: 'told-1', steps: [{ status: 'Succeeded' }] });
    expect((await cli.run(['submit', ...PLACE, '--wait', 'told-1'])).code).toBe(0);
    let deliveries: { eventId: string; state: string }[] = [];
    await expect
      .poll(
        async () => {
          deliveries = (await json(['deliveries', body.id])).body.deliveries;
          return deliveries.map(({ state }) => state);
        },
        { timeout: 20_000, interval: 300 },
      )
      .toContain('delivered');
    const [first] = deliveries;
    const again = await cli.run(['redeliver', body.id, first?.eventId ?? '']);
    expect([again.code, again.stdout]).toEqual([0, `${first?.eventId}  sent again\n`]);
    const since = await json(['redeliver', body.id, '--since', '1h']);
    expect([since.code, since.body]).toEqual([0, { redelivered: 0, failed: 0 }]);
    expect((await cli.run(['redeliver', body.id])).code).toBe(64);
    expect((await cli.run(['deliveries', body.id])).stdout).toMatch(/^event .*\nevt_/);
    await cli.run(['subs', 'rm', body.id]);
  }, 60_000);

  it('are received here, verified and printed, and the subscription is gone at the end', async () => {
    const listening = cli.start(['listen', '--type', 'jobwatch.*', '--json']);
    await listening.until(/Listening on http:\/\/127\.0\.0\.1:\d+\/ as sub_/);
    const { body } = await json(['subs', 'ls']);
    const one = body.subscriptions.find(
      ({ description }: { description: string }) => description === 'jobwatch listen',
    );
    expect((await cli.run(['subs', 'test', one.id])).code).toBe(0);
    await listening.until(/jobwatch\.test/);
    await fetch(one.url, { method: 'POST', body: '{}' });
    await listening.until(/refused a request: it is not signed/);
    listening.interrupt();
    const { code, stdout } = await listening.ended;
    expect([code, JSON.parse(stdout).type]).toEqual([130, 'jobwatch.test']);
    expect((await json(['subs', 'ls'])).body.subscriptions).not.toContainEqual(expect.objectContaining({ id: one.id }));
  }, 30_000);
});

it('a receiver that has enough ends by itself', async () => {
  const listening = cli.start(['listen', '--count', '1', '--description', 'one is enough']);
  await listening.until(/Listening/);
  const { body } = await json(['subs', 'ls']);
  const one = body.subscriptions.find(({ description }: { description: string }) => description === 'one is enough');
  expect((await cli.run(['subs', 'test', one.id])).code).toBe(0);
  const { code, stdout } = await listening.ended;
  expect([code, stdout]).toEqual([0, expect.stringMatching(/^\d\d:\d\d:\d\d {2}test {2}sub_\w+ {2}This is a test/)]);
}, 30_000);

it('a receiver that is worked on gets every event, under one secret over restarts, and jobwatch gets its answers', async () => {
  const secretFile = join(cli.folder, 'config', 'secret');
  const seen: { readonly problem: string | null; readonly type: string }[] = [];
  const mine = await startReceiver((one) => void seen.push(one));
  const once = async (type: string) => {
    const listening = cli.start(['listen', '--count', '1', '--forward-to', mine.url, '--secret-file', secretFile]);
    await listening.until(/Listening/);
    mine.trust((await readFile(secretFile, 'utf8')).trim());
    const { body } = await json(['subs', 'ls']);
    const one = body.subscriptions.find(
      ({ description }: { description: string }) => description === 'jobwatch listen',
    );
    const tested = await json(['subs', 'test', one.id, '--type', type]);
    return { tested, ended: await listening.ended };
  };
  const first = await once('jobwatch.job.failed');
  expect([first.tested.code, first.tested.body.status]).toEqual([0, 204]);
  expect(first.ended.stdout).toMatch(/ {2}job\.failed .* → 204 in \d+ ms\n$/);
  expect(first.ended.stderr).toContain(`Forwarding to ${mine.url}, signed with the secret in ${secretFile}\n`);
  const secret = await readFile(secretFile, 'utf8');
  await once('jobwatch.job.succeeded');
  expect(await readFile(secretFile, 'utf8')).toBe(secret);
  expect((await stat(secretFile)).mode & 0o777).toBe(0o600);
  expect(first.ended.stdout + first.ended.stderr).not.toContain(secret.trim());
  expect(seen).toMatchObject([
    { type: 'jobwatch.job.failed', problem: null },
    { type: 'jobwatch.job.succeeded', problem: null },
  ]);
  await mine.close();
  const gone = await once('jobwatch.job.lost');
  expect([gone.tested.code, gone.tested.body.status]).toEqual([1, 502]);
  expect(gone.ended.stdout).toMatch(/ {2}job\.lost .* → no answer \(ECONNREFUSED\)\n$/);
  expect((await cli.run(['listen', '--secret-file', secretFile])).code).toBe(64);
  expect((await cli.run(['listen', '--forward-to', 'localhost:3000'])).code).toBe(64);
  await writeFile(secretFile, 'not a secret');
  expect((await cli.run(['listen', '--forward-to', mine.url, '--secret-file', secretFile])).code).toBe(64);
}, 60_000);

describe('administration', () => {
  it('makes, lists and revokes tokens, and stores hashes alone', async () => {
    const made = await cli.run(['token', 'create', 'ci', '--scopes', 'read']);
    const token = made.stdout.trim();
    expect([made.code, token]).toEqual([0, expect.stringMatching(/^jw_[A-Za-z0-9_-]{43}$/)]);
    const stored = stack.system.parameters.get(`/jobwatch/${stack.system.stage}/api-tokens`)?.value ?? '';
    expect(stored).toContain('"ci"');
    expect(stored).not.toContain(token);
    expect((await json(['token', 'ls'])).body).toEqual({
      tokens: [
        { name: 'local', scopes: ['read', 'jobs:write', 'subscriptions:write'] },
        { name: 'ci', scopes: ['read'] },
      ],
    });
    expect((await cli.run(['token', 'create', 'ci', '--scopes', 'read'])).code).toBe(1);
    expect((await cli.run(['token', 'create', 'x', '--scopes', 'all'])).code).toBe(64);
    expect((await cli.run(['token', 'revoke', 'ci'])).code).toBe(0);
    expect((await cli.run(['token', 'revoke', 'ci'])).stderr).toMatch(/There is no token "ci"/);
    expect((await cli.run(['token', 'ls'])).stdout).toMatch(
      /^name {3}permissions\nlocal {2}read jobs:write subscriptions:write\n$/,
    );
  }, 30_000);

  it('writes a token to a file of its own, and leaves none behind that is not good', async () => {
    const file = join(cli.folder, 'token');
    const made = await cli.run(['token', 'create', 'filed', '--scopes', 'read', '--out', file]);
    expect([made.code, made.stdout]).toEqual([0, '']);
    expect([(await stat(file)).mode & 0o777, await readFile(file, 'utf8')]).toEqual([
      0o600,
      expect.stringMatching(/^jw_[A-Za-z0-9_-]{43}\n$/),
    ]);
    const other = join(cli.folder, 'other');
    expect((await cli.run(['token', 'create', 'filed', '--scopes', 'read', '--out', other])).code).toBe(1);
    await expect(stat(other)).rejects.toThrow('ENOENT');
    expect((await cli.run(['token', 'revoke', 'filed'])).code).toBe(0);
  }, 30_000);

  it('stores, lists and checks accounts, and never shows a secret', async () => {
    const account = JSON.stringify(sampleAccounts(simulator)['default']);
    expect((await cli.run(['account', 'put', 'second', '-f', '-'], { stdin: account })).code).toBe(0);
    const wrong = account.replace('sample-alibaba-secret', 'wrong-secret');
    expect((await cli.run(['account', 'put', 'wrong', '-f', '-'], { stdin: wrong })).code).toBe(0);
    const malformed = await cli.run(['account', 'put', 'third', '-f', '-'], { stdin: '{"vendor":"alibaba"}' });
    expect([malformed.code, malformed.stderr]).toEqual([64, expect.stringContaining('accessKeyId')]);
    const list = await json(['account', 'ls']);
    const tokens = SIMULATED.filter(({ takesBearer }) => takesBearer === true);
    const rows = [
      ['default', 'alibaba', 'access key'],
      ['huawei', 'huawei', 'access key'],
      ['second', 'alibaba', 'access key'],
      ['tencent', 'tencent', 'access key'],
      ['wrong', 'alibaba', 'access key'],
      ...tokens.map(({ name, sampleAccount }) => [sampleAccount.name, name, 'token']),
    ];
    expect(list.body.accounts.map(({ name, vendor, kind }: Record<string, unknown>) => [name, vendor, kind])).toEqual(
      rows.toSorted(([a = ''], [b = '']) => (a < b ? -1 : 1)),
    );
    const token = await json(['account', 'check', 'hetzner']);
    expect([token.code, token.body.results.map(({ isGood }: { isGood: boolean }) => isGood)]).toEqual([0, [true]]);
    expect(JSON.stringify(list.body)).not.toMatch(/secret/i);
    const good = await json(['account', 'check', 'second', '--region', 'cn-hangzhou']);
    expect([good.code, good.body.results.map(({ isGood }: { isGood: boolean }) => isGood)]).toEqual([0, [true, true]]);
    const bad = await cli.run(['account', 'check', 'wrong', '--region', 'cn-hangzhou']);
    expect(bad.code).toBe(1);
    expect(bad.stdout).toMatch(/^bad {3}alibaba\.nlb {4}refused: .*Check the key and its secret\.\n/);
    expect(bad.stdout).toMatch(/bad {3}alibaba\.alb {4}not polled: the key was refused already\n$/);
    expect(bad.stdout + bad.stderr).not.toContain('wrong-secret');
    const huawei = ['account', 'check', 'huawei', '--region', 'eu-de'];
    expect((await cli.run(huawei)).code).toBe(64);
    expect((await cli.run([...huawei, '--project', PROJECT])).code).toBe(0);
  }, 60_000);

  it('finds jobwatch well, and says what is wrong with a token', async () => {
    const well = await cli.run(['doctor']);
    expect(well.stdout).toMatch(/^good {5}api .*\ngood {5}token .*\ngood {5}tick {14}the last was \d+s ago\n/);
    expect(well.stdout).toMatch(/good {5}accounts {10}none is denied\n$/);
    expect(well.code).toBe(0);
    const refused = await json(['doctor'], { env: { JOBWATCH_TOKEN: 'jw_wrong' } });
    expect([refused.code, refused.body.ok, refused.body.checks[1].state]).toEqual([1, false, 'bad']);
    const ls = await cli.run(['ls'], { env: { JOBWATCH_TOKEN: 'jw_wrong' } });
    expect([ls.code, ls.stderr]).toEqual([
      64,
      expect.stringMatching(/^jobwatch: The token was refused: set JOBWATCH_TOKEN/),
    ]);
  });

  // The last: what was put back is as wrong as it was, and lies there again.
  it('counts the queues, lists what was rejected, and puts it back', async () => {
    const queueUrl = stack.system.outputs['PendingQueueUrl'] ?? '';
    const sqs = new SQSClient(stack.system.clientSettings('sqs'));
    await sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: '{"api":"alibaba.alb","password":"x"}' }));
    sqs.destroy();
    await expect
      .poll(async () => (await json(['queues'])).body.queues.rejected.visible, { timeout: 20_000, interval: 300 })
      .toBe(1);
    const listed = await cli.run(['redrive', '--queue', 'rejected', '--stage', 'local', '--dry-run']);
    expect([listed.code, listed.stdout]).toEqual([
      0,
      expect.stringMatching(/^[0-9a-f-]{36} {2}\d.*Z {2}.*jobId: required.*\n$/),
    ]);
    expect(listed.stdout + listed.stderr).not.toContain('"x"');
    expect(listed.stderr).toContain('1 message would be moved.');
    const table = await cli.run(['queues']);
    expect(table.stdout).toMatch(/^queue +visible +in flight +delayed +contents\n/);
    expect(table.stdout).toMatch(/\nrejected +1 +0 +0 +invalid watch messages/);
    expect(table.stdout).toContain(`\n\n${listed.stdout}`);
    expect(table.stderr).toContain('"jobwatch redrive --queue rejected --stage STAGE --dry-run" first.');
    const { rejected } = (await json(['queues'])).body;
    expect(rejected).toMatchObject({ total: 1, isWhole: true, messages: [{ reason: expect.any(String) }] });
    const moved = await json(['redrive', '--queue', 'rejected', '--stage', 'local', '--max', '1']);
    expect([moved.code, moved.body]).toMatchObject([0, { moved: 1, left: 0 }]);
    const { urls } = stack.system;
    const dead = ['--from', `${urls.sqs}/000000000000/nowhere`, '--to', queueUrl];
    expect((await cli.run(['redrive', '--queue', 'dead', ...dead])).code).toBe(4);
    const elsewhere = await cli.run(['redrive', '--queue', 'dead', '--stage', 'nowhere']);
    expect([elsewhere.code, elsewhere.stderr]).toEqual([
      64,
      expect.stringMatching(/has no queue DeadDeliveriesQueue in this region/),
    ]);
    expect((await cli.run(['redrive', '--queue', 'pending'])).code).toBe(64);
    expect((await cli.run(['redrive', '--queue', 'dead', '--from', queueUrl])).code).toBe(64);
  }, 60_000);
});

// The last: from here on an account is denied.
it('jobs end a wait with 5 where the account is of another cloud, and say so', async () => {
  const place = ['--api', 'huawei.elb.v3', '--region', 'eu-de', '--project', PROJECT];
  const { code, stdout, stderr } = await cli.run(['submit', ...place, '--wait', '--timeout', '20m', 'misplaced-1']);
  expect(code).toBe(5);
  expect(stdout).toMatch(/misplaced-1 {2}pending .*account "default" is of alibaba.*\n1 denied\n$/);
  expect(stderr).toContain(
    'jobwatch: The account "default" is denied (job misplaced-1): account "default" is of alibaba',
  );
  await cli.run(['stop', 'misplaced-1', ...place]);
}, 60_000);

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { describe, expect, test, vi } from 'vitest';
import { makeAws } from '../../cli/aws.ts';
import { CliError } from '../../cli/exit.ts';
import { toIso } from '../../lib/base/time.ts';
import { API_FACTS } from '../../lib/vendors/registry.ts';
import { START_MS } from '../fakes/clock.ts';
import { aSubscription, GOOD_HEALTH, makeWorld, type Reply, type Server, shown, URL } from './world.ts';

const PLACE = ['--api', 'alibaba.alb', '--region', 'cn-hangzhou'];

describe('submit', () => {
  test('sends again what could not be taken, and reports what was refused', async () => {
    let round = 0;
    const server: Server = ({ body, path }) => {
      if (path === '/v1/health') return null;
      round += 1;
      const { jobs } = body as { jobs: { jobId: string }[] };
      if (round === 1)
        return {
          status: 202,
          body: {
            accepted: [{ id: 'job_1' }],
            rejected: [
              { index: 1, reason: 'busy', retryable: true },
              { index: 2, reason: 'region: wrong.', retryable: false },
            ],
          },
        };
      return { status: 202, body: { accepted: jobs.map(({ jobId }) => ({ id: `job_${jobId}` })), rejected: [] } };
    };
    const world = makeWorld({ server });
    const { code, stdout } = await world.run('submit', ...PLACE, 'a', 'b', 'c', '--json');
    expect(code).toBe(64);
    expect(JSON.parse(stdout)).toEqual({
      accepted: [
        { id: 'job_1', jobId: 'a' },
        { id: 'job_b', jobId: 'b' },
      ],
      rejected: [{ jobId: 'c', reason: 'region: wrong.' }],
    });
    expect(world.requests[1]?.body).toEqual({ jobs: [{ api: 'alibaba.alb', region: 'cn-hangzhou', jobId: 'b' }] });
  });

  describe('without --wait', () => {
    const since = toIso(START_MS - 3_600_000);
    const deniedAccounts = ['staging', 'default'].map((account) => ({ account, since }));
    const denying = { status: 200, body: { ...GOOD_HEALTH, deniedAccounts } };
    const submitted = { status: 202, body: { accepted: [{ id: 'job_1' }], rejected: [] } };
    const waitingOf = (api: string) => ({
      status: 200,
      body: { jobs: [shown({ api, waiting: { reason: 'its key is refused.', until: since, denied: true } })] },
    });
    const serverOf =
      (health: Reply | null, open: Reply = waitingOf('alibaba.nlb')): Server =>
      ({ path, method }) => {
        if (path === '/v1/health') return health;
        return method === 'POST' ? submitted : open;
      };

    test("keeps the warning in one line, whatever the vendor's words are", async () => {
      const reason = 'refused\n::stop-commands::x%0A';
      const open = { status: 200, body: { jobs: [shown({ waiting: { reason, until: since, denied: true } })] } };
      const world = makeWorld({ server: serverOf(denying, open), env: { GITHUB_ACTIONS: 'true' } });
      const { stderr } = await world.run('submit', '--api', shown({}).api, '--region', 'eu-de', 'a');
      expect(stderr).toMatch(/^::warning title=jobwatch::.*refused ::stop-commands::x%250A\. .*\n$/);
    });

    test.each([
      [['--account', 'staging'], 'staging'],
      [[], 'default'],
    ])('with %j warns in one line of an account that is denied, and ends with 0', async (words, account) => {
      const line =
        `The account "${account}" has been denied for 1h 00m: its key is refused. Its jobs wait until it is fixed; ` +
        `"jobwatch ls --open --account ${account}" shows them.\n`;
      const world = makeWorld({ server: serverOf(denying) });
      expect(await world.run('submit', ...PLACE, 'a', ...words)).toMatchObject({
        code: 0,
        stdout: 'job_1  accepted  a\n',
        stderr: `jobwatch: ${line}`,
      });
      const query = `phase=pending%2Crunning%2Crolling_back&account=${account}&limit=100`;
      expect(world.requests.at(-1)?.path).toBe(`/v1/jobs?${query}`);
      const inAction = makeWorld({ server: serverOf(denying), env: { GITHUB_ACTIONS: 'true' } });
      const { stderr } = await inAction.run('submit', ...PLACE, 'a', ...words, '--json');
      expect(stderr).toBe(`::warning title=jobwatch::${line}`);
    });

    test('warns without the reason where the token may not read it', async () => {
      const refused = { status: 403, body: { status: 403, detail: 'The token lacks the scope read.' } };
      const { code, stderr } = await makeWorld({ server: serverOf(denying, refused) }).run('submit', ...PLACE, 'a');
      expect([code, stderr]).toEqual([0, expect.stringContaining('denied for 1h 00m. Its jobs wait')]);
    });

    test.each<[string, Server, readonly string[]]>([
      ['another account is denied', serverOf(denying), ['--account', 'good']],
      ['it is denied for the jobs of another cloud', serverOf(denying, waitingOf('huawei.elb.v3')), []],
      ['nothing is known', serverOf({ status: 200, body: { ...GOOD_HEALTH, deniedAccounts: null } }), []],
      ['it can’t be read', serverOf({ status: 503 }), []],
      ['no answer comes', serverOf(null), []],
    ])('says nothing where %s', async (_, server, words) => {
      const world = makeWorld({ server });
      expect(await world.run('submit', ...PLACE, 'a', ...words)).toMatchObject({ code: 0, stderr: '', tookMs: 0 });
    });
  });

  test('takes tokens of workflows from the environment, and repeats none', async () => {
    const server: Server = () => ({ status: 202, body: { accepted: [{ id: 'job_1' }], rejected: [] } });
    const world = makeWorld({ server, env: { TASK_TOKEN: 'canary-token', CALLBACK: 'Y2FuYXJ5' } });
    const callbacks = ['--callback', 'stepfunctions=TASK_TOKEN', '--callback', 'durable=CALLBACK', '--heartbeat'];
    const { code, stdout, stderr } = await world.run('submit', ...PLACE, ...callbacks, 'a');
    expect([code, /canary|Y2Fu/.test(stdout + stderr)]).toEqual([0, false]);
    expect(world.requests[0]?.body).toMatchObject({
      jobs: [
        {
          callbacks: [
            { kind: 'stepfunctions', token: 'canary-token', heartbeat: true },
            { kind: 'durable', id: 'Y2FuYXJ5', heartbeat: true },
          ],
        },
      ],
    });
  });

  test.each([
    [['--callback', 'stepfunctions=canary+token'], '--callback'],
    [['--callback', 'webhook=TASK_TOKEN'], '--callback'],
    [['--callback', 'durable=NOT_THERE'], 'the environment variable NOT_THERE is not set'],
    [['--heartbeat'], '--heartbeat needs --callback'],
  ])('with %j sends nothing', async (args, said) => {
    const world = makeWorld();
    const { code, stderr } = await world.run('submit', ...PLACE, ...args, 'a');
    expect([code, world.requests.length]).toEqual([64, 0]);
    expect(stderr).toContain(said);
    expect(stderr).not.toContain('canary');
  });

  test('carries every field that has an option', async () => {
    const world = makeWorld({ server: () => ({ status: 202, body: { accepted: [{ id: 'job_1' }], rejected: [] } }) });
    await world.run(
      'submit',
      '--api',
      'huawei.elb.v3',
      '--region',
      'eu-de',
      '--project',
      'p',
      '--account',
      'h',
      '--label',
      'a=b=c',
      '--label',
      'd=',
      '--watch-timeout',
      '2h',
      '--grace',
      '5m',
      '--submitted-at',
      '2026-11-20T09:59:00Z',
      '--correlation-id',
      'c',
      'j',
    );
    expect(world.requests[0]?.body).toEqual({
      jobs: [
        {
          api: 'huawei.elb.v3',
          region: 'eu-de',
          projectId: 'p',
          account: 'h',
          labels: { a: 'b=c', d: '' },
          timeoutSeconds: 7200,
          notFoundGraceSeconds: 300,
          submittedAt: '2026-11-20T09:59:00Z',
          correlationId: 'c',
          jobId: 'j',
        },
      ],
    });
  });

  test('names what the API refused in a list without one good message', async () => {
    const body = {
      detail: 'No watch message in the list is valid.',
      accepted: [],
      rejected: [{ index: 0, reason: 'api: wrong.', retryable: false }],
    };
    const { code, stdout, stderr } = await makeWorld({ server: () => ({ status: 400, body }) }).run(
      'submit',
      ...PLACE,
      'a',
    );
    expect([code, stdout, stderr]).toEqual([64, '', 'rejected  a: api: wrong.\n']);
  });

  test('ends with 4 where jobwatch could not take a message, however often it was sent', async () => {
    const body = { accepted: [], rejected: [{ index: 0, reason: 'The queue did not take it.', retryable: true }] };
    const world = makeWorld({ server: () => ({ status: 202, body }) });
    const { code } = await world.run('submit', ...PLACE, 'a');
    expect([code, world.requests.length]).toEqual([4, 4]);
  });

  test.each([
    [['submit']],
    [['submit', 'a']],
    [['submit', ...PLACE, 'a', '-f', 'x']],
    [['submit', '-f', 'absent']],
    [['submit', ...PLACE, '--label', 'x', 'a']],
  ])('%j is a usage error', async (args) => {
    const { run, requests } = makeWorld();
    const result = await run(...args);
    expect([result.code, requests.length]).toEqual([64, 0]);
    expect(result.stderr).toMatch(/^jobwatch: /);
  });
});

test('a request is tried a few times, and what then is said names the next step', async () => {
  const { run, requests } = makeWorld({
    server: () => ({ status: 503, body: { detail: 'Tokens can not be checked.' } }),
  });
  const result = await run('ls');
  expect([result.code, requests.length]).toEqual([4, 4]);
  expect(result.stderr).toBe(
    `jobwatch: jobwatch at ${URL} can't be reached: it answered 503. Tokens can not be checked. ` +
      'Check the URL and the network, then "jobwatch doctor".\n',
  );
});

test('in a terminal a request that is tried again says so, once, and a pipe hears of the end alone', async () => {
  const seen = await makeWorld({ columns: 80 }).run('ls');
  expect(seen.stderr.match(/trying again/g)).toHaveLength(1);
  expect(seen.stderr).toMatch(
    /^jobwatch: no answer \(ECONNREFUSED\); trying again …\njobwatch: jobwatch at .* can't be reached/,
  );
  expect((await makeWorld().run('ls')).stderr).not.toContain('trying again');
  const live = makeWorld({
    server: (_, atMs) => (atMs < 20_000 ? { status: 200, body: { jobs: [] } } : null),
    columns: 80,
    interruptAfterMs: 60_000,
  });
  expect((await live.run('watch')).stderr).toBe('');
});

test('AWS settings that are missing are a usage error', async () => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'a');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'b');
  for (const name of ['AWS_REGION', 'AWS_DEFAULT_REGION', 'AWS_PROFILE']) vi.stubEnv(name, undefined);
  vi.stubEnv('AWS_CONFIG_FILE', '/dev/null');
  const aws = makeAws(null, (exitCode, message) => new CliError(exitCode, message));
  await expect(aws.get('x')).rejects.toMatchObject({ exitCode: 64, message: expect.stringMatching(/Set AWS_REGION/) });
  vi.unstubAllEnvs();
});

test.each([400, 422])('what the API refuses with %i is a usage error, not a job that failed', async (status) => {
  const server: Server = () => ({ status, body: { detail: 'since: expected an ISO 8601 time with a zone.' } });
  const result = await makeWorld({ server }).run('ls');
  expect([result.code, result.stderr]).toEqual([64, 'jobwatch: since: expected an ISO 8601 time with a zone.\n']);
});

test.each<[Record<string, string>, RegExp]>([
  [{ JOBWATCH_URL: '' }, /Where is jobwatch\? Set JOBWATCH_URL/],
  [{ JOBWATCH_URL: 'jobwatch' }, /is not a URL: use the HttpApiUrl/],
  [{ JOBWATCH_URL: 'http://jobwatch.example' }, /is not encrypted/],
  [{ JOBWATCH_URL: 'https://me:password@jobwatch.example' }, /has a user, a query or a fragment/],
  [{ JOBWATCH_URL: 'https://jobwatch.example/?a=b' }, /has a user, a query or a fragment/],
])('with %j nothing is requested', async (env, message) => {
  const { run, requests } = makeWorld({ env });
  const result = await run('ls');
  expect([result.code, requests]).toEqual([64, []]);
  expect(result.stderr).toMatch(message);
});

test('an address that is something else is told as that', async () => {
  const html = makeWorld({ server: () => ({ status: 200, body: { hello: 'world' } }) });
  expect(await html.run('ls')).toMatchObject({
    code: 4,
    stderr: expect.stringContaining('The response is not what jobwatch sends (jobs'),
  });
  const moved = await makeWorld({ server: () => ({ status: 301 }) }).run('ls');
  expect(moved).toMatchObject({
    code: 4,
    stderr: expect.stringContaining("can't be reached: the answer (HTTP 301) is not jobwatch's. Check the URL"),
  });
});

test('a subscription is made under an idempotency key, the same at every try', async () => {
  let tries = 0;
  const world = makeWorld({
    server: () => {
      tries += 1;
      return tries < 3 ? null : { status: 200, body: aSubscription({ id: 'sub_1', url: 'https://x' }) };
    },
  });
  const { code, stdout, stderr } = await world.run('subs', 'add', 'https://x', '--type', 'jobwatch.*');
  expect([code, stdout]).toEqual([0, 'sub_1\n']);
  expect(stderr).toBe('The response with the secret was lost: "jobwatch subs rotate sub_1" creates another one.\n');
  expect(new Set(world.requests.map(({ headers }) => headers.get('idempotency-key')))).toEqual(
    new Set(['00000000-0000-4000-8000-00000000000a']),
  );
});

test('validate judges as the queue does', async () => {
  const text = [
    '{"api":"alibaba.alb","region":"cn-hangzhou","jobId":"a"}',
    '{"api":"x","region":"eu-r","jobId":"a"}',
    '{"api":',
    '{"api":"alibaba.alb","api":"alibaba.nlb"}',
  ].join('\n');
  const { code, stdout } = await makeWorld({ stdin: text }).run('validate', '-');
  expect(code).toBe(1);
  expect(stdout.split('\n')).toEqual([
    expect.stringMatching(/^good {2}line 1 {2}job_[a-z2-7]{26}$/),
    expect.stringMatching(/^bad {3}line 2 {2}api: expected one of /),
    'bad   line 3  message: expected JSON.',
    'bad   line 4  api: stands twice; region: required; jobId: required.',
    '1 good, 3 bad',
    '',
  ]);
  expect((await makeWorld({ stdin: '' }).run('validate', '-')).code).toBe(64);
});

describe('help', () => {
  const words = 'submit wait ls show watch stop durations deliveries redeliver listen doctor validate completion'.split(
    ' ',
  );
  const groups = {
    subs: ['add', 'ls', 'update', 'show', 'rm', 'disable', 'enable', 'rotate', 'test'],
    token: ['create', 'ls', 'revoke'],
    account: ['put', 'ls', 'check'],
  };
  const leaves = [
    ...words.map((word) => [word]),
    ...Object.entries(groups).flatMap(([group, names]) => names.map((name) => [group, name])),
  ];

  test.each(leaves)('of %s %s has two examples, and the command takes --json', async (...path) => {
    const { code, stdout } = await makeWorld().run(...path.filter((word) => word !== undefined), '--help');
    expect(code).toBe(0);
    expect(stdout.split('\nExamples:\n')[1]?.match(/^ {2}(\$|.*\| jobwatch)/gm)).toHaveLength(2);
    expect(stdout).toContain('--json');
  });

  test.each(Object.keys(groups))('of %s has two examples', async (group) => {
    const { stdout } = await makeWorld().run(group, '--help');
    expect(stdout.split('\nExamples:\n')[1]?.match(/^ {2}\$/gm)).toHaveLength(2);
  });

  test('stands for a call without arguments too, which is a usage error', async () => {
    const { code, stdout, stderr } = await makeWorld().run();
    expect([code, stdout]).toEqual([64, '']);
    expect(stderr).toContain('Usage: jobwatch');
    expect((await makeWorld().run('--version')).stdout).toBe('0.2.0\n');
    expect((await makeWorld().run('statsu')).code).toBe(64);
    expect((await makeWorld().run('subs')).code).toBe(64);
  });
});

test('"jobwatch help" prints the help, of a command too', async () => {
  const plain = await makeWorld().run('help');
  expect([plain.code, plain.stdout]).toEqual([0, expect.stringContaining('Usage: jobwatch')]);
  const wait = await makeWorld().run('help', 'wait');
  expect([wait.code, wait.stdout]).toEqual([0, expect.stringContaining('Usage: jobwatch wait')]);
});

describe('a subscription', () => {
  const sub = aSubscription({ id: 'sub_a', url: 'https://hooks.example.com/a' });
  const run = async (...args: string[]) => {
    // Headers are answered by their names alone.
    const answer = (body: unknown) => ({ ...sub, ...Object(body), headers: Object.keys(Object(body).headers ?? {}) });
    const world = makeWorld({ server: ({ body }) => ({ status: 200, body: answer(body) }) });
    return { ...(await world.run('subs', ...args)), request: world.requests[0] };
  };

  test('is shown', async () => {
    const { code, stdout, request } = await run('show', 'sub_a');
    expect([code, request?.method, request?.path]).toEqual([0, 'GET', '/v1/subscriptions/sub_a']);
    expect(stdout).toMatch(/^sub_a\n {2}state +active\n {2}url +https:\/\/hooks.example.com\/a\n/);
  });

  test.each<[string[], object]>([
    [['https://hooks.example.com/b'], { url: 'https://hooks.example.com/b' }],
    [['--type', 'jobwatch.job.*', '--type', 'jobwatch.test'], { types: ['jobwatch.job.*', 'jobwatch.test'] }],
    [['--no-type', '--no-filter'], { types: [], filter: {} }],
    [['--filter', 'label.team=net', '--description', ''], { filter: { labels: { team: 'net' } }, description: '' }],
    [
      ['--header', 'X-A: 1', '--header', 'Authorization: Bearer a:b'],
      { headers: { 'X-A': '1', Authorization: 'Bearer a:b' } },
    ],
    [['--no-header', '--no-robot-secret'], { headers: {}, robotSecret: null }],
    [['--robot-secret', 'SEC1', '--language', 'zh'], { robotSecret: 'SEC1', language: 'zh' }],
  ])('is changed by %j in what is given alone', async (args, body) => {
    const { code, request } = await run('update', 'sub_a', ...args);
    expect([code, request?.method, request?.body]).toEqual([0, 'PATCH', body]);
  });

  test.each([
    ['failed', /Did you mean jobwatch\.job\.failed\?/],
    ['job.lost', /Did you mean jobwatch\.job\.lost\?/],
    ['nonsense!', /Choose from jobwatch\.job\.succeeded, .*, jobwatch\.test\./],
  ])('with the type %j is not added, and what it may have been is said', async (type, message) => {
    const { code, stderr, request } = await run('add', 'https://x.example/', '--type', type);
    expect([code, stderr, request]).toEqual([64, expect.stringMatching(message), undefined]);
  });

  test('for the event bus is added without a URL and a secret', async () => {
    const { code, stderr, request } = await run('add', '--kind', 'eventbridge', '--type', 'jobwatch.job.*');
    expect(request?.body).toEqual({ kind: 'eventbridge', types: ['jobwatch.job.*'] });
    expect([code, stderr]).toEqual([0, '"jobwatch subs test sub_a" puts an event on the bus.\n']);
    expect((await run('add')).stderr).toContain('Where to? Give a URL, or --kind eventbridge.');
  });

  test('for a robot is added without a secret', async () => {
    const args = ['https://x.example/?key=k', '--format', 'dingtalk', '--robot-secret', 'SEC1', '--language', 'zh'];
    const { code, stdout, stderr, request } = await run('add', ...args);
    expect(request?.body).toEqual({
      ...{ url: 'https://x.example/?key=k', format: 'dingtalk' },
      ...{ robotSecret: 'SEC1', language: 'zh' },
    });
    expect([code, stdout, stderr]).toEqual([0, 'sub_a\n', '"jobwatch subs test sub_a" sends a message to the chat.\n']);
  });

  test.each([
    ['--format', 'teams'],
    ['--language', 'de'],
    ['--header', 'no-colon'],
    ['--header', 'X:'],
  ])('is not added with %s %s', async (...args) => {
    const { code, request, stderr } = await run('add', 'https://x.example/', ...args);
    expect([code, request]).toEqual([64, undefined]);
    expect(stderr).toContain(args[0]);
  });

  test('of a robot that refuses with 200 is no good, and its own words say why', async () => {
    const tested = { eventId: 'evt_1', at: '2026-11-20T10:00:00.000Z', status: 200, durationMs: 12 };
    const refusal = { error: 'DingTalk answered 310000: sign not match', answer: '{"errcode":310000}' };
    const world = makeWorld({ server: () => ({ status: 200, body: { ...tested, ...refusal } }) });
    const { code, stdout } = await world.run('subs', 'test', 'sub_a', '--type', 'jobwatch.job.failed');
    expect(world.requests[0]?.body).toEqual({ type: 'jobwatch.job.failed' });
    expect([code, stdout]).toEqual([
      1,
      'bad  DingTalk answered 310000: sign not match after 12 ms\nanswer: {"errcode":310000}\n',
    ]);
  });

  test('is not changed by nothing', async () => {
    expect(await run('update', 'sub_a')).toMatchObject({ code: 64, request: undefined });
  });

  test('is disabled', async () => {
    const { code, stdout, request } = await run('disable', 'sub_a');
    expect([code, stdout, request?.method, request?.body]).toEqual([
      ...[0, 'sub_a  disabled\n', 'PATCH'],
      { state: 'disabled' },
    ]);
  });
});

test.each([
  [['--timeout', '5s'], /--timeout needs --wait \(to limit the watch: --watch-timeout\)/],
  [['--any', '--patience', '1m'], /--any and --patience need --wait\./],
])('submit with %j and without --wait is a usage error', async (flags, said) => {
  const world = makeWorld();
  const { code, stderr } = await world.run('submit', ...PLACE, 'a', ...flags);
  expect([code, stderr, world.requests]).toEqual([64, expect.stringMatching(said), []]);
});

describe('completion', () => {
  test.each(['bash', 'zsh', 'fish'])('for %s names every command', async (shell) => {
    const { code, stdout } = await makeWorld().run('completion', shell);
    expect(code).toBe(0);
    for (const word of ['redeliver', 'account', 'timeout', 'rolling_back', ...API_FACTS.keys()])
      expect(stdout).toContain(word);
  });

  test('in bash offers what fits', async () => {
    const { stdout } = await makeWorld().run('completion', 'bash');
    const complete = (...line: string[]) => {
      const words = line.map((word) => `'${word}'`).join(' ');
      const query = `COMP_WORDS=(${words}); COMP_CWORD=${line.length - 1}; _jobwatch; printf '%s\\n' "\${COMPREPLY[@]}"`;
      const script = `${stdout}\n${query}`;
      return spawnSync('bash', ['-c', script], { encoding: 'utf8' }).stdout.trim().split('\n');
    };
    expect(existsSync('/bin/bash')).toBe(true);
    expect(complete('jobwatch', 's')).toEqual(['submit', 'show', 'stop', 'subs']);
    expect(complete('jobwatch', 'subs', 'r')).toEqual(['rm', 'rotate']);
    expect(complete('jobwatch', 're')).toEqual(['redeliver', 'restore', 'redrive']);
    expect(complete('jobwatch', 'ls', '--phase', 'ro')).toEqual(['rolling_back', 'rollback_failed']);
    expect(complete('jobwatch', 'wait', 'x', '--api', 'he')).toEqual(['hetzner.actions']);
    expect(complete('jobwatch', 'account', 'check', '--api', 'digi')).toEqual(['digitalocean.actions']);
    expect(complete('jobwatch', 'wait', '--t')).toEqual(['--timeout', '--token-file']);
    expect(complete('jobwatch', 'token', 'create', '--sc')).toEqual(['--scopes']);
    expect(complete('jobwatch', 'token', 'create', '--scopes', 'jobs')).toEqual(['jobs:write']);
    expect(complete('jobwatch', 'listen', '--type', 'jobwatch.job.f')).toEqual(['jobwatch.job.failed']);
    expect(complete('jobwatch', 'redrive', '--queue', '')).toEqual(['rejected', 'dead']);
    expect(complete('jobwatch', 'subs', 'add', '--format', 'd')).toEqual(['dingtalk']);
    expect(complete('jobwatch', 'wait', '--account', '')).toEqual(['']);
    expect(complete('jobwatch', 'submit', '--label', 'test', '--watch')).toEqual(['--watch-timeout']);
    expect(complete('jobwatch', 'account', 'put', 'wait', '--fi')).toEqual(['--file']);
    expect(complete('jobwatch', 'sub', 'ro')).toEqual(['rotate']);
    expect(complete('jobwatch', 'get', '--re')).toEqual(['--region']);
    expect(complete('jobwatch', 'completion', '')).toEqual(['bash', 'zsh', 'fish']);
    expect(complete('jobwatch', 'validate', '/etc/host')).toContain('/etc/hosts');
  });

  test('for another shell is a usage error', async () => {
    expect((await makeWorld().run('completion', 'tcsh')).code).toBe(64);
  });
});

test('a bug in the command line is reported as one', async () => {
  const { world, run } = makeWorld({ server: () => ({ status: 200, body: { jobs: [shown({})] } }) });
  Object.assign(world, { clock: () => Number.NaN });
  const result = await run('ls', '--since', '2h');
  expect([result.code, result.stderr]).toEqual([70, expect.stringContaining('this is a bug in the command line')]);
});

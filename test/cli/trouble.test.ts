import { describe, expect, test } from 'vitest';
import { toIso } from '../../lib/base/time.ts';
import { START_MS } from '../fakes/clock.ts';
import { GOOD_HEALTH, jobId, makeWorld, type Server, shown } from './world.ts';

/** Goal: whatever goes wrong around a command, it ends as it says, and tells no secret. */
const [A, B] = [jobId('a'), jobId('b')];
const healthy: Server = () => ({ status: 200, body: GOOD_HEALTH });

/** `job` answers about jobs, all else is well. */
function jobServer(job: Server): Server {
  return (request, atMs) => (request.path.startsWith('/v1/jobs/') ? job(request, atMs) : healthy(request, atMs));
}
const ok = (fields: Parameters<typeof shown>[0]) => ({ status: 200, body: shown({ id: A, ...fields }) });
const done = ok({ phase: 'succeeded', endedAt: toIso(START_MS) });
const running = ok({ phase: 'running' });
const html = { status: 403, text: '<h1>blocked</h1>' };
const none = { status: 404, body: { status: 404, detail: 'There is no job with this id.' } };

describe('a file that holds a token', () => {
  const TOKEN = 'jw_0123456789abcdef';
  const files = { '/t': `${TOKEN}\n`, '/x/jobwatch/profiles.json': JSON.stringify({ default: { token: TOKEN } }) };
  test.each([
    [0o600, ['--token-file', '/t'], false],
    [0o640, ['--token-file', '/t'], true],
    [0o604, ['--token-file', '/t'], true],
    [0o644, [], true],
    [0o400, [], false],
  ])('of mode %o is warned of: %j %s', async (mode, args, isWarned) => {
    const env = { XDG_CONFIG_HOME: '/x', JOBWATCH_TOKEN: '' };
    const world = makeWorld({ server: healthy, files, env, modes: { '/t': mode, '/x/jobwatch/profiles.json': mode } });
    const { stderr } = await world.run('ls', ...args);
    const path = args[1] ?? '/x/jobwatch/profiles.json';
    expect(stderr.includes(`${path} holds a token, and others can read it: chmod 600 ${path}`)).toBe(isWarned);
    expect(stderr).not.toContain(TOKEN);
  });
});

describe('a wait', () => {
  test.each([429, 500, 502, 503, 504])('outlives four minutes of %i', async (status) => {
    const server = jobServer((_, atMs) => (atMs < 240_000 ? { status } : done));
    expect((await makeWorld({ server }).run('wait', A)).code).toBe(0);
  });

  test('outlives answers of somebody else, once jobwatch has answered', async () => {
    const server = jobServer((_, atMs) => (atMs < 5000 ? running : atMs < 60_000 ? html : done));
    expect((await makeWorld({ server }).run('wait', A)).code).toBe(0);
  });

  test('ends at once with 4 where somebody else answers from the start: the URL is wrong', async () => {
    const gateway = makeWorld({ server: () => ({ status: 404, body: { message: 'Not Found' } }) });
    const result = await gateway.run('wait', A);
    expect([result.code, result.tookMs]).toEqual([4, 0]);
    expect(result.stderr).toContain("the answer (HTTP 404) is not jobwatch's. Check the URL");
  });

  test('does not count the time without answers as time in which the job was unknown', async () => {
    const server = jobServer((_, atMs) => (atMs < 200_000 ? { status: 503 } : atMs < 230_000 ? none : done));
    expect((await makeWorld({ server }).run('wait', A)).code).toBe(0);
  });

  test('ends with 3 where a job that was known is gone for good', async () => {
    const server = jobServer((_, atMs) => (atMs < 10_000 ? running : none));
    const result = await makeWorld({ server }).run('wait', A);
    expect([result.code, result.tookMs > 180_000, result.tookMs < 220_000]).toEqual([3, true, true]);
  });

  test('ends with 4 where one job of several is never answered about', async () => {
    const server = jobServer(({ path }) => (path.endsWith(B) ? { status: 500 } : running));
    const result = await makeWorld({ server }).run('wait', A, B, '--patience', '60s');
    expect([result.code, result.tookMs < 90_000]).toEqual([4, true]);
  });

  test('goes on in a phase that it does not know, and fails where such a phase is the end', async () => {
    const odd = { ...running.body, phase: 'paused' };
    const server = (end: unknown) => jobServer((_, atMs) => ({ status: 200, body: atMs < 30_000 ? odd : end }));
    expect((await makeWorld({ server: server(done.body) }).run('wait', A)).code).toBe(0);
    const over = await makeWorld({ server: server({ ...odd, endedAt: toIso(START_MS) }) }).run('wait', A);
    expect([over.code, over.stdout]).toEqual([1, expect.stringContaining('1 paused')]);
  });

  test.each([-3_600_000, 3_600_000])('keeps its time though the clock jumps by %i ms', async (jumpMs) => {
    const server = jobServer(() => running);
    const clockJump = (atMs: number) => (atMs === 2000 ? jumpMs : 0);
    const result = await makeWorld({ server, clockJump }).run('wait', A, '--timeout', '1m');
    expect([result.code, result.tookMs]).toEqual([2, 60_000]);
  });

  test("tells times by jobwatch's clock where this machine's is wrong", async () => {
    const headers = { date: new Date(START_MS + 3_600_000).toUTCString() };
    const body = shown({ id: A, phase: 'running', submittedAt: toIso(START_MS + 3_590_000) });
    const { stdout } = await makeWorld({ server: jobServer(() => ({ status: 200, body, headers })) }).run(
      ...['wait', A, '--timeout', '0'],
    );
    expect(stdout).toMatch(/ {2}running.* {2}10s, /);
  });

  test.each([
    [() => running, 2],
    [() => done, 0],
    [() => none, 2],
    [() => ({ status: 503 }), 4],
  ] satisfies [Server, number][])('with --timeout 0 checks once: %s ends with %i', async (job, code) => {
    const { run, requests } = makeWorld({ server: jobServer(job) });
    const result = await run('wait', A, '--timeout', '0');
    expect([result.code, result.tookMs]).toEqual([code, 0]);
    expect(requests.filter(({ path }) => path.includes('/jobs/'))).toHaveLength(1);
  });

  test.each([
    ['never answered', 0, 4],
    ['has not answered for long', 20_000, 4],
    ['has just not answered', 55_000, 2],
  ])('at the end of --timeout, where jobwatch %s, ends with the right code', async (_, untilMs, code) => {
    const server = jobServer((__, atMs) => (atMs < untilMs ? running : null));
    expect((await makeWorld({ server }).run('wait', A, '--timeout', '1m')).code).toBe(code);
  });

  test('is not 4 for a tick that could not be read for a moment, however long it has waited', async () => {
    const server: Server = ({ path }, atMs) => {
      if (path !== '/v1/health') return atMs < 900_000 ? running : done;
      const isOdd = atMs > 600_000 && atMs < 640_000;
      return { status: 200, body: isOdd ? { ...GOOD_HEALTH, status: 'unknown', lastTickAt: null } : GOOD_HEALTH };
    };
    expect((await makeWorld({ server }).run('wait', A)).code).toBe(0);
  });

  test('closes its group in GitHub Actions after Ctrl-C too', async () => {
    const world = makeWorld({
      server: jobServer(() => running),
      env: { GITHUB_ACTIONS: 'true' },
      interruptAfterMs: 5000,
    });
    const result = await world.run('wait', A);
    expect([result.code, result.stdout.endsWith('::endgroup::\n')]).toEqual([130, true]);
  });

  test('goes on to its exit code though nobody reads it any more', async () => {
    const server = jobServer((_, atMs) =>
      atMs < 60_000 ? running : ok({ phase: 'failed', endedAt: toIso(START_MS) }),
    );
    expect((await makeWorld({ server, unreadAfterMs: 5000 }).run('wait', A)).code).toBe(1);
  });

  test('shows when the end is expected', async () => {
    const body = { ...running.body, expectedEndAt: toIso(START_MS + 95_000) };
    const server = jobServer(() => ({ status: 200, body }));
    expect((await makeWorld({ server }).run('wait', A, '--timeout', '0')).stdout).toContain(
      'expected to end in 1m 35s',
    );
    const drawn = await makeWorld({ server, columns: 140 }).run('wait', A, '--timeout', '0');
    expect(drawn.stdout).toMatch(/expected end[\s\S]*in 1m 35s/);
    expect((await makeWorld({ server }).run('show', A)).stdout).toContain('2026-11-20T10:01:35.000Z (in 1m 35s)');
  });
});

describe('the live view', () => {
  const list = (atMs: number) =>
    atMs > 6000 && atMs < 30_000 ? null : { status: 200, body: { jobs: [running.body] } };

  test('goes on while jobwatch gives no answer, and shows what it knew, each job once', async () => {
    const { code, stdout } = await makeWorld({ server: (_, atMs) => list(atMs), interruptAfterMs: 40_000 }).run(
      'watch',
    );
    expect(code).toBe(130);
    expect(stdout).toMatch(/1 job is open; no answer for /);
    expect(
      stdout
        .trimEnd()
        .split('\n')
        .findLast((line) => line.startsWith('jobwatch ')),
    ).toMatch(/1 job is open$/);
  });

  test('ends well when nobody reads it any more', async () => {
    const world = makeWorld({ server: (_, atMs) => list(atMs), unreadAfterMs: 5000 });
    expect((await world.run('watch', '--json')).code).toBe(0);
  });

  test('reads so many pages and no more, and says so', async () => {
    const { run, requests } = makeWorld({ server: () => ({ status: 200, body: { jobs: [], nextCursor: 'c' } }) });
    expect((await run('watch', '--once')).stdout).toContain('0 jobs or more are open');
    expect(requests).toHaveLength(5);
  });
});

describe('no secret is told', () => {
  const secret = 'jw_0123456789abcdef';

  test.each([
    [['ls', `--token=${secret}`], {}],
    [['ls', secret], {}],
    [[secret], {}],
    [['ls'], { JOBWATCH_URL: secret }],
    [['ls'], { JOBWATCH_URL: `https://user:${secret}@jobwatch.example` }],
    [['ls'], { JOBWATCH_TOKEN: `${secret}\n${secret}` }],
    [['ls'], { JOBWATCH_TOKEN: `${secret}…` }],
    [['wait', secret], {}],
    [['show', A, '--profile', secret], {}],
  ])('by %j with %j', async (args, env) => {
    const { run, requests } = makeWorld({ env, server: healthy });
    const { code, stdout, stderr } = await run(...args);
    expect([code, requests]).toEqual([64, []]);
    expect(stdout + stderr).not.toContain('0123456789');
  });

  test('by what a server says', async () => {
    const detail = `not ${secret}, nor whsec_0123456789abcdef\u001b[2J`;
    const { stderr } = await makeWorld({ server: () => ({ status: 400, body: { detail } }) }).run('ls');
    expect(stderr).toBe('jobwatch: not jw_…, nor whsec_… [2J\n');
  });
});

describe('a request', () => {
  test('like one that is under way is made again', async () => {
    let tries = 0;
    const server: Server = () => {
      tries += 1;
      if (tries < 3) return { status: 409, headers: { 'retry-after': '1' }, body: { detail: 'It is under way.' } };
      return { status: 200, body: { id: 'sub_1', state: 'active' } };
    };
    const { requests, run } = makeWorld({ server });
    await run('subs', 'enable', 'sub_1');
    expect(requests).toHaveLength(3);
  });

  test('to a host without a trusted certificate is made once, and the error says what helps', async () => {
    const { world, requests, run } = makeWorld();
    const cause = Object.assign(new Error('self-signed certificate'), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
    let count = 0;
    Object.assign(world, {
      fetch: async () => {
        count += 1;
        throw new TypeError('fetch failed', { cause });
      },
    });
    const { code, stderr } = await run('ls');
    expect([code, count, requests]).toEqual([4, 1, []]);
    expect(stderr).toContain('(DEPTH_ZERO_SELF_SIGNED_CERT); NODE_EXTRA_CA_CERTS=ca.pem');
  });
});

describe('submit', () => {
  const accept: Server = ({ body }) => {
    const { jobs } = body as { jobs: { jobId: string }[] };
    return { status: 202, body: { accepted: jobs.map(({ jobId: id }) => ({ id: `job_${id}` })), rejected: [] } };
  };
  const message = (id: number) => JSON.stringify({ api: 'alibaba.alb', region: 'eu-x', jobId: `j${id}` });

  test('prints what was accepted where jobwatch goes away half-way', async () => {
    const stdin = Array.from({ length: 150 }, (_, id) => message(id)).join('\r\n');
    let round = 0;
    const server: Server = (request, atMs) => {
      round += 1;
      return round === 1 ? accept(request, atMs) : null;
    };
    const { code, stdout, stderr } = await makeWorld({ stdin, server }).run('submit', '-f', '-');
    expect([code, stdout.trim().split('\n').length]).toEqual([4, 100]);
    expect(stderr).toMatch(/Not all was sent: submit the same again, which is safe\.\n$/);
  });

  test('waits for a job once that a file names twice', async () => {
    const server: Server = (request, atMs) => (request.method === 'POST' ? accept(request, atMs) : done);
    const { code, stdout } = await makeWorld({ stdin: `${message(1)}\n${message(1)}`, server }).run(
      ...['submit', '-f', '-', '--wait'],
    );
    expect([code, stdout]).toEqual([0, expect.stringMatching(/\n1 succeeded\n$/)]);
  });

  test.each([
    ['', /contains no message/],
    ['{"jobId":"a","jobId":"b"}', /the message: jobId appears more than once in one object/],
    ['{\n"a":1,\n}', /the file is not JSON; "jobwatch validate -"/],
  ])('refuses the file %j', async (stdin, said) => {
    const { code, stderr } = await makeWorld({ stdin }).run('submit', '-f', '-');
    expect([code, stderr]).toEqual([64, expect.stringMatching(said)]);
  });
});

test('the learned durations are listed, with and without p99', async () => {
  const body = {
    durations: [
      {
        api: 'alibaba.nlb',
        operation: 'CreateLoadBalancer',
        count: 12,
        p50Seconds: 41.5,
        p90Seconds: 95,
        p99Seconds: 600,
      },
      { api: 'huawei.elb.v3', operation: null, count: 1, p50Seconds: 3, p90Seconds: 3 },
    ],
  };
  const { stdout } = await makeWorld({ server: () => ({ status: 200, body }) }).run('durations');
  expect(stdout.split('\n')).toEqual([
    'api            operation           count  p50  p90     p99',
    'alibaba.nlb    CreateLoadBalancer  12     42s  1m 35s  10m 00s',
    'huawei.elb.v3  -                   1      3s   3s      -',
    '',
  ]);
  const empty = await makeWorld({ server: () => ({ status: 200, body: { durations: [] } }) }).run('durations');
  expect([empty.code, empty.stderr]).toEqual([0, 'Nothing was learned yet.\n']);
});

test.each([
  ['token', 'ls'],
  ['account', 'ls'],
  ['token', 'create', 'ci', '--scopes', 'read'],
])('%s %s wants to know the stage', async (...args) => {
  const { code, stderr } = await makeWorld().run(...args);
  expect([code, stderr]).toEqual([64, expect.stringMatching(/^jobwatch: Which stage\? Give --stage/)]);
});

test('what talks to nobody reads no profile', async () => {
  const files = { '/home/nobody/.config/jobwatch/profiles.json': '{' };
  expect((await makeWorld({ files }).run('completion', 'bash')).code).toBe(0);
  expect((await makeWorld({ files }).run('ls')).code).toBe(64);
});

import { stripVTControlCharacters } from 'node:util';
import { describe, expect, test } from 'vitest';
import { toIso } from '../../lib/base/time.ts';
import type { Job } from '../../lib/job/job.ts';
import { START_MS } from '../fakes/clock.ts';
import { aDetail } from '../fakes/records.ts';
import { GOOD_HEALTH, jobId, makeWorld, type Server, shown } from './world.ts';

const [A, B] = [jobId('a'), jobId('b')];

/** Jobs that have a phase until a time after the start, the first that fits. */
function server(
  scripts: Record<string, [untilMs: number, fields: Partial<Job>][]>,
  health: unknown = GOOD_HEALTH,
): Server {
  return ({ path }, atMs) => {
    if (path === '/v1/health') return { status: 200, body: health };
    const id = path.slice('/v1/jobs/'.length);
    const found = scripts[id]?.find(([untilMs]) => atMs < untilMs);
    if (found === undefined) return { status: 404, body: { status: 404, detail: 'There is no job with this id.' } };
    return { status: 200, body: shown({ id, jobId: id.slice(0, 5), ...found[1] }) };
  };
}

const ended = (phase: Job['phase']): [number, Partial<Job>] => [
  Infinity,
  { phase, vendorStatus: 'X', endedAt: toIso(START_MS + 30_000) },
];
const running: [number, Partial<Job>] = [30_000, { phase: 'running', vendorStatus: 'RUNNING', polls: 2 }];

describe('the exit code of a wait', () => {
  test.each<[Job['phase'], number]>([
    ['succeeded', 0],
    ['failed', 1],
    ['rollback_failed', 1],
    ['canceled', 1],
    ['stopped', 1],
    ['timed_out', 2],
    ['lost', 3],
  ])('for a job that is %s is %i', async (phase, code) => {
    const { run } = makeWorld({ server: server({ [A]: [running, ended(phase)] }) });
    const result = await run('wait', A);
    expect(result.code).toBe(code);
    expect(result.stdout).toContain(`1 ${phase}\n`);
  });

  test.each<[Job['phase'], Job['phase'], number]>([
    ['succeeded', 'failed', 1],
    ['failed', 'timed_out', 2],
    ['lost', 'failed', 3],
  ])('for %s and %s together is the worst, %i', async (one, other, code) => {
    const { run } = makeWorld({ server: server({ [A]: [running, ended(one)], [B]: [ended(other)] }) });
    expect((await run('wait', A, B)).code).toBe(code);
  });

  test('is 2 when --timeout is reached, not later', async () => {
    const { run } = makeWorld({ server: server({ [A]: [[Infinity, { phase: 'running' }]] }) });
    const result = await run('wait', A, '--timeout', '1m');
    expect([result.code, result.tookMs]).toEqual([2, 60_000]);
    expect(result.stderr).toMatch(/^jobwatch: The timeout of 1m 00s has passed\. .*"jobwatch stop"\.\n$/);
  });

  test('with --any is that of the first that ended', async () => {
    const { run } = makeWorld({
      server: server({ [A]: [[Infinity, { phase: 'running' }]], [B]: [running, ended('failed')] }),
    });
    const result = await run('wait', A, B, '--any', '--json');
    expect(result.code).toBe(1);
    expect(result.tookMs).toBeLessThan(50_000);
  });

  test('is 3 for a job that jobwatch does not come to know', async () => {
    const { run } = makeWorld({ server: server({}) });
    const result = await run('wait', A);
    expect([result.code, result.tookMs >= 180_000]).toEqual([3, true]);
    expect(result.stdout).toMatch(/not known yet\n[\s\S]*1 unknown\n$/);
  });

  test('is 4 when the last tick is more than five minutes old, and that is told', async () => {
    const health = { ...GOOD_HEALTH, status: 'late', lastTickAt: toIso(START_MS - 600_000) };
    const { run } = makeWorld({ server: server({ [A]: [[Infinity, { phase: 'running' }]] }, health) });
    const result = await run('wait', A);
    expect([result.code, result.tookMs]).toEqual([4, 0]);
    expect(result.stderr).toMatch(/^jobwatch: jobwatch is not ticking: its last tick was 10m 00s ago\./);
  });

  test('is 4 when no tick is ever seen, after a while only', async () => {
    const health = { ...GOOD_HEALTH, status: 'unknown', lastTickAt: null };
    const { run } = makeWorld({ server: server({ [A]: [[Infinity, { phase: 'running' }]] }, health) });
    const result = await run('wait', A, '--patience', '2m');
    expect([result.code, result.tookMs >= 120_000]).toEqual([4, true]);
  });

  test('is 0 for jobs that have ended, however jobwatch does', async () => {
    const { run } = makeWorld({ server: server({ [A]: [ended('succeeded')] }, { ...GOOD_HEALTH, status: 'late' }) });
    expect((await run('wait', A)).code).toBe(0);
  });

  test('is 64 with a bad token, at once', async () => {
    const { run } = makeWorld({
      server: () => ({ status: 401, body: { detail: 'A valid bearer token is required.' } }),
    });
    const result = await run('wait', A);
    expect([result.code, result.tookMs]).toEqual([64, 0]);
  });

  test('is 130 after Ctrl-C, and the cursor is back', async () => {
    const { run } = makeWorld({
      server: server({ [A]: [[Infinity, { phase: 'running' }]] }),
      columns: 80,
      interruptAfterMs: 5000,
    });
    const result = await run('wait', A);
    expect([result.code, result.stderr]).toEqual([130, '']);
    expect(result.stdout.endsWith('\u001b[?25h')).toBe(true);
  });
});

describe('a denied account', () => {
  const waiting = { reason: 'account "default" is of alibaba', until: toIso(START_MS), denied: true };
  const pending: Partial<Job> = { phase: 'pending', vendorStatus: null, waiting: null };
  const denied: Partial<Job> = { ...pending, waiting };

  test('ends a wait with 5, as soon as it is known', async () => {
    const { run } = makeWorld({
      server: server({
        [A]: [
          [5000, pending],
          [Infinity, denied],
        ],
      }),
    });
    const result = await run('wait', A, '--timeout', '1h');
    expect(result.code).toBe(5);
    expect(result.tookMs).toBeLessThan(12_000);
    expect(result.stdout).toMatch(/account "default" is of alibaba[\s\S]*1 denied\n$/);
    expect(result.stderr).toMatch(
      /^jobwatch: The account "default" is denied .*: account "default" is of alibaba\. Fix/,
    );
  });

  test('that may be mended already is told at once, and given the time to be noticed', async () => {
    const mended = server({ [A]: [[100_000, denied], [130_000, pending], ended('succeeded')] });
    const result = await makeWorld({ server: mended }).run('wait', A);
    expect([result.code, result.stdout.split('\n')[0]]).toEqual([0, expect.stringContaining('is of alibaba')]);
    const still = await makeWorld({ server: server({ [A]: [[Infinity, denied]] }) }).run('wait', A);
    expect([still.code, still.tookMs >= 150_000, still.tookMs < 170_000]).toEqual([5, true, true]);
  });

  test('that the vendor had taken is waited for as long as the patience lasts', async () => {
    const rotated: Partial<Job> = { phase: 'running', vendorStatus: 'RUNNING', waiting };
    const script: [number, Partial<Job>][] = [running, [Infinity, rotated]];
    const result = await makeWorld({ server: server({ [A]: script }) }).run('wait', A, '--patience', '4m');
    expect([result.code, result.tookMs >= 270_000, result.tookMs < 300_000]).toEqual([5, true, true]);
  });

  test('ends the wait for others with the largest code, when they have ended; --any ends with them', async () => {
    const scripts = {
      [A]: [
        [5000, pending],
        [Infinity, denied],
      ],
      [B]: [[60_000, pending], ended('failed')],
    } as const;
    const both = await makeWorld({ server: server(structuredClone(scripts) as never) }).run('wait', A, B, '--json');
    expect([both.code, both.tookMs >= 60_000]).toEqual([5, true]);
    const last = JSON.parse(both.stdout.trim().split('\n').at(-1) ?? '');
    expect(last).toMatchObject({ exitCode: 5, jobs: [{ phase: 'denied' }, { phase: 'failed' }] });
  });

  test('is not a key that is only throttled', async () => {
    const slow = { ...pending, waiting: { reason: 'slow down', until: toIso(START_MS) } };
    const result = await makeWorld({ server: server({ [A]: [[Infinity, slow]] }) }).run('wait', A, '--timeout', '10m');
    expect(result.code).toBe(2);
  });
});

describe('a wait with --timeout', () => {
  const endsAt6s: [number, Partial<Job>][] = [[6000, { phase: 'running' }], ended('succeeded')];

  test.each(['20s', '33s', '1m'])('of %s asks all the time, on a clock of fractions', async (timeout) => {
    const world = makeWorld({ server: server({ [A]: endsAt6s }), lateMs: 0.137 });
    const result = await world.run('wait', A, '--timeout', timeout);
    expect(result.code).toBe(0);
    expect(result.tookMs).toBeLessThan(10_000);
    expect(world.requests.filter(({ path }) => path.startsWith('/v1/jobs/')).length).toBeGreaterThan(2);
    expect(result.stdout).not.toContain('does not answer');
  });

  test('asks at every pause until it is over', async () => {
    const world = makeWorld({ server: server({ [A]: [[Infinity, { phase: 'running' }]] }), lateMs: 0.137 });
    expect((await world.run('wait', A, '--timeout', '1m')).code).toBe(2);
    const times = world.requests.filter(({ path }) => path.startsWith('/v1/jobs/')).map(({ atMs }) => atMs);
    const gaps = times.slice(1).map((at, index) => at - (times[index] ?? 0));
    expect(Math.max(...gaps)).toBeLessThan(16_000);
  });
});

test('a wait whose time is over says that jobwatch does not know the job', async () => {
  const none = await makeWorld({ server: server({}) }).run('wait', A, '--timeout', '4s');
  expect(none.code).toBe(2);
  expect(none.stderr).toMatch(/has passed\. jobwatch does not know this job: check --api, --region, --project and/);
  const some = await makeWorld({ server: server({ [B]: [[Infinity, { phase: 'running' }]] }) }).run(
    ...['wait', A, B, '--timeout', '4s'],
  );
  expect(some.stderr).toMatch(new RegExp(`jobwatch does not know ${A}: .*The others: jobwatch keeps watching`));
});

describe('trouble that is not of the network', () => {
  const fault = new RangeError('The value of "delay" is out of range.');

  test('ends a wait at once, as a fault of the command line', async () => {
    const result = await makeWorld({ fault }).run('wait', A, '--timeout', '20s');
    expect([result.code, result.tookMs]).toEqual([70, 0]);
    expect(result.stderr).toMatch(/this is a bug in the command line.*RangeError: The value of "delay"/s);
  });

  test('is told from a connection that breaks', async () => {
    const cut = new TypeError('terminated', { cause: Object.assign(new Error('x'), { code: 'UND_ERR_SOCKET' }) });
    const result = await makeWorld({ fault: cut }).run('wait', A, '--patience', '30s');
    expect(result.code).toBe(4);
    expect(result.stdout).toContain('jobwatch does not answer (UND_ERR_SOCKET); still trying');
  });
});

describe('a wait', () => {
  test('outlives hiccups: refused connections, 5xx and 429', async () => {
    const good = server({ [A]: [running, ended('succeeded')] });
    const hiccups: Server = (request, atMs) => {
      if (atMs > 4000 && atMs < 20_000) return null;
      if (atMs >= 20_000 && atMs < 25_000) return { status: 502 };
      if (atMs >= 25_000 && atMs < 35_000) return { status: 429, headers: { 'retry-after': '1' } };
      return good(request, atMs);
    };
    const result = await makeWorld({ server: hiccups }).run('wait', A);
    expect(result.code).toBe(0);
    expect(result.stdout).toMatch(/jobwatch does not answer \(ECONNREFUSED\); still trying/);
    expect(result.stdout).toContain('jobwatch answers again');
  });

  test('gives up when jobwatch has not answered for as long as the patience lasts', async () => {
    const result = await makeWorld().run('wait', A, '--patience', '90s');
    expect([result.code, result.tookMs >= 90_000, result.tookMs < 110_000]).toEqual([4, true, true]);
    expect(result.stderr).toMatch(/has not answered for 1m 3\ds: ECONNREFUSED\. The jobs go on/);
  });

  test('checks less and less often, from 2 s to 15 s, and soon again after a change', async () => {
    const { run, requests } = makeWorld({
      server: server({ [A]: [[60_000, { phase: 'pending' }], [600_000, { phase: 'running' }], ended('succeeded')] }),
    });
    const result = await run('wait', A);
    const polls = requests.filter(({ path }) => path !== '/v1/health').map(({ atMs }) => atMs);
    expect(result.code).toBe(0);
    expect(polls.length).toBeGreaterThan(40);
    expect(polls.length).toBeLessThan(65);
    const change = polls.findIndex((atMs) => atMs >= 60_000);
    expect((polls[change + 1] ?? 0) - (polls[change] ?? 0)).toBe(2000);
    expect((polls.at(-1) ?? 0) - (polls.at(-2) ?? 0)).toBe(15_000);
    expect(requests.filter(({ path }) => path === '/v1/health').length).toBeLessThan(25);
  });

  test('says something every minute where nothing changes', async () => {
    const { run } = makeWorld({ server: server({ [A]: [[270_000, { phase: 'running' }], ended('succeeded')] }) });
    const { stdout } = await run('wait', A);
    expect(stdout.split('\n').filter((line) => line.includes('running'))).toHaveLength(5);
  });

  test('reads each job once, however it is named', async () => {
    const { run, requests } = makeWorld({ server: server({ [A]: [ended('succeeded')] }) });
    await run('wait', A, A);
    expect(requests.filter(({ path }) => path !== '/v1/health')).toHaveLength(1);
  });

  test.each([
    [['wait']],
    [['wait', 'x']],
    [['wait', 'x', '--api', 'a']],
    [['wait', 'x', '--api', 'huawei.elb.v3', '--region', 'eu-de']],
    [['wait', 'x y', '--api', 'alibaba.alb', '--region', 'cn-hangzhou']],
    [['wait', A, '--timeout', 'soon']],
  ])('%j is a usage error', async (args) => {
    const { run, requests } = makeWorld();
    const result = await run(...args);
    expect([result.code, requests]).toEqual([64, []]);
    expect(result.stderr).toMatch(/^jobwatch: /);
  });
});

describe('the terminal view', () => {
  const detail = aDetail({ error: { code: '506', message: `\u001b[31m弹性公网 ${'x'.repeat(200)}\u0007` } });
  const scripts = {
    [A]: [
      [9000, { jobId: 'ef6da45b-35d9-4c18-8c35-0b80d94ab9e6', phase: 'running', vendorStatus: 'RUNNING' }],
      ended('succeeded'),
    ] satisfies [number, Partial<Job>][],
    [B]: [[Infinity, { phase: 'failed', vendorStatus: 'FAIL', detail, endedAt: toIso(START_MS + 5000) }]] satisfies [
      number,
      Partial<Job>,
    ][],
  };

  test.each([40, 80, 120])('fits %i columns, whatever the vendor says', async (columns) => {
    const { stdout } = await makeWorld({ server: server(scripts), columns }).run('wait', A, B);
    const lines = stripVTControlCharacters(stdout).split(/[\r\n]+/);
    const wide = (text: string) => [...text].reduce((sum, one) => sum + (/[\u3000-\u9fff]/.test(one) ? 2 : 1), 0);
    expect(Math.max(...lines.map(wide))).toBeLessThanOrEqual(columns);
    expect(stdout).not.toContain('\u0007');
    expect(lines.join('\n')).toContain('running');
    expect(lines.join('\n')).toContain('failed');
  });

  test('draws over itself, with a line for each job', async () => {
    const { stdout } = await makeWorld({ server: server(scripts), columns: 120 }).run('wait', A, B);
    expect(stdout.split('\u001b[3A\r\u001b[0J').length).toBeGreaterThan(5);
    expect(stdout).toMatch(/job .*phase .*vendor .*elapsed .*polls .*next poll/);
  });

  test('has no colours with NO_COLOR', async () => {
    const { stdout } = await makeWorld({ server: server(scripts), columns: 80, env: { NO_COLOR: '1' } }).run(
      'wait',
      A,
      B,
    );
    expect(stdout).not.toContain('\u001b[31m');
    const coloured = await makeWorld({ server: server(scripts), columns: 80 }).run('wait', A, B);
    expect(coloured.stdout).toContain('\u001b[31mfailed');
  });
});

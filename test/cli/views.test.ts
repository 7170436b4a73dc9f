import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import { toIso } from '../../lib/base/time.ts';
import { START_MS } from '../fakes/clock.ts';
import { aDetail } from '../fakes/records.ts';
import { aDepth, GOOD_HEALTH, jobId, makeWorld, shown, URL } from './world.ts';

const at = (seconds: number) => toIso(START_MS + seconds * 1000);
const entry = (seq: number, seconds: number, phase: 'running' | 'failed', vendorStatus: string) => ({
  seq,
  at: at(seconds),
  kind: 'changed' as const,
  phase,
  previousPhase: 'pending' as const,
  vendorStatus,
  operation: null,
  resourceId: null,
  error: phase === 'failed' ? { code: 'ELB.8902', message: 'quota' } : null,
  subJobs: [],
  submittedAt: at(0),
  vendorBeganAt: null,
  vendorEndedAt: null,
  polls: seq,
  expectedEndAt: null,
});
const JOB = shown({
  id: jobId('a'),
  api: 'huawei.elb.v3',
  region: 'eu-de',
  projectId: '7b7705dce1e847b08b3b16dda67fec24',
  jobId: 'ef6da45b-35d9-4c18-8c35-0b80d94ab9e6',
  phase: 'failed',
  vendorStatus: 'FAIL',
  labels: { deployment: 'shop-421' },
  polls: 9,
  endedAt: at(80),
  detail: aDetail({ operation: 'UPGRADE', resourceId: '9f5b', error: { code: 'ELB.8902', message: 'quota' } }),
  history: [entry(1, 20, 'running', 'RUNNING'), entry(2, 80, 'failed', 'FAIL')],
});
const server = () => ({ status: 200, body: JOB });
const jobs = (...list: unknown[]) => ({ status: 200, body: { jobs: list } });

test('show draws the timeline, each stretch as long as it lasted', async () => {
  const { stdout } = await makeWorld({ server }).run('show', JOB.id);
  expect(stdout.split('\n').slice(-5)).toEqual([
    `  10:00:00  pending  submitted      20s  ${'█'.repeat(13)}`,
    `  10:00:20  running  RUNNING     1m 00s  ${'█'.repeat(40)}`,
    '  10:01:20  failed   FAIL',
    '            ELB.8902: quota',
    '',
  ]);
  expect(stdout).toContain('  why        ELB.8902: quota\n');
  expect(stdout).toContain('  took       1m 20s, 9 polls\n');
});

test('an open job is shown up to now', async () => {
  const open = { ...JOB, phase: 'running', endedAt: null, history: JOB.history.slice(0, 1) };
  const world = makeWorld({ server: () => ({ status: 200, body: open }) });
  world.clock.advance(50_000);
  const { stdout } = await world.run('show', JOB.id);
  expect(stdout).toMatch(/10:00:20 {2}running {2}RUNNING {8}30s {2}█+\n$/);
  expect(stdout).toMatch(/so far {5}50s, 9 polls or more, next within 9m 10s/);
});

test.each([
  ['in 10s', 60, 'next in 10s'],
  ['whose time has come and is over', -600, '9 polls, next due'],
  ['that was made, and is not told by the record', 40, '9 polls or more, next within 9m 00s'],
])('a next poll %s', async (_, seconds, expected) => {
  const at = (after: number) => toIso(START_MS + after * 1000);
  const times = { nextPollAt: at(seconds), checkBy: at(seconds < 0 ? 49 : 590) };
  const open = { ...JOB, ...times, phase: 'running', endedAt: null, history: JOB.history.slice(0, 1) };
  const world = makeWorld({ server: () => ({ status: 200, body: open }) });
  world.clock.advance(50_000);
  expect((await world.run('show', JOB.id)).stdout).toContain(expected);
});

test.each([50, 80, 120])('lists and records fit %i columns', async (columns) => {
  const list = makeWorld({
    server: () => jobs(JOB, { ...JOB, jobId: 'x'.repeat(128), labels: { note: 'y'.repeat(200) } }),
    columns,
  });
  const results = [
    await list.run('ls'),
    await makeWorld({ server: () => ({ status: 200, body: { ...JOB, jobId: 'x'.repeat(128) } }), columns }).run(
      'show',
      JOB.id,
    ),
    await makeWorld({ server: () => jobs(JOB), columns }).run('watch', '--once'),
  ];
  for (const { stdout } of results) {
    const lines = stripVTControlCharacters(stdout).split('\n');
    expect(Math.max(...lines.map((line) => [...line].length))).toBeLessThanOrEqual(columns);
    expect(stdout).toContain('failed');
  }
});

test.each([
  [120, ['id', 'api', 'job', 'phase', 'elapsed', 'why']],
  [80, ['id', 'job', 'phase']],
])('in %i columns ids stand whole, and other columns give way', async (columns, heads) => {
  const { stdout } = await makeWorld({ server: () => jobs(JOB), columns }).run('ls');
  const [head = '', line = ''] = stripVTControlCharacters(stdout).split('\n');
  expect(head.trim().split(/ {2,}/)).toEqual(expect.arrayContaining(heads));
  expect(line).toContain(JOB.id);
  expect(line).toContain(JOB.jobId);
});

test('where nothing else can give way the id is cut last', async () => {
  const { stdout } = await makeWorld({ server: () => jobs(JOB), columns: 60 }).run('ls');
  const [, line = ''] = stripVTControlCharacters(stdout).split('\n');
  expect(line.startsWith(`${JOB.id}  ef6da45b`)).toBe(true);
  expect(line).toContain('…');
});

test('ls -q prints ids alone', async () => {
  const { stdout } = await makeWorld({ server: () => jobs(JOB, shown({ id: jobId('b') })), columns: 20 }).run(
    'ls',
    '-q',
  );
  expect(stdout).toBe(`${JOB.id}\n${jobId('b')}\n`);
});

test('ls leaves its filters to the API, several phases in one list; --open are all that have not ended', async () => {
  const world = makeWorld({ server: () => jobs(JOB) });
  const words = ['--phase', 'lost,failed', '--phase', 'canceled', '--region', 'eu-de', '--operation', 'UPGRADE'];
  expect((await world.run('list', ...words, '--job-id', 'j', '-q')).stdout).toBe(`${JOB.id}\n`);
  expect(world.requests.map(({ path }) => path)).toEqual([
    '/v1/jobs?phase=lost%2Cfailed%2Ccanceled&region=eu-de&operation=UPGRADE&jobId=j&limit=50',
  ]);
  const open = makeWorld({ server: () => jobs() });
  await open.run('jobs', '--open');
  expect(open.requests.map(({ path }) => path)).toEqual(['/v1/jobs?phase=pending%2Crunning%2Crolling_back&limit=50']);
});

test.each([
  [['--phase', 'fail'], 0, /"fail" is not a phase: choose from pending, /],
  [['--api', 'huawei'], 1, /"huawei" is not an api: choose from alibaba\.nlb, /],
])('ls %j is a usage error after %i requests', async (args, requests, message) => {
  const world = makeWorld({ server: () => jobs() });
  const result = await world.run('ls', ...args);
  expect([result.code, world.requests.length, result.stderr]).toEqual([64, requests, expect.stringMatching(message)]);
});

test('ls --api takes the word of a jobwatch that knows more apis', async () => {
  const { code } = await makeWorld({ server: () => jobs({ ...JOB, api: 'newer.api' }) }).run(
    'ls',
    '--api',
    'newer.api',
  );
  expect(code).toBe(0);
});

/** Pages of one list, as many as there are. */
const paged =
  (...pages: unknown[][]) =>
  ({ path }: { readonly path: string }) => {
    if (!path.startsWith('/v1/jobs?')) return { status: 200, body: JOB };
    const at = Number(new URLSearchParams(path.split('?')[1]).get('cursor') ?? 0);
    const more = at + 1 < pages.length ? { nextCursor: String(at + 1) } : {};
    return { status: 200, body: { jobs: pages[at] ?? [], ...more } };
  };

test.each([
  ['job_abcd2…', 'idPrefix=job_abcd2&limit=100'],
  ['ef6da45b', 'idPrefix=ef6da45b&limit=100'],
])('%s is a job, wherever among the pages the API finds it', async (name, query) => {
  const world = makeWorld({ server: paged([], [], [JOB]) });
  expect((await world.run('get', name)).code).toBe(0);
  expect(world.requests[0]?.path).toBe(`/v1/jobs?${query}`);
  expect(world.requests.at(-1)?.path).toBe(`/v1/jobs/${JOB.id}`);
  expect(world.requests).toHaveLength(4);
});

test.each([
  ['job_zzzz', /No job's id begins with "job_zzzz": "jobwatch ls -q"/],
  ['365f4154', /No job's id begins with "365f4154": of a job that jobwatch does not know yet give --api and --region/],
  ['job_abc', /give at least 4 characters/],
  ['a', /give at least 4 characters/],
])('%s that nobody has is a usage error: 1 would say that a job failed', async (name, message) => {
  const { code, stderr } = await makeWorld({ server: paged([]) }).run('wait', name);
  expect([code, stderr]).toEqual([64, expect.stringMatching(message)]);
});

test('a whole vendor id is not mixed up with longer ones', async () => {
  const [short, long] = ['1234', '12345'].map((id, place) => shown({ id: jobId(`${place + 2}`), jobId: id }));
  const world = makeWorld({ server: paged([long], [short]) });
  expect((await world.run('show', '1234')).code).toBe(0);
  expect(world.requests.at(-1)?.path).toBe(`/v1/jobs/${short?.id}`);
});

test('half an identity is none', async () => {
  const world = makeWorld({ server: paged([JOB]) });
  const { code, stderr } = await world.run('show', 'ef6da45b', '--account', 'h');
  expect([code, stderr, world.requests]).toEqual([64, expect.stringContaining('give --api and --region'), []]);
});

test('deliveries name their job and leave their filters to the API', async () => {
  const delivery = {
    subscription: 'sub_a',
    eventId: 'evt_a',
    eventType: 'jobwatch.job.failed',
    state: 'exhausted',
    reason: null,
    attemptCount: 10,
    createdAt: at(0),
    nextAttemptAt: null,
    endedAt: at(9),
    attempts: [],
    job: { id: JOB.id, api: JOB.api, jobId: JOB.jobId, operation: null, labels: {} },
  };
  const world = makeWorld({ server: () => ({ status: 200, body: { deliveries: [delivery] } }) });
  const filters = ['--state', 'exhausted,waiting', '--type', 'jobwatch.job.*', '--job', 'ef6d', '--since', at(0)];
  const { stdout } = await world.run('deliveries', 'sub_a', ...filters);
  expect(stdout).toMatch(new RegExp(`^evt_a +jobwatch\\.job\\.failed +${JOB.jobId} +exhausted`, 'm'));
  const query = new URLSearchParams(world.requests[0]?.path.split('?')[1]);
  expect(Object.fromEntries(query)).toEqual({
    state: 'exhausted,waiting',
    type: 'jobwatch.job.*',
    job: 'ef6d',
    since: at(0),
    limit: '50',
  });
});

test('open opens the console or a page of it, without the token, and prints the URL', async () => {
  const world = makeWorld({ columns: 80 });
  expect(await world.run('open', JOB.id)).toMatchObject({ code: 0, stdout: `${URL}/#/jobs/${JOB.id}\n`, stderr: '' });
  expect(world.opened).toEqual([`${URL}/#/jobs/${JOB.id}`]);
  for (const [options, args] of [
    [{}, ['open']],
    [{ columns: 80 }, ['open', '--no-browser']],
    [{ columns: 80 }, ['open', '--json']],
  ] as const) {
    const quiet = makeWorld(options);
    expect((await quiet.run(...args)).stdout).toContain(`${URL}/`);
    expect(quiet.opened).toEqual([]);
  }
  const { code, stderr } = await makeWorld({ columns: 80, hasBrowser: false }).run('open');
  expect([code, stderr]).toEqual([0, 'Nothing was found that opens a URL.\n']);
});

test('a beginning that several ids have names them', async () => {
  const server = () => jobs(shown({ id: `job_abcd${'2'.repeat(22)}` }), shown({ id: `job_abcd${'3'.repeat(22)}` }));
  const { code, stderr } = await makeWorld({ server }).run('wait', 'job_abcd');
  expect([code, stderr]).toEqual([64, expect.stringMatching(/"job_abcd" begins 2 ids: job_abcd2+, job_abcd3+\. Give/)]);
});

test('a pipe gets whole lines', async () => {
  const { stdout } = await makeWorld({ server: () => jobs({ ...JOB, jobId: 'x'.repeat(128) }) }).run('ls');
  expect(stdout).toContain('x'.repeat(128));
  expect(stdout).not.toContain('\u001b');
});

test('a list goes through the pages, short ones too, up to the limit', async () => {
  const pages = [
    { jobs: [JOB], nextCursor: 'c1' },
    { jobs: [], nextCursor: 'c2' },
    { jobs: [JOB, JOB], nextCursor: 'c3' },
  ];
  let page = 0;
  const world = makeWorld({
    server: () => {
      page += 1;
      return { status: 200, body: pages[page - 1] };
    },
  });
  const { stdout } = await world.run('ls', '--limit', '3', '--since', '2h', '--label', 'a=b', '--json');
  expect(JSON.parse(stdout).jobs).toHaveLength(3);
  expect(world.requests.map(({ path }) => path)).toEqual([
    '/v1/jobs?since=2026-11-20T08%3A00%3A00.000Z&label.a=b&limit=3',
    '/v1/jobs?since=2026-11-20T08%3A00%3A00.000Z&label.a=b&limit=2&cursor=c1',
    '/v1/jobs?since=2026-11-20T08%3A00%3A00.000Z&label.a=b&limit=2&cursor=c2',
  ]);
});

test('the live view draws over itself, keeps to the height and ends at Ctrl-C', async () => {
  const many = Array.from({ length: 50 }, (_, index) => ({ ...JOB, id: `job_${index}`, phase: 'running' }));
  const { code, stdout } = await makeWorld({
    server: () => jobs(...many),
    columns: 80,
    rows: 10,
    interruptAfterMs: 20_000,
  }).run('watch');
  expect(code).toBe(130);
  expect(stdout.split('\u001b[9A\r')).toHaveLength(4);
  expect(stdout).toContain('50 jobs are open');
});

test.each<[object, number, RegExp]>([
  [{}, 0, /good {5}tick {14}the last was 30s ago/],
  [{ status: 'late', lastTickAt: toIso(START_MS - 400_000) }, 4, /bad {6}tick {14}the last was 6m 40s ago: see/],
  [{ status: 'unknown', lastTickAt: null }, 4, /bad {6}tick {14}none was ever seen/],
  [{ oldestDueAt: toIso(START_MS - 301_000) }, 1, /bad {6}oldest due job {4}overdue for 5m 01s/],
  [{ oldestDueAt: null }, 0, /good {5}oldest due job {4}no job is open/],
  [{ oldestDueAt: null, unread: ['oldestDueAt'] }, 1, /unknown {2}oldest due job/],
  [{ status: 'unknown', lastTickAt: null, unread: ['lastTickAt'] }, 4, /unknown {2}tick/],
  [{ queues: { ...GOOD_HEALTH.queues, rejected: aDepth(2) } }, 1, /bad {6}rejected queue {4}2: bad messages/],
  [{ queues: { ...GOOD_HEALTH.queues, deadDeliveries: aDepth(1) } }, 1, /bad {6}dead deliveries {3}1: events/],
  [{ queues: { ...GOOD_HEALTH.queues, pending: aDepth(5000) } }, 1, /bad {6}pending queue {5}5000 messages/],
  [{ queues: null }, 1, /unknown {2}queues/],
  [
    { deniedAccounts: [{ account: 'huawei', since: toIso(START_MS - 60_000) }] },
    1,
    /bad {6}accounts {10}denied: "huawei" for 1m 00s/,
  ],
  [{ deniedAccounts: null }, 1, /unknown {2}accounts/],
])('doctor on %j ends with %i', async (health, code, said) => {
  const world = makeWorld({
    server: ({ path }) => (path === '/v1/health' ? { status: 200, body: { ...GOOD_HEALTH, ...health } } : jobs()),
  });
  const result = await world.run('doctor');
  expect(result.stdout).toMatch(said);
  expect(result.code).toBe(code);
});

test('doctor says that jobwatch can not be reached', async () => {
  const result = await makeWorld().run('doctor');
  expect([result.code, result.stdout]).toEqual([
    4,
    'bad      api               https://jobwatch.example: ECONNREFUSED\n',
  ]);
});

test.each([['ls'], ['watch', '--once']])('%s says why a job waits', async (...args) => {
  const waiting = { reason: 'account "nobody" was not found', until: toIso(START_MS + 60_000) };
  const world = makeWorld({
    server: () => ({ status: 200, body: { jobs: [shown({ waiting }), shown({ id: jobId('b') })] } }),
  });
  const { stdout } = await world.run(...args.filter((word) => word !== undefined));
  expect(stdout).toMatch(/ why +region/);
  expect(stdout).toContain('account "nobody" was not found');
});

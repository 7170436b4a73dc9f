import { describe, expect, test, vi } from 'vitest';
import { errorText } from '../../client/job.ts';
import type { Attempt, Delivery } from '../../client/responses.ts';
import { cli, curl, quoted, submitCommand } from '../../console/data/commands.ts';
import { nextRefreshMs } from '../../console/data/fetched.ts';
import { absolute, count, duration, percent, relative } from '../../console/data/format.ts';
import { troubleOf } from '../../console/data/job-text.ts';
import { hrefOf, parsePlace } from '../../console/data/place.ts';
import { logAxis } from '../../console/durations/log-axis.ts';
import { detectionOf, durationOf, ticksMs, timelineOf } from '../../console/job/timeline.ts';
import { csvOf } from '../../console/jobs/csv.ts';
import { apiQuery, filtersOf, placeQuery } from '../../console/jobs/filters.ts';
import { outcomesOf, successOf, sum } from '../../console/subscriptions/outcomes.ts';
import { API_FACTS } from '../../lib/vendors/registry.ts';
import { aListedJob } from './jobs.ts';

vi.stubGlobal('APIS', [...API_FACTS.values()]);
vi.stubGlobal('sessionStorage', { getItem: () => null, setItem: () => undefined, removeItem: () => undefined });
vi.stubGlobal('location', { hash: '' });
const { failureOf } = await import('../../console/data/requests.ts');
const { tableOf, totalOf } = await import('../../console/now/overview.ts');
const { checkJson, checkMessage, messageOf, NO_DRAFT } = await import('../../console/submit/submission.ts');

const NOW_MS = Date.UTC(2026, 10, 21, 10);

describe('texts', () => {
  test.each([
    [0, '0 ms'],
    [850, '850 ms'],
    [4200, '4.2 s'],
    [5000, '5 s'],
    [59_400, '59 s'],
    [80_000, '1 min 20 s'],
    [3_600_000, '1 h'],
    [7_500_000, '2 h 5 min'],
    [273_600_000, '3 d 4 h'],
    [-5, '0 ms'],
  ])('%i ms reads %s', (ms, text) => {
    expect(duration(ms)).toBe(text);
  });

  test.each([
    [0, 'now'],
    [-12_000, '12 s ago'],
    [185_000, 'in 3 min'],
    [-90_000_000, '25 h ago'],
    [-900_000_000, '10 d ago'],
  ])('a time %i ms from now is %s', (ms, text) => {
    expect(relative(1_000_000_000 + ms, 1_000_000_000)).toBe(text);
  });

  test.each([
    [0, 0, '–'],
    [0, 3, '0 %'],
    [3, 3, '100 %'],
    [1999, 2000, '99.9 %'],
    [9999, 10_000, '99.9 %'],
  ])('%i of %i is %s, and never 100 % for what is not', (part, whole, text) => {
    expect(percent(part, whole)).toBe(text);
  });

  test('the exact time is UTC, and large numbers have gaps', () => {
    expect(absolute('2026-11-21T03:59:50.123Z')).toBe('2026-11-21 03:59:50 UTC');
    expect(count(12_345)).toBe('12\u202f345');
  });
});

describe('the place', () => {
  test('goes into the fragment and comes out the same, whatever the texts hold', () => {
    const href = hrefOf(['jobs', 'a/b?c#d%'], { label: 'k=<b>&x', api: '', since: undefined });
    const { path, query } = parsePlace(href);
    expect(path).toEqual(['jobs', 'a/b?c#d%']);
    expect(Object.fromEntries(query)).toEqual({ label: 'k=<b>&x' });
    expect(parsePlace('#/%zz').path).toEqual(['%zz']);
    expect(parsePlace('').path).toEqual([]);
  });

  test('of filters is understood, and what is none is left out', () => {
    const query = 'phase=lost,odd,failed&label=team=net&label=net&label=a=&since=yesterday&api=x&id=f20c&region=eu-de';
    const filters = filtersOf(new URLSearchParams(query));
    const known = { phases: ['failed', 'lost'], labels: ['team=net', 'a='], since: '', api: 'x', id: 'f20c' };
    expect(filters).toMatchObject(known);
    expect(apiQuery(filters, NOW_MS)).toBe(
      'phase=failed%2Clost&api=x&region=eu-de&idPrefix=f20c&label.team=net&label.a=',
    );
    expect(filtersOf(new URLSearchParams('phase=odd')).phases).toEqual([]);
    expect(filtersOf(new URLSearchParams('jobId=x')).id).toBe('x');
    const place = hrefOf(['jobs'], placeQuery(filters));
    expect(filtersOf(parsePlace(place).query)).toEqual(filters);
  });

  test('of open jobs is one list that ends where no job can be open any more', () => {
    const open = filtersOf(new URLSearchParams('open=1&account=a'));
    expect(placeQuery(open)).toMatchObject({ open: '1', account: 'a' });
    const query = new URLSearchParams(apiQuery(open, NOW_MS));
    expect(query.get('phase')).toBe('pending,running,rolling_back');
    const days = (NOW_MS - Date.parse(query.get('since') ?? '')) / 86_400_000;
    expect(days > 7 && days < 10).toBe(true);
    const late = { ...open, since: '2026-11-20T00:00:00Z' };
    expect(apiQuery(late, NOW_MS)).toContain('since=2026-11-20T00');
  });
});

test.each([
  [0, 5000],
  [1, 10_000],
  [4, 80_000],
  [30, 300_000],
])('after %i looks in vain, or unseen, the next comes after %i ms', (inVain, ms) => {
  expect(nextRefreshMs(5000, inVain)).toBe(ms);
});

describe('commands', () => {
  test('are safe in a shell, and never hold the token', () => {
    expect(quoted(`it's $(rm -rf /) "x"`)).toBe(`'it'\\''s $(rm -rf /) "x"'`);
    expect(cli('show', 'job_a')).toBe('jobwatch show job_a');
    expect(curl('http://h', 'POST', '/jobs', { a: "b'c" })).toBe(
      [
        'curl -sS -X POST http://h/v1/jobs',
        '-H "authorization: Bearer $JOBWATCH_TOKEN"',
        "-H 'content-type: application/json'",
        `-d '{"a":"b'\\''c"}'`,
      ].join(' \\\n  '),
    );
  });

  test('submit by options, or by a pipe where there is no option for a field', () => {
    const message = { api: 'alibaba.alb', region: 'eu-1', jobId: 'a b', labels: { team: 'net' } };
    expect(submitCommand('http://h', message).cli).toBe(
      `jobwatch submit --api alibaba.alb --region eu-1 --label team=net 'a b'`,
    );
    expect(submitCommand('http://h', { ...message, timeoutSeconds: 60 }).cli).toMatch(
      /^echo '\{.*\| jobwatch submit -f -$/,
    );
  });
});

describe('a submission', () => {
  const DRAFT = { ...NO_DRAFT, api: 'huawei.elb.v3', region: 'eu-de', projectId: 'p', jobId: 'j' };

  test('leaves out what is empty, and turns the rest into what the parser takes', () => {
    expect(messageOf({ ...DRAFT, timeoutSeconds: ' 60 ', labels: 'team = net\n\nnote=a=b' })).toEqual({
      api: 'huawei.elb.v3',
      region: 'eu-de',
      projectId: 'p',
      jobId: 'j',
      timeoutSeconds: 60,
      labels: { team: 'net', note: 'a=b' },
    });
    expect(checkMessage(messageOf(DRAFT))).toEqual([]);
    expect(checkMessage(messageOf({ ...NO_DRAFT, api: 'hetzner.actions', jobId: '42' }))).toEqual([]);
  });

  test.each([
    [{ api: '' }, 'api'],
    [{ region: 'EU' }, 'region'],
    [{ api: 'hetzner.actions', projectId: '', jobId: '42' }, 'region'],
    [{ api: 'hetzner.actions', projectId: '', region: '', jobId: 'action-42' }, 'jobId'],
    [{ projectId: '' }, 'projectId'],
    [{ timeoutSeconds: 'soon' }, 'timeoutSeconds'],
    [{ labels: 'no pair at all' }, 'labels'],
    [{ submittedAt: 'yesterday' }, 'submittedAt'],
  ])('of %j has a problem at the field %s', (fields, field) => {
    expect(checkMessage(messageOf({ ...DRAFT, ...fields })).map((one) => one.field.split('.')[0])).toEqual([field]);
  });

  test.each([
    ['{', 'JSON'],
    ['[]', 'jobs'],
    ['{"api":"a","api":"b"}', 'api'],
    [
      '{"jobs":[{"api":"alibaba.alb","region":"eu-1","jobId":"a"},{"api":"alibaba.alb","region":"eu-1"}]}',
      'jobs[1].jobId',
    ],
    ['null', 'message'],
  ])('pasted as %s is refused at %s', (text, field) => {
    const checked = checkJson(text);
    expect(checked.ok).toBe(false);
    expect(checked.ok ? [] : checked.problems.map((one) => one.field)).toContain(field);
  });

  test('pasted as a list is as many messages', () => {
    const good = '{"api":"alibaba.alb","region":"eu-1","jobId":"a"}';
    expect(checkJson(`[${good},${good}]`)).toMatchObject({ ok: true, messages: [{}, {}] });
    expect(checkJson(good)).toMatchObject({ ok: true, messages: [{}] });
  });
});

describe('a timeline', () => {
  const at = (seconds: number) => new Date(Date.UTC(2026, 0, 1) + seconds * 1000).toISOString();
  const entry = (seq: number, seconds: number, phase: string) => ({
    seq,
    at: at(seconds),
    kind: 'changed',
    phase,
    previousPhase: 'pending',
    vendorStatus: phase.toUpperCase(),
    error: null,
  });
  const learned = { api: 'alibaba.alb', operation: 'CreateLoadBalancer', count: 9, p50Seconds: 10, p90Seconds: 200 };

  test('has a stretch for each state, and reaches over the band', () => {
    const job = aListedJob(0, 'j', {
      submittedAt: at(0),
      endedAt: at(100),
      phase: 'succeeded',
      history: [entry(1, 20, 'running'), entry(2, 100, 'succeeded')],
    });
    const timeline = timelineOf(job, durationOf(job, [learned]), Date.parse(at(5000)));
    expect(timeline.stretches).toEqual([
      { fromMs: 0, toMs: 20_000, phase: 'pending', word: 'submitted' },
      { fromMs: 20_000, toMs: 100_000, phase: 'running', word: 'RUNNING' },
    ]);
    expect(timeline).toMatchObject({ lastsMs: 100_000, band: { p50Ms: 10_000, p90Ms: 200_000 }, expectedMs: null });
    expect(timeline.axisMs).toBeGreaterThanOrEqual(200_000);
  });

  test('of an open job goes on until now, and marks its expected end', () => {
    const job = aListedJob(0, 'j', { submittedAt: at(0), expectedEndAt: at(90), history: [entry(1, -5, 'running')] });
    const timeline = timelineOf(job, durationOf(job, [{ ...learned, operation: null }]), Date.parse(at(60)));
    expect(timeline.stretches).toEqual([{ fromMs: 0, toMs: 60_000, phase: 'running', word: 'RUNNING' }]);
    expect(timeline).toMatchObject({ band: null, expectedMs: 90_000 });
  });

  test('has the vendor’s own lane, which may begin before the submission, and a mark for each transition', () => {
    const { detail } = aListedJob(0);
    const job = aListedJob(0, 'j', {
      submittedAt: at(10),
      endedAt: at(40),
      phase: 'succeeded',
      detail: { ...detail, beganAt: at(9), endedAt: at(35) },
      history: [entry(1, 12, 'running'), { ...entry(2, 40, 'succeeded'), polls: 2 }],
    });
    const timeline = timelineOf(job, null, Date.parse(at(5000)));
    expect(timeline).toMatchObject({ vendor: { fromMs: -1000, toMs: 25_000, hasEnded: true }, beginMs: -1000 });
    expect(timeline.seenMs).toEqual([2000, 30_000]);
    expect(detectionOf(job)).toEqual({ delayMs: 5000, polls: 2 });
    expect(detectionOf({ ...job, phase: 'timed_out' })).toBeNull();
    expect(detectionOf({ ...job, detail: { ...job.detail, endedAt: null } })).toEqual({ delayMs: null, polls: 2 });
    const skewed = { ...job, detail: { ...job.detail, beganAt: at(-90_000), endedAt: at(90_000) } };
    expect(timelineOf(skewed, null, 0)).toMatchObject({ vendor: { fromMs: -30_000, toMs: 60_000 } });
    expect(detectionOf(skewed)?.delayMs).toBeNull();
  });

  test.each([1000, 9500, 61_000, 3_600_000, 604_800_000])('has few and round marks over %i ms', (axisMs) => {
    const ticks = ticksMs(axisMs, 8);
    expect(ticks.length).toBeLessThanOrEqual(9);
    expect(ticks[0]).toBe(0);
  });
});

test('a logarithmic axis keeps the order and its ends', () => {
  const axis = logAxis([0, 2, 600]);
  expect(axis.at(0)).toBeLessThan(axis.at(2));
  expect(axis.at(2)).toBeLessThan(axis.at(600));
  expect([axis.at(0) >= 0, axis.at(1e9)]).toEqual([true, 1]);
  expect(axis.ticks).toContain(60);
  expect(logAxis([5]).at(5)).toBeGreaterThan(0);
  for (const seconds of [0.1, 0.45, 3, 13, 47, 700, 5000, 50_000]) {
    const { ticks } = logAxis([seconds, seconds * 1.1]);
    expect(ticks.length, String(seconds)).toBeGreaterThanOrEqual(2);
  }
});

test.each<[number, unknown, object]>([
  [403, { detail: 'd' }, { kind: 'forbidden', detail: 'd' }],
  [404, { detail: 'd' }, { kind: 'absent', detail: 'd' }],
  [422, { detail: 'd' }, { kind: 'refused', status: 422, detail: 'd', errors: [] }],
  [500, { detail: 'd', requestId: 'r-1' }, { kind: 'fault', status: 500, detail: 'd', requestId: 'r-1' }],
  [503, { detail: 'd' }, { kind: 'fault', status: 503, detail: 'd', requestId: null }],
  [502, '<html>', { kind: 'unreachable', detail: 'The answer was HTTP 502 without an explanation.' }],
])('an answer %i that says %j is %j', (status, body, failure) => {
  expect(failureOf(status, body)).toEqual(failure);
});

test('the counts of Now are those of the API', () => {
  const counts = [
    { api: 'b', phase: 'running', count: 1200 },
    { api: 'a', phase: 'pending', count: 3 },
  ];
  expect(totalOf({ counts, isWhole: true })).toBe(1203);
  expect(totalOf({ counts, isWhole: true }, new Set(['pending']))).toBe(3);
  expect(tableOf({ counts, isWhole: true }).map(({ api, cells }) => [api, ...cells.map(({ count }) => count)])).toEqual(
    [
      ['a', 3, 0, 0],
      ['b', 0, 1200, 0],
    ],
  );
});

describe('deliveries', () => {
  const NOW_MS = Date.UTC(2026, 0, 2);
  const attempt = (number: number, error: string | null): Attempt => ({
    number,
    at: new Date(NOW_MS - 1000 + number).toISOString(),
    status: error === null ? 204 : 503,
    durationMs: 5,
    error,
    answer: '',
  });
  const aDelivery = (state: string, hoursAgo: number, attempts: Attempt[] = []): Delivery => ({
    subscription: 's',
    eventId: 'e',
    eventType: 't',
    state,
    reason: null,
    attemptCount: attempts.length,
    createdAt: new Date(NOW_MS - hoursAgo * 3_600_000).toISOString(),
    nextAttemptAt: null,
    endedAt: null,
    attempts,
  });

  test('count where they have ended within the day, and say whether the page reaches so far', () => {
    const deliveries = [
      aDelivery('waiting', 1),
      aDelivery('delivered', 2),
      aDelivery('exhausted', 3),
      aDelivery('delivered', 30),
    ];
    expect(successOf({ deliveries, nextCursor: 'more' }, NOW_MS)).toEqual({
      delivered: 1,
      ended: 2,
      waiting: 1,
      isWhole: true,
    });
    const cut = successOf({ deliveries: deliveries.slice(0, 2), nextCursor: 'more' }, NOW_MS);
    expect(cut.isWhole).toBe(false);
    expect(sum([cut, cut])).toEqual({ delivered: 2, ended: 2, waiting: 2, isWhole: false });
  });

  test('make a strip of their attempts, the oldest first', () => {
    const strip = outcomesOf([aDelivery('delivered', 0, [attempt(3, null), attempt(1, 'the endpoint answered 503')])]);
    expect(strip.map(({ isGood, text }) => [isGood, text])).toEqual([
      [false, 'the endpoint answered 503'],
      [true, 'HTTP 204'],
    ]);
  });
});

test('the reason of a job is the vendor’s, else ours, else none', () => {
  const error = { code: '506', message: 'no address' };
  const open = aListedJob(1);
  expect(errorText({ code: '', message: null })).toBeNull();
  expect(troubleOf({ ...open, detail: { ...open.detail, error } })).toBe('506: no address');
  expect(troubleOf({ ...open, waiting: { reason: 'The key is denied.', until: open.createdAt } })).toBe(
    'The key is denied.',
  );
  expect(troubleOf({ ...open, phase: 'timed_out' })).toMatch(/deadline/);
  expect(troubleOf({ ...open, phase: 'succeeded' })).toBeNull();
});

test('a table of jobs is a file for spreadsheets that runs no formula', () => {
  const error = { code: '506', message: 'no "address",\nnone' };
  const job = aListedJob(1, '=HYPERLINK("x")', { labels: { team: 'net', a: '1' } });
  const [head, ...lines] = csvOf([{ ...job, detail: { ...job.detail, error } }]).split('\r\n');
  expect(head).toMatch(/^id,api,account,region/);
  expect(lines[0]).toContain(`"'=HYPERLINK(""x"")"`);
  expect(lines.join('')).toContain('"506: no ""address"",\nnone"');
  expect(lines.join('')).toContain('a=1&team=net');
});

import { describe, expect, test } from 'vitest';
import type { HttpRequest, HttpResponse } from '../../../lib/base/http.ts';
import { toIso } from '../../../lib/base/time.ts';
import { dingtalk } from '../../../lib/deliver/formats/dingtalk.ts';
import { feishu } from '../../../lib/deliver/formats/feishu.ts';
import { messageOf } from '../../../lib/deliver/formats/message.ts';
import type { Sent } from '../../../lib/deliver/sinks/sink.ts';
import { makeWebhook } from '../../../lib/deliver/sinks/webhook.ts';
import { sampleEvent } from '../../../lib/events/sample.ts';
import { FAKES, type FakeRobot, fakeDingTalk, fakeFeishu, ROBOT_URLS, type Robot } from '../../fakes/robots.ts';
import { memorySecrets } from '../../fakes/secrets.ts';
import { aSubscription } from '../../fakes/subscriptions.ts';
import { START_MS } from '../../fakes/webhook-world.ts';

const ROBOTS = Object.keys(FAKES) as Robot[];
const sample = (type: Parameters<typeof sampleEvent>[1]['type'] = 'jobwatch.job.failed') =>
  JSON.stringify(
    sampleEvent('test', { id: 'evt_1', type, at: toIso(START_MS), subscription: 'sub_a', labels: { team: 'network' } }),
  );

interface Options {
  readonly robotSecret?: string;
  readonly language?: 'en' | 'zh';
  readonly json?: string;
}

/** Sends once through the real sink to whatever answers. */
async function told(format: Robot, answer: (request: HttpRequest) => HttpResponse, options: Options = {}) {
  const requests: HttpRequest[] = [];
  const secrets = memorySecrets({
    sub_a: { current: null, previous: null, url: ROBOT_URLS[format], robotSecret: options.robotSecret ?? null },
  });
  const webhook = makeWebhook({
    send: async (request) => {
      requests.push(request);
      return answer(request);
    },
    secrets,
    clock: () => START_MS,
    checkUrl: () => [],
    consoleUrl: 'https://jobwatch.example',
  });
  const target = aSubscription({ format, url: 'masked', language: options.language });
  const sent = await webhook.send(target, { id: 'evt_1', json: options.json ?? sample(), attempt: 1 });
  return { sent, requests };
}

const toFake = (robot: FakeRobot) => (request: HttpRequest) => robot.answer(request, START_MS);
const answering =
  (status: number, body: unknown, headers = {}) =>
  (): HttpResponse => ({
    kind: 'response',
    status,
    headers,
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });

describe('the signatures of the vectors', () => {
  test('DingTalk: in the query, the slash and the plus encoded', () => {
    const signed = dingtalk.sign?.({ url: new URL(ROBOT_URLS.dingtalk), body: {} }, 'SECdemo', 1_599_360_473_000);
    expect(signed?.url.searchParams.get('timestamp')).toBe('1599360473000');
    expect(signed?.url.searchParams.get('sign')).toBe('tGWkA5eQOQNCNPDgphtxIoNLO+/gD8Lcb705KQoRzeY=');
    expect(signed?.url.search).toContain('sign=tGWkA5eQOQNCNPDgphtxIoNLO%2B%2FgD8Lcb705KQoRzeY%3D');
  });

  test('Feishu: in the body', () => {
    const signed = feishu.sign?.({ url: new URL(ROBOT_URLS.feishu), body: { a: 1 } }, 'demo', 1_599_360_473_999);
    const sign = 'l1N0gAcBjdwBvGm1xMjOF0XSyaLRpR7tuO5dHfhAYc8=';
    expect(signed?.body).toEqual({ timestamp: '1599360473', sign, a: 1 });
  });
});

describe.each(ROBOTS)('%s', (format) => {
  test.each(['en', 'zh'] as const)(
    'takes every type of event in %s, and is asked for no keyword in vain',
    async (language) => {
      for (const type of [
        'succeeded',
        'failed',
        'timed_out',
        'lost',
        'overdue',
        'changed',
        'unknown_status',
      ] as const) {
        const robot = FAKES[format]({ keyword: 'jobwatch' });
        const { sent } = await told(format, toFake(robot), { language, json: sample(`jobwatch.job.${type}`) });
        expect(robot.refused).toEqual([]);
        expect(sent).toMatchObject({ kind: 'delivered', detail: { status: 200, error: null } });
        expect(robot.shown[0]?.texts.join('\n')).toContain('jobwatch: ');
      }
      for (const type of ['jobwatch.test', 'jobwatch.account.denied', 'jobwatch.message.rejected'] as const) {
        const robot = FAKES[format]();
        expect((await told(format, toFake(robot), { language, json: sample(type) })).sent.kind).toBe('delivered');
      }
      const unheardOf = JSON.stringify({ type: 'jobwatch.moon.risen', subject: 's', data: { reason: 'it is night' } });
      const robot = FAKES[format]();
      await told(format, toFake(robot), { language, json: unheardOf });
      expect(robot.shown[0]?.texts.join('\n')).toMatch(/jobwatch: moon risen[\s\S]*it is night/);
    },
  );

  test('is told what has happened', async () => {
    const robot = FAKES[format]();
    await told(format, toFake(robot));
    const text = robot.shown[0]?.texts.join('\n') ?? '';
    for (const part of ['failed', 'UPGRADE', '9f5b1c2d-0000', 'huawei.elb.v3', 'eu-de', 'team = network'])
      expect(text).toContain(part);
    for (const part of ['ELB.8907: This is a sample', '4 min 11 s']) expect(text).toContain(part);
    expect(text).toContain('https://jobwatch.example/#/jobs/job_aaaaaaaaaaaaaaaaaaaaaaaaaa');
  });

  test.each([
    [200, 'hello'],
    [200, '<html>'],
    [200, '{"errcode":"0","code":"0"}'],
    [502, 'Bad Gateway'],
    [302, ''],
  ])('that answers %i %j has not been told', async (status, body) => {
    expect((await told(format, answering(status, body))).sent).toMatchObject({ kind: 'failed', isFinal: false });
  });

  test('behind a gateway that answers 429 rests for as long as that asks', async () => {
    const { sent } = await told(format, answering(429, 'slow down', { 'retry-after': '90' }));
    expect(sent).toMatchObject({ kind: 'throttled', retryAfterMs: 90_000 });
    for (const [asked, restMs] of [
      ['0', 10_000],
      ['1', 10_000],
      ['Thu, 01 Jan 1970 00:00:00 GMT', 10_000],
      ['31536000', 24 * 3_600_000],
    ] as const) {
      const again = await told(format, answering(429, 'slow down', { 'retry-after': asked }));
      expect([asked, again.sent]).toMatchObject([asked, { kind: 'throttled', retryAfterMs: restMs }]);
    }
  });

  test('repeats its credential in an answer in vain', async () => {
    const { pathname, search, href } = new URL(ROBOT_URLS[format]);
    const secret = 'SEC0123456789abcdef';
    const echo = `no such robot: ${href} ${pathname} ${search} ${encodeURIComponent(href)} ${secret}`;
    const { sent } = await told(
      format,
      answering(200, JSON.stringify({ errcode: 310000, code: 19021, errmsg: echo, msg: echo })),
      { robotSecret: secret },
    );
    const said = JSON.stringify(sent);
    const [token = ''] = /[A-Za-z0-9-]{24,}/.exec(`${pathname}${search}`.slice(9)) ?? [];
    expect(token.length).toBeGreaterThan(20);
    for (const part of [token, token.slice(0, 12), secret]) expect(said).not.toContain(part);
  });
});

const JUDGED: readonly [Robot, number, unknown, Partial<Sent> & { isGone?: boolean; isFinal?: boolean }, string][] = [
  [
    'dingtalk',
    200,
    { errcode: 310000, errmsg: 'sign not match' },
    { kind: 'failed', isFinal: false },
    'DingTalk answered 310000: sign not match',
  ],
  [
    'dingtalk',
    200,
    { errcode: 130101, errmsg: 'too fast' },
    { kind: 'throttled', retryAfterMs: 600_000 },
    'DingTalk answered 130101: too fast',
  ],
  [
    'dingtalk',
    200,
    { errcode: 300001, errmsg: 'no token' },
    { kind: 'failed', isGone: true },
    'DingTalk answered 300001: no token',
  ],
  [
    'dingtalk',
    200,
    { errcode: 300005, errmsg: 'no token' },
    { kind: 'failed', isGone: true },
    'DingTalk answered 300005: no token',
  ],
  [
    'dingtalk',
    200,
    { errcode: 40035, errmsg: 'json' },
    { kind: 'failed', isFinal: true },
    'DingTalk answered 40035: json',
  ],
  [
    'dingtalk',
    200,
    { errcode: 460101, errmsg: 'long' },
    { kind: 'failed', isFinal: true },
    'DingTalk answered 460101: long',
  ],
  [
    'dingtalk',
    200,
    { errcode: 101002, errmsg: 'long' },
    { kind: 'failed', isFinal: true },
    'DingTalk answered 101002: long',
  ],
  ['dingtalk', 200, { errcode: -1, errmsg: 'busy' }, { kind: 'failed', isFinal: false }, 'DingTalk answered -1: busy'],
  [
    'feishu',
    200,
    { code: 19021, msg: 'sign match fail' },
    { kind: 'failed', isFinal: false },
    'Feishu answered 19021: sign match fail',
  ],
  [
    'feishu',
    400,
    { code: 19024, msg: 'Key Words Not Found' },
    { kind: 'failed', isFinal: false },
    'Feishu answered 19024: Key Words Not Found',
  ],
  ['feishu', 400, { code: 19007, msg: 'bot off' }, { kind: 'failed', isGone: false }, 'Feishu answered 19007: bot off'],
  [
    'feishu',
    400,
    { code: 9499, msg: 'Bad Request' },
    { kind: 'failed', isFinal: true },
    'Feishu answered 9499: Bad Request',
  ],
  [
    'feishu',
    400,
    { code: 9499, msg: 'too many request' },
    { kind: 'throttled', retryAfterMs: 60_000 },
    'Feishu answered 9499: too many request',
  ],
  [
    'feishu',
    400,
    { code: 11232, msg: 'limited' },
    { kind: 'throttled', retryAfterMs: 60_000 },
    'Feishu answered 11232: limited',
  ],
  [
    'wecom',
    200,
    { errcode: 40058, errmsg: 'exceed max length' },
    { kind: 'failed', isFinal: true },
    'WeCom answered 40058: exceed max length',
  ],
  [
    'wecom',
    200,
    { errcode: 45009, errmsg: 'freq' },
    { kind: 'throttled', retryAfterMs: 60_000 },
    'WeCom answered 45009: freq',
  ],
  [
    'wecom',
    200,
    { errcode: 93000, errmsg: 'bad key' },
    { kind: 'failed', isFinal: false, isGone: false },
    'WeCom answered 93000: bad key',
  ],
  ['slack', 200, 'accepted', { kind: 'failed', isFinal: false }, 'Slack answered 200: accepted'],
  ['slack', 400, 'invalid_payload', { kind: 'failed', isFinal: true }, 'Slack answered 400: invalid_payload'],
  ['slack', 400, 'no_text', { kind: 'failed', isFinal: true }, 'Slack answered 400: no_text'],
  ['slack', 403, 'action_prohibited', { kind: 'failed', isGone: false }, 'Slack answered 403: action_prohibited'],
  ['slack', 403, 'invalid_token', { kind: 'failed', isGone: true }, 'Slack answered 403: invalid_token'],
  ['slack', 404, 'no_service', { kind: 'failed', isGone: true }, 'Slack answered 404: no_service'],
  ['slack', 404, 'channel_not_found', { kind: 'failed', isGone: true }, 'Slack answered 404: channel_not_found'],
  ['slack', 410, 'channel_is_archived', { kind: 'failed', isGone: true }, 'Slack answered 410: channel_is_archived'],
];
test.each(JUDGED)('%s that answers %i %j is %j, in its own words', async (format, status, body, wanted, error) => {
  const { sent } = await told(format, answering(status, body));
  const answer = typeof body === 'string' ? body : JSON.stringify(body);
  expect(sent).toMatchObject({ ...wanted, detail: { status, error, answer } });
});

test.each([
  ['dingtalk', fakeDingTalk, 'SEC9b1deb4d'],
  ['feishu', fakeFeishu, 'xZ81nT0sFz'],
] as const)('%s takes what is signed with the secret of its group and nothing else', async (format, make, secret) => {
  for (const [robotSecret, isTaken] of [
    [secret, true],
    ['another', false],
    [undefined, false],
  ] as const) {
    const robot = make({ secret });
    const options = robotSecret === undefined ? {} : { robotSecret };
    const { sent } = await told(format, toFake(robot), options);
    expect([robotSecret, sent.kind]).toEqual([robotSecret, isTaken ? 'delivered' : 'failed']);
  }
});

test('a message of a group', () => {
  const at = '2026-11-20T10:04:11.000Z';
  const of = (type: 'jobwatch.group.failing' | 'jobwatch.group.completed', language: 'en' | 'zh' = 'en') => {
    const event = sampleEvent('test', { id: 'evt_a', type, at, subscription: 'sub_a', labels: {} });
    return messageOf(JSON.stringify(event), { language, consoleUrl: 'https://jobwatch.example' });
  };
  const { title, tone, lines, link } = of('jobwatch.group.completed');
  expect([title, tone]).toEqual(['jobwatch: failed · sample/group', 'bad']);
  const texts = lines.map(({ name, text }) => `${name}: ${text}`);
  expect(texts.slice(0, 2)).toEqual([
    'Phase: succeeded 2 failed 1 / 3',
    expect.stringMatching(/^Job: ef6da45b.* failed Sample: /),
  ]);
  expect(texts).toContain('Took: 4 min 11 s');
  expect(link?.url).toBe('https://jobwatch.example/#/groups/sample%2Fgroup');
  expect(of('jobwatch.group.failing').title).toBe('jobwatch: group failing · sample/group');
  expect(of('jobwatch.group.failing', 'zh').title).toBe('jobwatch: 任务组有失败 · sample/group');
});

test('a message in Chinese', () => {
  const message = messageOf(sample(), { language: 'zh', consoleUrl: '' });
  expect(message.title).toBe('jobwatch: 失败 · UPGRADE 9f5b1c2d-0000-4000-8000-000000000000');
  expect(message.lines.map(({ name }) => name)).toEqual([
    '阶段',
    '操作',
    '资源',
    '接口',
    '地域',
    '厂商错误',
    '耗时',
    '账号',
    '任务',
    '标签',
    '标签',
  ]);
  expect(message.lines.find(({ name }) => name === '耗时')?.text).toBe('4 分 11 秒');
  expect(message.link).toBeNull();
});

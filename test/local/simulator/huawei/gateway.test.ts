import { expect, test } from 'vitest';
import { aJob, aSimulator, HUAWEI, type HuaweiCall, login, PROJECT, send, showV1, USER } from '../support.ts';

const STS = { ...HUAWEI, accessKeyId: 'temporary', securityToken: 'token+/=' };
const OVER = { ...STS, accessKeyId: 'over', securityTokenExpiresAt: '2026-11-20T09:59:59Z' };
const BARRED = { ...HUAWEI, accessKeyId: 'barred', deniedApis: ['huawei.elb.v1' as const] };
const ELSEWHERE = { ...HUAWEI, accessKeyId: 'elsewhere', projects: [{ id: 'other' }] };
const WRONG = { key: { ...HUAWEI, accessKeySecret: 'x' } };
const MINUTE = 60_000;

const refusals: [string, (nowMs: number) => HuaweiCall, number, string, string][] = [
  ['a wrong secret', () => WRONG, 401, 'APIGW.0301', 'verify aksk signature fail'],
  ['an unknown key', () => ({ key: { ...HUAWEI, accessKeyId: 'x' } }), 401, 'APIGW.0301', 'ak not exist'],
  [
    'a clock 16 min slow',
    (now) => ({ dateMs: now - 16 * MINUTE }),
    401,
    'APIGW.0301',
    'signature expired, signature time:20261120T094400Z,server time:20261120T100000Z',
  ],
  ['no signature and no token', () => ({ tamper: { authorization: '' } }), 401, 'APIGW.0301', 'x-auth-token not found'],
  ['an altered date', () => ({ tamper: { 'x-sdk-date': '20261120T100001Z' } }), 401, 'APIGW.0301', 'verify aksk'],
  [
    'no security token',
    () => ({ key: { ...STS, securityToken: undefined as never } }),
    401,
    'APIGW.0301',
    'verify aksk',
  ],
  ['a wrong security token', () => ({ key: { ...STS, securityToken: 'x' } }), 401, 'APIGW.0301', 'verify aksk'],
  ['a security token that is over', () => ({ key: OVER }), 401, 'APIGW.0301', 'security token expires'],
  ['a missing right', () => ({ key: BARRED }), 403, 'APIGW.0302', 'not authorized'],
  ['a foreign project', () => ({ key: ELSEWHERE }), 403, 'APIGW.0302', 'not authorized'],
];

test.each(refusals)('%s is refused as the gateway documents it', async (_, call, status, code, message) => {
  await using simulator = await aSimulator({ credentials: [STS, OVER, BARRED, ELSEWHERE] });
  simulator.addJob(aJob({ api: 'huawei.elb.v1' }));
  const answer = await showV1(simulator, 'j1', call(simulator.nowMs()));
  expect(answer.status).toBe(status);
  expect(answer.json).toMatchObject({ error_code: code, error_msg: expect.stringContaining(message) });
  expect(answer.headers['x-request-id']).toBe(answer.json.request_id);
});

test.each([HUAWEI, STS])('a good signature of $accessKeyId is taken', async (key) => {
  await using simulator = await aSimulator({ credentials: [STS] });
  simulator.addJob(aJob({ api: 'huawei.elb.v1' }));
  expect(await showV1(simulator, 'j1', { key })).toMatchObject({ status: 200, json: { status: 'RUNNING' } });
});

test('the sixth refusal in a row locks the key for five minutes, even for good signatures', async () => {
  await using simulator = await aSimulator();
  simulator.addJob(aJob({ api: 'huawei.elb.v1' }));
  for (let count = 0; count < 5; count += 1) await showV1(simulator, 'j1', WRONG);
  expect((await showV1(simulator)).status).toBe(200);
  for (let count = 0; count < 6; count += 1) {
    expect((await showV1(simulator, 'j1', WRONG)).json.error_msg).toContain('verify aksk signature fail');
  }
  simulator.tick(299);
  const locked = await showV1(simulator);
  expect(locked).toMatchObject({ status: 401, json: { error_code: 'APIGW.0301' } });
  expect(locked.json.error_msg).toContain('AK access failed to reach the limit,forbidden');
  simulator.tick(1);
  expect((await showV1(simulator)).status).toBe(200);
  expect(simulator.counters().keys['hw-key']).toMatchObject({
    signatureFailures: 11,
    consecutiveSignatureFailures: 0,
    maxConsecutiveSignatureFailures: 6,
    maxSignatureFailuresIn5Minutes: 11,
  });
});

test('a login gives a token that opens its project until it ends', async () => {
  await using simulator = await aSimulator({ scenario: { options: { tokenSeconds: 3600 } } });
  simulator.addJob(aJob({ api: 'huawei.elb.v1' }));
  const answer = await login(simulator);
  expect(answer).toMatchObject({ status: 201, json: { token: { expires_at: '2026-11-20T11:00:00.000000Z' } } });
  const headers = { 'x-auth-token': String(answer.headers['x-subject-token']) };
  const url = `${simulator.url}/v1.0/${PROJECT}/jobs/j1`;
  expect((await send(url, { headers })).status).toBe(200);
  expect((await send(url.replace(PROJECT, 'other'), { headers })).json.error_code).toBe('APIGW.0302');
  expect((await send(url, { headers: { 'x-auth-token': 'x' } })).json.error_msg).toContain('decrypt token fail');
  simulator.tick(3600);
  expect((await send(url, { headers })).json.error_msg).toContain('token expires');
});

test('a login with a wrong password, a foreign project or a broken body is refused', async () => {
  const narrow = { ...USER, projects: [{ id: 'p' }] };
  await using simulator = await aSimulator({ credentials: [narrow] });
  const wrong = await login(simulator, 'x', { id: 'p' });
  expect(wrong).toMatchObject({
    status: 401,
    json: { error: { code: 401, title: 'Unauthorized' } },
  });
  expect((await login(simulator)).status).toBe(401);
  expect((await login(simulator, 'pass', { id: 'p' })).status).toBe(201);
  expect((await send(`${simulator.url}/v3/auth/tokens`, { method: 'POST', body: '{' })).status).toBe(400);
});

test('the counters know the worst five minutes of a key', async () => {
  await using simulator = await aSimulator();
  for (const seconds of [0, 200, 99, 2]) {
    simulator.tick(seconds);
    await showV1(simulator, 'j1', WRONG);
  }
  const counters = simulator.counters().keys['hw-key'];
  expect(counters).toMatchObject({ signatureFailures: 4, maxSignatureFailuresIn5Minutes: 3 });
});

import { describe, expect, test } from 'vitest';
import type { HttpResponse } from '../../../lib/base/http.ts';
import { HUAWEI_FAULTS, readHuaweiFault } from '../../../lib/vendors/huawei/errors.ts';
import { aCall, aLab, anAccess, failure, HUAWEI, json, only, poll, text } from '../support.ts';

const unreachable = { kind: 'unreachable' };
const missing = { kind: 'missing' };
const key = { kind: 'denied', what: 'key' };
const scope = { kind: 'denied', what: 'scope' };
const malformed = { kind: 'malformed' };
const throttled = (retryAfterMs: number | null) => ({ kind: 'throttled', retryAfterMs });

function gateway(
  error_code: string,
  status: number,
  error_msg = 'text',
  headers: Record<string, string> = {},
): HttpResponse {
  return json({ error_msg, error_code, request_id: 'r' }, status, headers);
}

const IAM = 'Incorrect IAM authentication information: ';
const OVER = 'The throttling threshold has been reached: policy user over ratelimit,limit:200,time:1 minute';

const ROWS: readonly (readonly [string, HttpResponse, object, number])[] = [
  ['no token', gateway('APIGW.0301', 401, `${IAM}x-auth-token not found`), key, 1],
  ['a token that can not be read', gateway('APIGW.0301', 401, `${IAM}decrypt token fail`), key, 1],
  ['a token that is over', gateway('APIGW.0301', 401, `${IAM}token expires`), key, 1],
  ['a bad signature', gateway('APIGW.0301', 401, `${IAM}verify aksk signature fail`), key, 1],
  ['an unknown key', gateway('APIGW.0301', 401, `${IAM}ak not exist`), key, 1],
  ['a locked key', gateway('APIGW.0301', 401, `${IAM}AK access failed to reach the limit,forbidden`), key, 1],
  [
    'a locked key of an older gateway',
    gateway('APIG.0301', 401, `${IAM}AK access failed to reach the limit,forbidden`),
    key,
    1,
  ],
  [
    'a late signature without a Date',
    gateway('APIGW.0301', 401, `${IAM}signature expired, signature time:1,server time:2`),
    key,
    1,
  ],
  ['a refused permission', gateway('APIGW.0302', 403), scope, 0],
  ['a path that does not exist', gateway('APIGW.0101', 404), malformed, 0],
  ['a path that does not exist, older', gateway('APIG.0101', 404), malformed, 0],
  ['another gateway 404', gateway('APIGW.0106', 404), malformed, 0],
  ['a bad request', gateway('APIGW.0201', 400), malformed, 0],
  ['too large a request', gateway('APIGW.0201', 413), malformed, 0],
  ['an unavailable backend', gateway('APIGW.0201', 502), unreachable, 0],
  ['a backend that took too long', gateway('APIGW.0201', 504), unreachable, 0],
  ['throttling', gateway('APIGW.0308', 429, OVER), throttled(null), 0],
  ['throttling by an older gateway', gateway('APIG.0308', 400, OVER), throttled(null), 0],
  ['throttling that names a wait', gateway('APIGW.0308', 429, OVER, { 'retry-after': '4' }), throttled(4000), 0],
  ['an unknown gateway 401', gateway('APIGW.0307', 401), key, 1],
  ['an unknown gateway 500', gateway('APIGW.0999', 500), unreachable, 0],
  ['an error of ELB v3', gateway('ELB.8902', 400), malformed, 0],
  ['an unknown job of ELB v3', gateway('ELB.8902', 404), missing, 0],
  ['an internal error of ELB v3', gateway('ELB.0500', 500), unreachable, 0],
  ['an outage of ELB v3 that names a wait', gateway('ELB.0503', 503, '', { 'retry-after': '1' }), throttled(1000), 0],
  ['a refused token of classic ELB', json({ error: { message: 'token', code: 'ELB.1102' } }, 401), key, 1],
  ['an unknown job of classic ELB', json({ error: { message: 'no such job', code: 'ELB.6101' } }, 404), missing, 0],
  ['a refusal of classic ELB', json({ error: { message: 'no', code: 'ELB.1103' } }, 403), scope, 0],
  ['an unknown job of another service', json({ code: 'Common.0011', message: 'no' }, 404), missing, 0],
  ['a bad request of another service', json({ code: 'Common.0012', message: 'no' }, 400), malformed, 0],
  ['a permission that IAM refuses', gateway('IAM.0003', 403), scope, 0],
  ['a project that IAM does not find', gateway('IAM.0004', 404), scope, 0],
  ['a 401 with a code of IAM', gateway('IAM.0001', 401), scope, 0],
  ['a limit of IAM', gateway('IAM.0009', 429), throttled(null), 0],
  ['an outage of IAM', gateway('IAM.0006', 500), unreachable, 0],
  ['a refusal of IAM', json({ error: { code: 401, message: 'no', title: 'Unauthorized' } }, 401), key, 1],
  [
    'a 404 of IAM, whose code says nothing',
    json({ error: { code: 404, message: 'no', title: 'Not Found' } }, 404),
    malformed,
    0,
  ],
  ['a 404 in JSON without a code', json({ message: 'not found' }, 404), malformed, 0],
  ['a 404 with a code of another type', json({ error_code: { a: 1 } }, 404), malformed, 0],
  ['a 404 with an empty code', json({ error_code: '' }, 404), malformed, 0],
  ['a bare 404', text('', 404), malformed, 0],
  ['an HTML 404', text('<html>ELB.8902</html>', 404), malformed, 0],
  ['an array with 404', json([{ error_code: 'ELB.8902' }], 404), malformed, 0],
  ['a 429 with a code of the service', gateway('ELB.8902', 429), throttled(null), 0],
  ['a bare 401', text('', 401), key, 1],
  ['a bare 403', text('', 403), scope, 0],
  ['a bare 429', text('', 429), throttled(null), 0],
  ['an HTML 502', text('<html/>', 502), unreachable, 0],
  ['a bare 503', text('', 503), unreachable, 0],
  ['a 405', text('', 405), malformed, 0],
  ['a 408', text('', 408), unreachable, 0],
  ['a redirect', text('', 302, { location: 'https://example.com' }), malformed, 0],
  ['a 204', text('', 204), malformed, 0],
];

describe.each(['huawei.elb.v1', 'huawei.elb.v3'])('errors of %s', (api) => {
  test.each(ROWS)('%s', async (_, response, expected, refusals) => {
    const lab = aLab([response]);
    const result = await poll(lab, aCall(api, ['j1']));
    expect(only(result)).toMatchObject(expected);
    expect(result.keyRefusals).toBe(refusals);
    expect(lab.requests).toHaveLength(1);
  });

  test.each([
    ['connect', 0],
    ['timeout', 1],
    ['reset', 1],
    ['tls', 0],
  ] as const)('no answer (%s) is unreachable', async (error, doubts) => {
    const result = await poll(aLab([failure(error)]), aCall(api, ['j1']));
    expect(only(result)).toMatchObject(unreachable);
    expect(result.keyDoubts).toBe(doubts);
  });

  test('reasons name code and status, and nothing that the vendor wrote besides', async () => {
    const result = await poll(aLab([gateway('APIGW.0301', 401, 'secret text of the signature')]), aCall(api, ['j1']));
    expect(only(result)).toMatchObject({ reason: expect.stringContaining('(APIGW.0301, HTTP 401)') });
    expect(JSON.stringify([...result.observations])).not.toMatch(/secret|testak|testsk/);
  });

  test('a refused key is not tried with the next id', async () => {
    const lab = aLab([gateway('APIGW.0301', 401, 'ak not exist')]);
    const result = await poll(lab, aCall(api, ['j1', 'j2', 'j3'], { shape: 'single' }));
    expect([...result.observations.values()]).toMatchObject([key, key, key]);
    expect(lab.requests).toHaveLength(1);
    expect(result.keyRefusals).toBe(1);
  });
});

describe('the clock', () => {
  const call = aCall('huawei.elb.v1', ['j1']);
  const date = { date: 'Fri, 20 Nov 2026 16:00:00 GMT' };
  const late = gateway('APIGW.0301', 401, `${IAM}signature expired, signature time:1,server time:2`, date);
  const ok = json({ status: 'RUNNING', job_id: 'j1' });

  test('a late signature is corrected by the Date header, once, and the offset kept for later calls', async () => {
    const lab = aLab([late, ok]);
    const result = await poll(lab, call);
    expect(only(result)).toMatchObject({ kind: 'status', word: 'RUNNING' });
    expect(result.keyRefusals).toBe(1);
    lab.nowMs += 5000;
    await poll(lab, call);
    const dates = lab.requests.map(({ headers }) => headers['x-sdk-date']);
    expect(dates).toEqual(['20261120T153543Z', '20261120T160000Z', '20261120T160005Z']);
  });

  test('a signature that stays late is a refused key, after two refusals', async () => {
    const lab = aLab([late]);
    const result = await poll(lab, call);
    expect(only(result)).toMatchObject(key);
    expect(result.keyRefusals).toBe(2);
    expect(lab.requests).toHaveLength(2);
  });

  test('a vendor whose clock jumps is not followed a second time', async () => {
    const later = gateway('APIGW.0301', 401, 'signature expired', { date: 'Fri, 20 Nov 2026 18:00:00 GMT' });
    const lab = aLab([late, later, ok]);
    expect(only(await poll(lab, call))).toMatchObject(key);
    expect(lab.requests).toHaveLength(2);
  });

  test('a call of many requests is refused twice at most', async () => {
    const page = json({ jobs: [{ job_id: 'j1', status: 'RUNNING' }] });
    const later = gateway('APIGW.0301', 401, 'signature expired', { date: 'Fri, 20 Nov 2026 18:00:00 GMT' });
    const lab = aLab([late, page, later, ok]);
    const list = aCall('huawei.elb.v3', ['j1', 'j2', 'j3'], { shape: 'list' });
    const result = await poll(lab, list);
    expect([...result.observations.values()]).toMatchObject([{ kind: 'status' }, key, key]);
    expect(result.keyRefusals).toBe(2);
    expect(lab.requests).toHaveLength(3);
  });

  test('the gateway’s other code for a late signature is read alike', async () => {
    const response = gateway('APIGW.0303', 401, 'signature expired, signature time:1,server time:2', date);
    expect(only(await poll(aLab([response, ok]), call))).toMatchObject({ kind: 'status' });
  });

  test('any other refusal is not tried again, whatever the Date says', async () => {
    const lab = aLab([gateway('APIGW.0301', 401, `${IAM}verify aksk signature fail`, date), ok]);
    expect(only(await poll(lab, call))).toMatchObject(key);
    expect(lab.requests).toHaveLength(1);
  });

  test('the second attempt must be paid for too', async () => {
    const lab = aLab([late, ok]);
    expect(only(await poll(lab, call, anAccess(HUAWEI, 1)))).toMatchObject({ kind: 'unasked' });
    expect(lab.requests).toHaveLength(1);
  });
});

test('only a request about one job can be told that the job is unknown', () => {
  const response = gateway('ELB.8904', 404);
  expect(readHuaweiFault(response, 'job').faultClass).toBe('missing');
  expect(readHuaweiFault(response, 'list').faultClass).toBe('malformed');
});

test('every row of the table has a public source', () => {
  for (const { source } of HUAWEI_FAULTS) expect(source).toMatch(/^https:\/\//);
});

import { describe, expect, test } from 'vitest';
import type { HttpResponse } from '../../../lib/base/http.ts';
import { ALIBABA_FAULTS } from '../../../lib/vendors/alibaba/errors.ts';
import { ALIBABA, aCall, aLab, alibabaError, anAccess, failure, json, only, poll, text } from '../support.ts';

const RETRY = { 'x-acs-retry-after': '700' };
const throttled = (retryAfterMs: number | null) => ({ kind: 'throttled', retryAfterMs });
const unreachable = { kind: 'unreachable' };
const missing = { kind: 'missing' };
const key = { kind: 'denied', what: 'key' };
const scope = { kind: 'denied', what: 'scope' };
const malformed = { kind: 'malformed' };

/** code, HTTP status, further headers, what it means, refusals of the key that it counts as. */
type Row = readonly [code: string, status: number, headers: Record<string, string>, expected: object, refusals: number];

const ROWS: readonly Row[] = [
  ['Throttling', 400, {}, throttled(null), 0],
  ['Throttling.User', 400, {}, throttled(null), 0],
  ['Throttling.Api', 400, RETRY, throttled(700), 0],
  ['Throttling.User', 429, RETRY, throttled(700), 0],
  ['Throttling.User', 503, RETRY, throttled(700), 0],
  ['Throttling.User', 429, { 'retry-after': '3' }, throttled(3000), 0],
  ['Rejected.Throttling', 400, {}, throttled(null), 0],
  ['ServiceUnavailable', 503, {}, unreachable, 0],
  ['ServiceUnavailable', 503, { 'retry-after': '2' }, throttled(2000), 0],
  ['ServiceUnavailable', 503, RETRY, throttled(700), 0],
  ['InternalError', 500, {}, unreachable, 0],
  ['InternalError', 500, RETRY, throttled(700), 0],
  ['InternalError', 429, {}, throttled(null), 0],
  ['InvalidJobId', 429, {}, throttled(null), 0],
  ['Forbidden.RAM', 429, {}, scope, 0],
  ['SystemBusy', 400, {}, throttled(null), 0],
  ['IdempotenceProcessing', 400, {}, unreachable, 0],
  ['OperationFailed.ResourceGroupStatusCheckFail', 400, {}, unreachable, 0],
  ['IncorrectStatus.loadbalancer', 400, {}, malformed, 0],
  ['ResourceInConfiguring.loadbalancer', 400, {}, malformed, 0],
  ['Conflict.Lock', 400, {}, malformed, 0],
  ['VipStatusNotSupport', 400, {}, malformed, 0],
  ['ResourceNotFound.JobId', 404, {}, missing, 0],
  ['ResourceNotFound.JobId', 404, RETRY, throttled(700), 0],
  ['ResourceNotFound.LoadBalancer', 404, {}, malformed, 0],
  ['InvalidAccessKeyId.NotFound', 404, {}, key, 1],
  ['InvalidAccessKeyId.NotFound', 404, RETRY, key, 1],
  ['InvalidAccessKeyId.Inactive', 400, {}, key, 1],
  ['SignatureDoesNotMatch', 400, {}, key, 1],
  ['SignatureDoesNotMatch', 403, {}, key, 1],
  ['IncompleteSignature', 400, {}, key, 1],
  ['InvalidSecurityToken.Expired', 400, {}, key, 1],
  ['InvalidSecurityToken.MismatchWithAccessKey', 400, {}, key, 1],
  ['MissingSecurityToken', 400, {}, key, 1],
  ['InvalidTimeStamp.Expired', 400, {}, key, 1],
  ['InvalidTimeStamp.Format', 400, {}, key, 1],
  ['SignatureNonceUsed', 400, {}, malformed, 0],
  ['Forbidden.NoPermission', 403, {}, scope, 0],
  ['Forbidden.RAM', 403, {}, scope, 0],
  ['MissingJobId', 400, {}, malformed, 0],
  ['InvalidJobId', 400, {}, malformed, 0],
  ['IllegalParam', 400, {}, malformed, 0],
  ['IllegalParam.JobIds', 400, {}, malformed, 0],
  ['InvalidAction.NotFound', 404, {}, malformed, 0],
  ['InvalidApi.NotFound', 404, {}, malformed, 0],
  ['UnsupportedHTTPMethod', 403, {}, malformed, 0],
  ['SomethingNew', 400, {}, malformed, 0],
  ['SomethingNew', 400, RETRY, throttled(700), 0],
  ['SomethingNew', 401, {}, key, 1],
  ['SomethingNew', 403, {}, scope, 0],
  ['SomethingNew', 404, {}, malformed, 0],
  ['SomethingNew', 408, {}, unreachable, 0],
  ['SomethingNew', 429, {}, throttled(null), 0],
  ['SomethingNew', 502, {}, unreachable, 0],
];

/** Answers without a readable code: the HTTP status is all there is. */
const CODELESS: readonly (readonly [string, HttpResponse, object, number])[] = [
  ['a bare 404', text('', 404), malformed, 0],
  ['an HTML 404', text('<html>ResourceNotFound.JobId</html>', 404), malformed, 0],
  ['an HTML 502', text('<html>Bad Gateway</html>', 502), unreachable, 0],
  ['an HTML 503 that names a wait', text('<html/>', 503, { 'retry-after': '1' }), throttled(1000), 0],
  [
    'an HTML 500 with Retry-After, which means nothing there',
    text('<html/>', 500, { 'retry-after': '1' }),
    unreachable,
    0,
  ],
  ['a bare 429', text('', 429), throttled(null), 0],
  ['a bare 401', text('', 401), key, 1],
  ['a bare 403', text('', 403), scope, 0],
  ['a redirect', text('', 302, { location: 'https://example.com' }), malformed, 0],
  ['a success other than 200', json({ Status: 'Succeeded' }, 202), malformed, 0],
  ['an XML error', text('<?xml version="1.0"?><Error><Code>SignatureDoesNotMatch</Code></Error>', 400), key, 1],
  ['an XML error about a job', text('<Error><Code>ResourceNotFound.JobId</Code></Error>', 404), malformed, 0],
  ['a code that is no text', json({ Code: 404 }, 404), malformed, 0],
  ['a code too odd to show', json({ Code: 'Throttling <b>' }, 400), malformed, 0],
  ['an array', json([{ Code: 'ResourceNotFound.JobId' }], 404), malformed, 0],
];

describe.each(['alibaba.nlb', 'alibaba.alb'])('errors of %s', (api) => {
  test.each(ROWS)('%s with HTTP %i and %j', async (code, status, headers, expected, refusals) => {
    const result = await poll(aLab([alibabaError(code, status, headers)]), aCall(api, ['j1']));
    expect(only(result)).toMatchObject(expected);
    expect(result.keyRefusals).toBe(refusals);
    expect(result.keyDoubts).toBe(0);
  });

  test.each(CODELESS)('%s', async (_, response, expected, refusals) => {
    const result = await poll(aLab([response]), aCall(api, ['j1']));
    expect(only(result)).toMatchObject(expected);
    expect(result.keyRefusals).toBe(refusals);
  });

  test.each([
    ['connect', unreachable, 0],
    ['tls', unreachable, 0],
    ['blocked', unreachable, 0],
    ['timeout', unreachable, 1],
    ['reset', unreachable, 1],
    ['too_large', malformed, 0],
  ] as const)('no answer (%s)', async (error, expected, doubts) => {
    const result = await poll(aLab([failure(error)]), aCall(api, ['j1']));
    expect(only(result)).toMatchObject(expected);
    expect(result.keyDoubts).toBe(doubts);
    expect(result.keyRefusals).toBe(0);
  });

  test('reasons name code and status, and nothing that the vendor wrote besides', async () => {
    const result = await poll(aLab([alibabaError('SignatureDoesNotMatch', 400)]), aCall(api, ['j1']));
    expect(only(result)).toMatchObject({ reason: expect.stringContaining('(SignatureDoesNotMatch, HTTP 400)') });
    expect(JSON.stringify([...result.observations])).not.toMatch(/canonical|testak|testsk/);
  });

  test('a wish to wait is bounded and must be a number', async () => {
    const wish = async (value: string) => {
      const headers = { 'x-acs-retry-after': value };
      return only(await poll(aLab([alibabaError('Throttling', 429, headers)]), aCall(api, ['j1'])));
    };
    expect(await wish('999999999')).toMatchObject(throttled(3_600_000));
    expect(await wish('0')).toMatchObject(throttled(0));
    expect(await wish('-5')).toMatchObject(throttled(null));
    expect(await wish('soon')).toMatchObject(throttled(null));
  });

  test('a wait may be named as a date, counted from the vendor’s own clock', async () => {
    const headers = { date: 'Fri, 20 Nov 2026 15:00:00 GMT', 'retry-after': 'Fri, 20 Nov 2026 15:00:09 GMT' };
    expect(only(await poll(aLab([text('', 503, headers)]), aCall(api, ['j1'])))).toMatchObject(throttled(9000));
  });
});

describe('clock and nonce', () => {
  const call = aCall('alibaba.nlb', ['j1']);
  const ok = json({ RequestId: 'R', Status: 'Succeeded' });
  const late = alibabaError('InvalidTimeStamp.Expired', 400, { date: 'Fri, 20 Nov 2026 16:00:00 GMT' });

  test('a refused time is corrected by the Date header, once, and remembered for later calls', async () => {
    const lab = aLab([late, ok]);
    const result = await poll(lab, call);
    expect(only(result)).toMatchObject({ kind: 'status', word: 'Succeeded' });
    expect(result.keyRefusals).toBe(1);
    lab.nowMs += 2000;
    await poll(lab, call);
    const dates = lab.requests.map(({ headers }) => headers['x-acs-date']);
    expect(dates).toEqual(['2026-11-20T15:35:43Z', '2026-11-20T16:00:00Z', '2026-11-20T16:00:02Z']);
  });

  test('a time that is refused again is a refused key', async () => {
    const lab = aLab([late]);
    const result = await poll(lab, call);
    expect(only(result)).toMatchObject(key);
    expect(result.keyRefusals).toBe(2);
    expect(lab.requests).toHaveLength(2);
  });

  test('a vendor whose clock jumps is not followed a second time', async () => {
    const later = alibabaError('InvalidTimeStamp.Expired', 400, { date: 'Fri, 20 Nov 2026 18:00:00 GMT' });
    const lab = aLab([late, later, ok]);
    expect(only(await poll(lab, call))).toMatchObject(key);
    expect(lab.requests).toHaveLength(2);
  });

  test('a call of many requests is refused twice at most', async () => {
    const later = alibabaError('InvalidTimeStamp.Expired', 400, { date: 'Fri, 20 Nov 2026 18:00:00 GMT' });
    const lab = aLab([late, alibabaError('ResourceNotFound.JobId', 404), later, ok]);
    const result = await poll(lab, aCall('alibaba.nlb', ['j1', 'j2', 'j3']));
    expect([...result.observations.values()]).toMatchObject([key, key, key]);
    expect(result.keyRefusals).toBe(2);
    expect(lab.requests).toHaveLength(3);
  });

  test.each([
    ['no Date header', {}],
    ['an unreadable Date', { date: '20 November' }],
    ['a Date that agrees with ours', { date: 'Fri, 20 Nov 2026 15:35:10 GMT' }],
  ])('a refused time is not tried again with %s', async (_, headers) => {
    const lab = aLab([alibabaError('InvalidTimeStamp.Expired', 400, headers)]);
    expect(only(await poll(lab, call))).toMatchObject(key);
    expect(lab.requests).toHaveLength(1);
  });

  test('a used nonce is signed again once, with a new one', async () => {
    const lab = aLab([alibabaError('SignatureNonceUsed', 400), ok]);
    const result = await poll(lab, call);
    expect(only(result)).toMatchObject({ kind: 'status' });
    expect(result.keyRefusals).toBe(0);
    expect(lab.requests.map(({ headers }) => headers['x-acs-signature-nonce'])).toEqual(['nonce1', 'nonce2']);
    expect(lab.requests[0]?.headers['authorization']).not.toBe(lab.requests[1]?.headers['authorization']);
  });

  test('a nonce that is refused twice ends the call', async () => {
    const lab = aLab([alibabaError('SignatureNonceUsed', 400)]);
    expect(only(await poll(lab, call))).toMatchObject(malformed);
    expect(lab.requests).toHaveLength(2);
  });

  test('every further attempt must be paid for too', async () => {
    const lab = aLab([late, ok]);
    expect(only(await poll(lab, call, anAccess(ALIBABA, 1)))).toMatchObject({ kind: 'unasked' });
    expect(lab.requests).toHaveLength(1);
  });
});

test('every row of the table has a public source', () => {
  for (const { source, codes } of ALIBABA_FAULTS) {
    expect(source).toMatch(/^https:\/\//);
    expect(codes.length).toBeGreaterThan(0);
  }
});

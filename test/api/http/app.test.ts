import { expect, test } from 'vitest';
import { BODY_MAX_BYTES } from '../../../lib/api/http/app.ts';
import { behindGateway } from '../../../lib/api/http/gateway.ts';
import type { ApiRequest } from '../../../lib/api/http/types.ts';
import { MESSAGE, makeApiWorld } from '../../fakes/api-world.ts';
import { TOKENS } from '../../fakes/tokens.ts';

test.each([
  '/',
  '/v1',
  '/v1/',
  '/v1/job',
  '/v1/jobs/',
  '/v1/jobs/a/b/c',
  '/v2/jobs',
  '/v1/jobs/job_x/stop/',
  '/v1/__proto__',
  '',
])('nothing is at %j, with or without a token', async (path) => {
  const { request } = makeApiWorld();
  for (const token of [TOKENS.all, null]) {
    const response = await request('GET', path, { token });
    expect(response.status).toBe(404);
    expect(response.headers['content-type']).toBe('application/problem+json');
    const detail = expect.any(String);
    expect(response.body).toEqual({ type: 'about:blank', title: 'Not Found', status: 404, detail, errors: [] });
  }
});

test.each([
  ['DELETE', '/v1/jobs', 'POST, GET, HEAD, OPTIONS'],
  ['GET', '/v1/jobs/job_x/stop', 'POST, OPTIONS'],
  ['PUT', '/v1/subscriptions/sub_x', 'GET, PATCH, DELETE, HEAD, OPTIONS'],
  ['POST', '/v1/health', 'GET, HEAD, OPTIONS'],
  ['', '/v1/health', 'GET, HEAD, OPTIONS'],
  ['HEAD', '/v1/jobs/job_x/stop', 'POST, OPTIONS'],
])('%s %s is the wrong method, and Allow says the right ones', async (method, path, allow) => {
  const response = await makeApiWorld().request(method, path);
  expect(response.status).toBe(405);
  expect(response.headers['allow']).toBe(allow);
});

test('OPTIONS tells the methods without a token', async () => {
  const response = await makeApiWorld().request('OPTIONS', '/v1/jobs', { token: null });
  expect([response.status, response.headers['allow'], response.text]).toEqual([204, 'POST, GET, HEAD, OPTIONS', '']);
});

test('HEAD answers as GET does, without the body', async () => {
  const { request } = makeApiWorld();
  const [get, head] = [await request('GET', '/v1/jobs'), await request('HEAD', '/v1/jobs')];
  expect([head.status, head.headers, head.text]).toEqual([get.status, get.headers, '']);
  expect((await request('HEAD', '/v1/jobs', { token: null })).status).toBe(401);
});

test.each([
  ['not JSON', '{"api":', 400, /not JSON/],
  ['a key twice', '{"url":"https://a","url":"https://b"}', 400, /url: appears more than once/],
  ['a list', '[]', 400, /expected a JSON object/],
  ['a text', '"a"', 400, /expected a JSON object/],
  ['null', 'null', 400, /url: missing/],
  ['nothing', '', 400, /url: missing/],
  ['one byte too many', `"${'a'.repeat(BODY_MAX_BYTES - 1)}"`, 413, /larger than \d+ bytes/],
])('a body that is %s is refused', async (_, rawBody, status, detail) => {
  const response = await makeApiWorld().request('POST', '/v1/subscriptions', { rawBody });
  expect(response.status).toBe(status);
  expect(response.body.detail).toMatch(detail);
});

test('a body of the largest size is read', async () => {
  const response = await makeApiWorld().request('POST', '/v1/subscriptions', {
    rawBody: `"${'a'.repeat(BODY_MAX_BYTES - 2)}"`,
  });
  expect(response.status).toBe(400);
});

test('routes without a body take an empty one, and name what else they are given', async () => {
  const { request } = makeApiWorld();
  expect((await request('POST', '/v1/jobs/job_x/stop', { body: {} })).status).toBe(404);
  const response = await request('POST', '/v1/jobs/job_x/stop', { body: { force: true } });
  expect(response.status).toBe(400);
  expect(response.body.errors).toEqual([{ field: 'force', problem: 'unknown field' }]);
});

test('routes without parameters name those that they are given', async () => {
  const { request } = makeApiWorld();
  for (const [method, path] of [
    ['POST', '/v1/jobs'],
    ['GET', '/v1/health'],
    ['DELETE', '/v1/subscriptions/sub_x'],
  ] as const) {
    const response = await request(method, path, { query: 'dry=1', body: MESSAGE });
    expect(response.status).toBe(400);
    expect(response.body.errors[0].field).toBe('dry');
  }
});

test('a fault is a 500 with the request id and without the reason, which is in the log', async () => {
  const { request, lines } = makeApiWorld(() => ({
    durations: async () => {
      throw new Error('table durations is on fire');
    },
  }));
  const response = await request('GET', '/v1/durations');
  expect(response.status).toBe(500);
  expect(response.body.requestId).toBe('request-1');
  expect(response.text).not.toContain('fire');
  expect(lines.find(({ message }) => message === 'api.fault')?.fields['error']).toContain('on fire');
});

test('each request makes one line, without its body or token', async () => {
  const { request, lines, clock } = makeApiWorld((ports) => ({
    durations: async () => {
      clock.advance(15);
      return ports.durations();
    },
  }));
  await request('GET', '/v1/durations');
  await request('GET', '/v1/jobs/job_y');
  await request('GET', '/v1/jobs/job_x', { token: null });
  await request('POST', '/v1/jobs', { body: MESSAGE });
  await request('GET', '/nowhere');
  const read = { requestId: 'request-1', method: 'GET' };
  const fields = lines.filter(({ message }) => message === 'api.request').map((line) => line.fields);
  expect(fields).toEqual([
    { ...read, route: '/v1/durations', path: '/v1/durations', status: 200, durationMs: 15, token: 'all' },
    { ...read, route: '/v1/jobs/{id}', path: '/v1/jobs/job_y', status: 404, durationMs: 0, token: 'all' },
    { ...read, route: '/v1/jobs/{id}', path: null, status: 401, durationMs: 0, token: null },
    { ...read, method: 'POST', route: '/v1/jobs', path: '/v1/jobs', status: 202, durationMs: 0, token: 'all' },
    { ...read, route: null, path: null, status: 404, durationMs: 0, token: null },
  ]);
  expect(JSON.stringify(lines)).not.toContain(TOKENS.all);
  expect(JSON.stringify(lines)).not.toContain('eu-central-1');
});

const EVENT = {
  version: '2.0',
  rawPath: '/v1/jobs',
  rawQueryString: 'phase=running&label.team=a%20b',
  headers: { Authorization: 'Bearer jw_all' },
  requestContext: { requestId: 'gw-1', http: { method: 'post', path: '/v1/jobs' } },
  body: Buffer.from('{"ä":1}').toString('base64'),
  isBase64Encoded: true,
};

test('an event of the gateway becomes a request, and the response its result', async () => {
  const seen: ApiRequest[] = [];
  const handler = behindGateway(async (request) => {
    seen.push(request);
    return { status: 202, headers: { allow: 'GET' }, body: '{}' };
  });
  expect(await handler(EVENT)).toEqual({ statusCode: 202, headers: { allow: 'GET' }, body: '{}' });
  const { query, ...rest } = seen[0] ?? { query: new URLSearchParams() };
  expect(Object.fromEntries(query)).toEqual({ phase: 'running', 'label.team': 'a b' });
  expect(rest).toEqual({
    id: 'gw-1',
    method: 'POST',
    path: '/v1/jobs',
    headers: { authorization: 'Bearer jw_all' },
    body: '{"ä":1}',
  });
  await handler({ rawPath: '/v1/health', requestContext: EVENT.requestContext });
  expect(seen[1]).toMatchObject({ path: '/v1/health', body: null, headers: {} });
});

test('a query twenty times as long as the gateway lets through is read in its one pass', async () => {
  const { status, body } = await makeApiWorld().request('GET', '/v1/health', {
    query: 'a&'.repeat(100_000),
    token: null,
  });
  expect(status).toBe(400);
  expect(body.errors).toContainEqual({ field: 'a', problem: 'appears more than once' });
});

test.each([
  ['GET', '/v1/jobs', 200],
  ['HEAD', '/v1/health', 200],
  ['GET', '/v1/nothing', 404],
  ['OPTIONS', '/v1/jobs', 204],
  ['PUT', '/v1/jobs', 405],
  ['POST', '/v1/jobs', 400],
])('%s %s with its %i is not sniffed', async (method, path, status) => {
  const response = await makeApiWorld().request(method, path);
  expect([response.status, response.headers['x-content-type-options']]).toEqual([status, 'nosniff']);
});

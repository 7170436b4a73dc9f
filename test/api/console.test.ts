import { gunzipSync, gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { CONSOLE_HEADERS, type ConsoleFile, makeConsole } from '../../lib/api/console.ts';
import { behindGateway } from '../../lib/api/http/gateway.ts';

const HTML = '<!doctype html><title>jobwatch</title>';
const zipped = (text: string) => gzipSync(text).toString('base64');
const FILES: readonly ConsoleFile[] = [
  { path: '/', contentType: 'text/html; charset=utf-8', gzip: zipped(HTML), hash: 'h1' },
  { path: '/assets/index-abc.js', contentType: 'text/javascript; charset=utf-8', gzip: zipped('1'), hash: 'h2' },
];
const page = makeConsole(FILES, (gzip) => gunzipSync(Buffer.from(gzip, 'base64')).toString('base64'));
const get = (path: string, headers: Record<string, string> = {}, method = 'GET') => page({ method, path, headers });

test('the page is asked for anew each time, and what it names is kept for ever', () => {
  const gzip = { 'accept-encoding': 'gzip, deflate, br' };
  expect(get('/', gzip)).toEqual({
    status: 200,
    headers: {
      ...CONSOLE_HEADERS,
      'cache-control': 'no-cache',
      'content-encoding': 'gzip',
      'content-type': 'text/html; charset=utf-8',
      etag: 'W/"h1"',
      vary: 'accept-encoding',
    },
    body: zipped(HTML),
    isBase64: true,
  });
  expect(get('/assets/index-abc.js', gzip)?.headers['cache-control']).toBe('public, max-age=31536000, immutable');
});

test.each([
  ['gzip', true],
  ['br, GZIP;q=0.5', true],
  ['*', true],
  ['gzip;q=1.0', true],
  ['gzip;q=0', false],
  ['gzip;q=0.000', false],
  ['gzip ; q=0.001', true],
  ['gzip;q=1.000', true],
  ['gzip;q=0.1234', false],
  ['gzip;q=2', false],
  ['gzip;q=1;q=1', false],
  ['br', false],
  ['x-gzip', false],
  ['', false],
])('who says %j gets gzip: %s', (accepted, isZipped) => {
  const response = get('/', { 'accept-encoding': accepted });
  expect(response?.headers['content-encoding']).toBe(isZipped ? 'gzip' : undefined);
  const bytes = Buffer.from(response?.body ?? '', 'base64');
  expect((isZipped ? gunzipSync(bytes) : bytes).toString()).toBe(HTML);
});

test('a header twenty times as long as the gateway lets through is read in its one pass', () => {
  const ones = '1'.repeat(200_000);
  expect(get('/', { 'accept-encoding': `gzip;q=0.${ones}x` })?.headers['content-encoding']).toBeUndefined();
});

test.each(['W/"h1"', '"h1"', '"x", W/"h1"', '*'])('whoever has it already (%s) is told so', (tag) => {
  const response = get('/', { 'if-none-match': tag });
  expect([response?.status, response?.body, response?.headers['etag']]).toEqual([304, '', 'W/"h1"']);
});

test('HEAD answers as GET does, without the body', () => {
  const [whole, head] = [get('/'), get('/', {}, 'HEAD')];
  expect([head?.status, head?.headers, head?.body]).toEqual([200, whole?.headers, '']);
});

test.each([
  ['GET', '/assets/none.js', 404],
  ['GET', '/assets/../index.html', 404],
  ['POST', '/', 405],
  ['OPTIONS', '/assets/index-abc.js', 405],
])('%s %s is refused with %i', (method, path, status) => {
  expect(get(path, {}, method)?.status).toBe(status);
});

test.each(['/v1/jobs', '/v1/', '/index.html', '', '/asset'])('%j is none of its paths', (path) => {
  expect(get(path)).toBeNull();
});

test.each(['/', '/assets/index-abc.js', '/assets/none.js'])(
  'every response at %s has the headers that guard it',
  (path) => {
    for (const method of ['GET', 'HEAD', 'PUT']) {
      const headers = get(path, {}, method)?.headers ?? {};
      expect(headers).toMatchObject(CONSOLE_HEADERS);
      expect(headers['content-security-policy']).not.toMatch(/unsafe|https?:|data:|\*/);
      expect(headers['content-security-policy']).toMatch(/frame-ancestors 'none'/);
    }
  },
);

test('a body in base64 goes to the gateway as such', async () => {
  const handler = behindGateway(async (request) => page(request) ?? { status: 404, headers: {}, body: '' });
  const event = { rawPath: '/', requestContext: { requestId: 'r', http: { method: 'GET' } } };
  expect(await handler(event)).toMatchObject({ statusCode: 200, isBase64Encoded: true });
  expect(await handler({ ...event, rawPath: '/v1/x' })).toEqual({ statusCode: 404, headers: {}, body: '' });
});

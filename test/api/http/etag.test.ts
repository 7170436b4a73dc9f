import { expect, test } from 'vitest';
import { MESSAGE, makeApiWorld } from '../../fakes/api-world.ts';
import { TOKENS } from '../../fakes/tokens.ts';

test.each(['/v1/jobs', '/v1/subscriptions', '/v1/durations', '/v1/health', '/v1/openapi.json'])(
  'what %s answers has a tag, and is not sent again to who has it',
  async (path) => {
    const { request } = makeApiWorld();
    const first = await request('GET', path);
    const etag = first.headers['etag'] ?? '';
    expect(etag).toMatch(/^"[\w-]{27}"$/);
    for (const method of ['GET', 'HEAD']) {
      const second = await request(method, path, { headers: { 'if-none-match': `"other", W/${etag}` } });
      expect([second.status, second.text, second.headers['etag']]).toEqual([304, '', etag]);
      expect(second.headers['content-type']).toBeUndefined();
    }
    expect((await request('GET', path, { headers: { 'if-none-match': '"other"' } })).status).toBe(200);
  },
);

test('a job that has changed has another tag', async () => {
  const { request } = makeApiWorld();
  const { body } = await request('POST', '/v1/jobs', { body: MESSAGE });
  const path = `/v1/jobs/${body.accepted[0].id}`;
  const etag = (await request('GET', path)).headers['etag'] ?? '';
  const stopped = await request('POST', `${path}/stop`, { headers: { 'if-none-match': '*' } });
  expect([stopped.status, stopped.headers['etag']]).toEqual([200, undefined]);
  const again = await request('GET', path, { headers: { 'if-none-match': etag } });
  expect([again.status, again.body.phase]).toEqual([200, 'stopped']);
});

test('a token that is not good learns nothing from a tag', async () => {
  const { request } = makeApiWorld();
  const etag = (await request('GET', '/v1/jobs')).headers['etag'] ?? '';
  expect((await request('GET', '/v1/jobs', { token: null, headers: { 'if-none-match': etag } })).status).toBe(401);
  expect((await request('GET', '/v1/jobs', { token: TOKENS.jobs, headers: { 'if-none-match': etag } })).status).toBe(
    403,
  );
});

test.each([
  [TOKENS.all, '/v1/jobs', 'read jobs:write subscriptions:write'],
  [TOKENS.read, '/v1/jobs', 'read'],
  [TOKENS.jobs, '/v1/jobs', 'jobs:write'],
  ['jw_nobody', '/v1/jobs', undefined],
  [TOKENS.all, '/v1/health', undefined],
])('a response tells the caller of %s at %s what its token may do: %s', async (token, path, scopes) => {
  const { request } = makeApiWorld();
  expect((await request('GET', path, { token })).headers['jobwatch-scopes']).toBe(scopes);
});

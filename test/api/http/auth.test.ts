import { expect, test } from 'vitest';
import { makeAuthenticate, parseTokens, type TokensLookup } from '../../../lib/api/http/auth.ts';
import { makeApiWorld } from '../../fakes/api-world.ts';
import { fakeClock } from '../../fakes/clock.ts';
import { fakeTokens, sha256, TOKENS } from '../../fakes/tokens.ts';

function anAuth(lookup?: TokensLookup) {
  const clock = fakeClock();
  const tokens = fakeTokens();
  if (lookup !== undefined) tokens.state.lookup = lookup;
  const reasons: unknown[] = [];
  const log = {
    info: () => undefined,
    warn: () => undefined,
    error: (_: string, fields = {}) => void reasons.push(fields),
  };
  return { clock, tokens, reasons, authenticate: makeAuthenticate({ readTokens: tokens.read, clock, log }) };
}

test.each([
  ['a good token', `Bearer ${TOKENS.read}`, 'caller'],
  ['the scheme in other letters', `bearer  ${TOKENS.read}`, 'caller'],
  ['no header', undefined, 'refused'],
  ['an empty header', '', 'refused'],
  ['another scheme', `Basic ${TOKENS.read}`, 'refused'],
  ['an unknown token', 'Bearer jw_nobody', 'refused'],
  ['a token without the prefix', 'Bearer all', 'refused'],
  ['a hash instead of a token', `Bearer ${sha256(TOKENS.read)}`, 'refused'],
  ['a token and more', `Bearer ${TOKENS.read} ${TOKENS.all}`, 'refused'],
  ['a very long token', `Bearer jw_${'a'.repeat(10_000)}`, 'refused'],
])('with %s the caller is known or not', async (_, header, kind) => {
  expect((await anAuth().authenticate(header)).kind).toBe(kind);
});

test('the caller has the name and the permissions of the entry, and no hash', async () => {
  expect(await anAuth().authenticate(`Bearer ${TOKENS.read}`)).toEqual({
    kind: 'caller',
    caller: { name: 'reader', permissions: ['read'] },
  });
});

test.each<[string, TokensLookup, RegExp]>([
  ['absent', { kind: 'absent', reason: 'there is no parameter' }, /no parameter/],
  ['no JSON', { kind: 'found', text: 'jw_all' }, /not JSON/],
  ['no list', { kind: 'found', text: '{}' }, /expected Array/],
  [
    'with an entry that has no name',
    { kind: 'found', text: JSON.stringify([{ sha256: sha256('jw_all'), scopes: [] }]) },
    /0\.name/,
  ],
  [
    'with a hash in capitals',
    { kind: 'found', text: JSON.stringify([{ name: 'a', sha256: sha256('jw_all').toUpperCase(), scopes: [] }]) },
    /sha256/,
  ],
  [
    'with an unknown scope',
    { kind: 'found', text: JSON.stringify([{ name: 'a', sha256: sha256('jw_all'), scopes: ['admin'] }]) },
    /scopes/,
  ],
  [
    'with one good and one bad entry',
    { kind: 'found', text: JSON.stringify([...fakeTokens().entries, { name: 'a' }]) },
    /4\./,
  ],
])('a list of tokens that is %s lets nobody in and says why', async (_, lookup, reason) => {
  const auth = anAuth(lookup);
  expect((await auth.authenticate(`Bearer ${TOKENS.all}`)).kind).toBe('refused');
  expect(JSON.stringify(auth.reasons)).toMatch(reason);
});

test('an entry that has the hash of nothing lets nobody in', async () => {
  const auth = anAuth({ kind: 'found', text: JSON.stringify([{ name: 'a', sha256: sha256(''), scopes: ['read'] }]) });
  for (const header of [undefined, '', 'Bearer', 'Bearer ', 'Bearer jw_'])
    expect((await auth.authenticate(header)).kind).toBe('refused');
});

test('a token whose hash begins like another one is not that one', async () => {
  const beginnings = fakeTokens().entries.map((entry) => entry.sha256.slice(0, 2));
  const alike = Array.from({ length: 500 }, (_, index) => `jw_${index}`).filter((token) =>
    beginnings.includes(sha256(token).slice(0, 2)),
  );
  expect(alike.length).toBeGreaterThan(0);
  const auth = anAuth();
  for (const token of alike) expect((await auth.authenticate(`Bearer ${token}`)).kind).toBe('refused');
});

test('the reason of a malformed list repeats no value', () => {
  const parsed = parseTokens(JSON.stringify([{ name: 'a', sha256: 'jw_secret', scopes: [] }]));
  expect(parsed.ok).toBe(false);
  expect(JSON.stringify(parsed)).not.toContain('jw_secret');
});

test('the list is kept for a minute, and requests at the same time share one read', async () => {
  const auth = anAuth();
  await Promise.all([1, 2, 3].map(() => auth.authenticate(`Bearer ${TOKENS.all}`)));
  auth.clock.advance(59_999);
  await auth.authenticate(`Bearer ${TOKENS.all}`);
  expect(auth.tokens.state.reads).toBe(1);
  auth.tokens.state.lookup = { kind: 'found', text: '[]' };
  auth.clock.advance(1);
  expect((await auth.authenticate(`Bearer ${TOKENS.all}`)).kind).toBe('refused');
  expect(auth.tokens.state.reads).toBe(2);
});

test('a store that can not be read makes 503, and is read again soon', async () => {
  const world = makeApiWorld();
  world.tokens.state.lookup = { kind: 'unavailable', reason: 'ThrottlingException' };
  const down = await world.request('GET', '/v1/jobs');
  expect(down.status).toBe(503);
  expect(down.headers['retry-after']).toBe('5');
  world.tokens.state.lookup = { kind: 'found', text: JSON.stringify(world.tokens.entries) };
  world.clock.advance(2000);
  expect((await world.request('GET', '/v1/jobs')).status).toBe(200);
});

test('every way to be unknown gets the same response', async () => {
  const { request } = makeApiWorld();
  const answers = await Promise.all(
    [null, 'jw_nobody', 'other', ''].map((token) => request('GET', '/v1/jobs', { token })),
  );
  for (const response of answers) {
    expect(response.status).toBe(401);
    expect(response.headers['www-authenticate']).toBe('Bearer');
    expect(response.text).toBe(answers[0]?.text);
  }
});

const READS = [
  '/v1/jobs',
  '/v1/jobs/job_x',
  '/v1/subscriptions',
  '/v1/subscriptions/sub_x',
  '/v1/subscriptions/sub_x/deliveries',
  '/v1/durations',
];
const JOB_WRITES = ['POST /v1/jobs', 'POST /v1/jobs/job_x/stop'];
const SUBSCRIPTION_WRITES = [
  'POST /v1/subscriptions',
  'PATCH /v1/subscriptions/sub_x',
  'DELETE /v1/subscriptions/sub_x',
  'POST /v1/subscriptions/sub_x/enable',
  'POST /v1/subscriptions/sub_x/rotate-secret',
  'POST /v1/subscriptions/sub_x/test',
  'POST /v1/subscriptions/sub_x/redeliver',
  'POST /v1/subscriptions/sub_x/deliveries/evt_x/redeliver',
];
const SCOPED = [
  ...READS.map((path) => [`GET ${path}`, TOKENS.read] as const),
  ...JOB_WRITES.map((route) => [route, TOKENS.jobs] as const),
  ...SUBSCRIPTION_WRITES.map((route) => [route, TOKENS.subscriptions] as const),
];

test.each(SCOPED)('%s needs its own scope, and no other will do', async (route, right) => {
  const { request } = makeApiWorld();
  const [method = '', path = ''] = route.split(' ');
  for (const token of [TOKENS.read, TOKENS.jobs, TOKENS.subscriptions]) {
    const { status } = await request(method, path, { token });
    if (token === right) expect(status).not.toBe(403);
    else expect(status).toBe(403);
  }
  expect((await request(method, path, { token: null })).status).toBe(401);
});

test.each(['/v1/health', '/v1/openapi.json'])('%s needs no token', async (path) => {
  expect((await makeApiWorld().request('GET', path, { token: null })).status).toBe(200);
});

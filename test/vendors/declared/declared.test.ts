import { describe, expect, test } from 'vitest';
import type { HttpResponse } from '../../../lib/base/http.ts';
import { NO_MEMORY } from '../../../lib/job/judgement.ts';
import { NO_DETAIL } from '../../../lib/job/observation.ts';
import { DECLARED } from '../../../lib/vendors/clouds.ts';
import { declaredCloud } from '../../../lib/vendors/declared/cloud.ts';
import { type DeclaredApi, type DeclaredCloud, problemsOf } from '../../../lib/vendors/declared/declaration.ts';
import { HETZNER } from '../../../lib/vendors/declared/hetzner.ts';
import { valueAt } from '../../../lib/vendors/declared/pointer.ts';
import { aCall, aLab, anAccess, json, kinds, NOW_MS, only, poll, text } from '../support.ts';

const APIS = DECLARED.flatMap((cloud) => cloud.apis.map((api) => [api.api, api, cloud] as const));

/** A body that has this value there. */
function at(pointer: string, value: unknown, into: Record<string, unknown> = {}): Record<string, unknown> {
  const [name = '', ...rest] = pointer.slice(1).split('/');
  if (rest.length === 0) return { ...into, [name]: value };
  const inner = into[name];
  const array = Array.isArray(inner) || rest[0] === '0';
  if (array)
    return { ...into, [name]: [at(`/${rest.slice(1).join('/')}`, value, (inner as never[] | undefined)?.[0])] };
  return { ...into, [name]: at(`/${rest.join('/')}`, value, inner as Record<string, unknown> | undefined) };
}

function jobOf(api: DeclaredApi, id: unknown, word: unknown, more: Record<string, unknown> = {}) {
  return at(api.word, word, at(api.id, id, more));
}

const oneOf = (api: DeclaredApi, id: unknown, word: unknown, more = {}) =>
  json(at(api.one.job, jobOf(api, id, word, more)));
const told = async (api: DeclaredApi, response: HttpResponse) =>
  only(await poll(aLab([response]), aCall(api.api, ['7'])));

describe('a declaration', () => {
  test.each(DECLARED)('of $name is safe', (cloud) => {
    expect(problemsOf(cloud)).toEqual([]);
    for (const { faults, apis } of DECLARED) {
      for (const { source } of [...faults, ...apis]) expect(source).toMatch(/^https:\/\/[^ ]+$/);
    }
  });

  const api = HETZNER.apis[0] as DeclaredApi;
  const withApi = (more: object): DeclaredCloud => ({ ...HETZNER, apis: [{ ...api, ...more }] });
  test.each<[string, DeclaredCloud, RegExp]>([
    ['http', { ...HETZNER, origin: 'http://api.hetzner.cloud' as 'https://x' }, /origin/],
    ['a path in the origin', { ...HETZNER, origin: 'https://api.hetzner.cloud/v1' }, /origin/],
    ['a pace above five a second', { ...HETZNER, pace: { callsPerSecond: 6, of: 'key' } }, /pace/],
    ['no code of throttling', { ...HETZNER, faults: [] }, /faults/],
    ['no word of failure', withApi({ words: { running: 'running', success: 'succeeded' } }), /words/],
    ['no word of success', withApi({ words: { running: 'running', error: 'failed' } }), /words/],
    ['a word in capitals', withApi({ words: { ...api.words, DONE: 'succeeded' } }), /lower case/],
    ['a way out of its path', withApi({ one: { path: '/v1/../servers/{id}', job: '/action' } }), /path/],
    ['a query in its path', withApi({ one: { path: '/v1/x?y={id}' as '/{id}', job: '/action' } }), /path/],
    ['pages that its ids may fill', withApi({ many: { ...api.many, idsMax: 50 } }), /pageSize/],
    ['too many ids a call', withApi({ many: { ...api.many, idsMax: 101 } }), /idsMax/],
  ])('with %s is refused', (_, cloud, problem) => {
    expect(problemsOf(cloud).join()).toMatch(problem);
    expect(() => declaredCloud(cloud)).toThrow(problem);
  });

  test('points at own members only', () => {
    const root = JSON.parse('{"a":{"b/c":[1,{"~":2}]},"__proto__":{"x":3}}');
    expect(valueAt(root, '/a/b~1c/1/~0')).toBe(2);
    expect([valueAt(root, '/a/constructor'), valueAt(root, '/a/b~1c/length'), valueAt(root, '/a/b~1c/-1')]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect(valueAt(null, '/a')).toBeUndefined();
  });
});

describe.each(APIS)('%s', (name, api, cloud) => {
  const { judge, pace } = aLab([json({})]).vendors.get(name) ?? {};
  const running = Object.keys(api.words)[0] ?? '';

  test('goes to its cloud’s origin with its token, and to the account’s end points alone', async () => {
    const lab = aLab([oneOf(api, 7, running)]);
    await poll(lab, aCall(name, ['7']));
    const request = lab.requests[0];
    expect(request?.method).toBe('GET');
    expect(request?.url.href).toBe(`${cloud.origin}${api.one.path.replace('{id}', '7')}`);
    expect(request?.headers).toMatchObject({ authorization: 'Bearer testsk', host: new URL(cloud.origin).host });
    const elsewhere = { vendor: 'bearer', cloud: cloud.name, token: 'T', endpoints: { [name]: 'https://x.example' } };
    await poll(lab, aCall(name, ['7']), anAccess(elsewhere));
    expect(lab.requests[1]?.url.origin).toBe('https://x.example');
    expect(JSON.stringify(lab.requests.map(({ url }) => url.href))).not.toContain('testsk');
  });

  test('asks for no id that is no whole number, whatever stands in it', async () => {
    const ids = ['0', '01', '-1', '1e3', '9007199254740993', 'x', '..', '1/2', '%2e'];
    for (const shape of ['single', 'batch'] as const) {
      const lab = aLab([json({})]);
      const result = await poll(lab, aCall(name, ids, { shape }));
      expect(new Set(Object.values(kinds(result)))).toEqual(new Set(['malformed']));
      expect(lab.requests).toEqual([]);
    }
  });

  test('each word has its phase in both cases of letters, and no other has one', async () => {
    for (const [word, phase] of [...Object.entries(api.words), ['zombie', null] as const]) {
      for (const written of [word, word.toUpperCase()]) {
        expect(await told(api, oneOf(api, 7, written))).toMatchObject({ kind: 'status', word: written });
        expect(judge?.({ word: written, detail: NO_DETAIL }, NO_MEMORY, NOW_MS).phase).toBe(phase);
      }
    }
  });

  test.each([0, 1, true, null, {}, [], '', undefined])('%j is no word, and ends nothing', async (word) => {
    expect((await told(api, oneOf(api, 7, word))).kind).toBe('malformed');
  });

  test.each([8, '7', null, 7.5, 2 ** 53 + 1, undefined])('an answer that names %j is about another job', async (id) => {
    expect((await told(api, oneOf(api, id, running))).kind).toBe('malformed');
  });

  test('an error ends no job beside a word that does not, and is no detail of it', async () => {
    const { error } = api.detail;
    const withError = error === undefined ? {} : at(error.code, 'E', at(error.message, 'm'));
    for (const [word, phase] of Object.entries(api.words)) {
      const seen = await told(api, oneOf(api, 7, word, at(api.detail.endedAt, '2026-01-30T23:55:00+00:00', withError)));
      const isFailed = phase === 'failed' && error !== undefined;
      expect(seen).toMatchObject({
        kind: 'status',
        detail: {
          error: isFailed ? { code: 'E', message: 'm' } : null,
          endedAt: phase === 'running' ? null : '2026-01-30T23:55:00.000Z',
        },
      });
    }
  });

  test.each(cloud.faults.flatMap((row) => row.codes.map((code) => [code, row.means] as const)))(
    'code %s means %s',
    async (code, means) => {
      const status = { throttled: 429, key: 401, scope: 403, missing: 404, unreachable: 503 }[means as string] ?? 400;
      const seen = await told(api, json(at(cloud.errorCode, code), status));
      const kind = means === 'key' || means === 'scope' ? 'denied' : means;
      expect(seen).toMatchObject({ kind, ...(kind === 'denied' ? { what: means } : {}) });
      // What it is told with is not what it means.
      const odd = await told(api, json(at(cloud.errorCode, code), 418));
      expect(odd.kind).toBe(means === 'missing' ? 'malformed' : kind);
    },
  );

  test.each<[string, HttpResponse, string]>([
    ['a bare 404', text('', 404), 'malformed'],
    ['an HTML 404', text('<html>not_found</html>', 404), 'malformed'],
    ['a 404 with another code', json(at(cloud.errorCode, 'something_new'), 404), 'malformed'],
    ['a 200 with the code of an unknown job', json(at(cloud.errorCode, 'not_found')), 'malformed'],
    ['a 200 that is empty', text('', 200), 'malformed'],
    ['a 204', text('', 204), 'malformed'],
    ['a redirect', text('', 302, { location: 'https://evil.example' }), 'malformed'],
    ['a bare 401', text('', 401), 'denied'],
    ['a bare 429', text('', 429), 'throttled'],
    ['a bare 500', text('', 500), 'unreachable'],
  ])('%s is %s', async (_, response, kind) => {
    const lab = aLab([response]);
    expect(only(await poll(lab, aCall(name, ['7']))).kind).toBe(kind);
    expect(lab.requests).toHaveLength(1);
  });

  test('a wait that an answer names is kept, be the answer good or bad', async () => {
    const good = (headers: Record<string, string>) =>
      json(at(api.one.job, jobOf(api, 7, running)), 200, { date: new Date(NOW_MS).toUTCString(), ...headers });
    const restOf = async (headers: Record<string, string>) =>
      (await poll(aLab([good(headers)]), aCall(name, ['7']))).restMs;
    const reset = { 'ratelimit-limit': '60', 'ratelimit-reset': String(NOW_MS / 1000 + 60) };
    const oneCallMs = cloud.rateLimitReset === 'nextCall' ? 60_000 : 1000;
    expect(await restOf({})).toBeUndefined();
    expect(await restOf({ ...reset, 'ratelimit-remaining': '1' })).toBeUndefined();
    expect(await restOf({ ...reset, 'ratelimit-remaining': '0' })).toBe(oneCallMs);
    expect(await restOf({ 'ratelimit-remaining': '0', 'ratelimit-reset': 'soon' })).toBeUndefined();
    expect(await restOf({ 'retry-after': '5' })).toBe(5000);
    expect(await restOf({ 'retry-after': '99999999' })).toBe(3_600_000);
    const limited = { status: 429, headers: { date: new Date(NOW_MS).toUTCString(), ...reset } };
    expect(await told(api, { ...text(''), ...limited })).toMatchObject({ kind: 'throttled', retryAfterMs: oneCallMs });
    expect(await told(api, text('', 429, { 'retry-after': '9' }))).toMatchObject({ retryAfterMs: 9000 });
  });

  test('no further request of a call is made in a wait that an answer named', async () => {
    const lab = aLab([json(at(api.one.job, jobOf(api, 7, running)), 200, { 'retry-after': '5' })]);
    const result = await poll(lab, aCall(name, ['7', '8', '9'], { shape: 'single' }));
    if (api.many === undefined) expect(kinds(result)).toEqual({ 7: 'status', 8: 'unasked', 9: 'unasked' });
    expect(lab.requests).toHaveLength(1);
  });

  test('is asked below one a second, by key', () => {
    expect(pace?.callsPerSecond).toBeLessThan(1);
    expect(pace?.of).toBe('key');
  });
});

describe.each(APIS.filter(([, { many }]) => many !== undefined))('%s in batches', (name, api) => {
  const many = api.many as NonNullable<DeclaredApi['many']>;
  const word = Object.keys(api.words)[0] ?? '';
  const page = (ids: readonly unknown[], next: unknown = null) =>
    json(
      at(
        many.jobs,
        ids.map((id) => jobOf(api, id, word)),
        at(many.nextPage, next),
      ),
    );
  const ids = (count: number) => Array.from({ length: count }, (_, index) => String(index + 1));
  const asked = (search: string) => new URLSearchParams(search).getAll(many.idParameter).map(Number);

  test.each([
    [1, 1],
    [20, 1],
    [many.idsMax, 1],
    [many.idsMax + 1, 2],
    [45, Math.ceil(45 / many.idsMax)],
    [200, Math.ceil(200 / many.idsMax)],
  ])('%i jobs take %i calls', async (jobs, calls) => {
    const lab = aLab([
      ({ url }) =>
        url.search === '' ? oneOf(api, Number(url.pathname.split('/').at(-1)), word) : page(asked(url.search)),
    ]);
    const result = await poll(lab, aCall(name, ids(jobs)));
    expect(new Set(Object.values(kinds(result)))).toEqual(new Set(['status']));
    expect(lab.requests).toHaveLength(calls);
  });

  test('an id that a whole list leaves out is a miss, and one of a list that is not whole is not', async () => {
    const by = async (...script: HttpResponse[]) => kinds(await poll(aLab(script), aCall(name, ['1', '2'])));
    expect(await by(page([1]))).toEqual({ 1: 'status', 2: 'missing' });
    expect(await by(page([1], 2), page([2], null))).toEqual({ 1: 'status', 2: 'status' });
    expect(await by(page([1], 2), page([], null))).toEqual({ 1: 'status', 2: 'missing' });
    const malformed = { 1: 'status', 2: 'malformed' };
    expect(await by(page([1, null]))).toEqual(malformed);
    const unnumbered = (ids: readonly number[]) =>
      json(
        at(
          many.jobs,
          ids.map((id) => jobOf(api, id, word)),
        ),
      );
    expect(await by(unnumbered([1]))).toEqual({ 1: 'status', 2: 'missing' });
    expect(await by(unnumbered(Array(many.pageSize.jobs).fill(1)))).toEqual({ 1: 'malformed', 2: 'malformed' });
    expect(await by(page([1], 'https://evil.example/2'))).toEqual({ 1: 'malformed', 2: 'malformed' });
    expect(await by(page([1], 2), page([1], 2))).toEqual(malformed);
    expect(await by(page([1, 3, 99]))).toEqual({ 1: 'status', 2: 'missing' });
  });

  test('a list that never ends is not read for ever', async () => {
    const lab = aLab([({ url }) => page([], Number(url.searchParams.get('page') ?? 1) + 1)]);
    expect(kinds(await poll(lab, aCall(name, ['1', '2'])))).toEqual({ 1: 'malformed', 2: 'malformed' });
    expect(lab.requests).toHaveLength(10);
  });
});

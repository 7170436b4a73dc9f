import { describe, expect, test } from 'vitest';
import type { HttpRequest, HttpResponse } from '../../../lib/base/http.ts';
import { makeHuaweiIam } from '../../../lib/vendors/huawei/iam.ts';
import {
  aCall,
  aLab,
  anAccess,
  failure,
  HUAWEI_USER,
  json,
  kinds,
  NOW_MS,
  only,
  PROJECT,
  poll,
  text,
} from '../support.ts';

const V1 = 'huawei.elb.v1';
const OK = json({ status: 'RUNNING' });
const OVER = json(
  { error_code: 'APIGW.0301', error_msg: 'Incorrect IAM authentication information: token expires' },
  401,
);

function token(
  name: string,
  times: object = { issued_at: '2026-11-20T15:35:43.000000Z', expires_at: '2026-11-21T15:35:43.000000Z' },
) {
  return json({ token: { methods: ['password'], ...times } }, 201, { 'x-subject-token': name });
}

function isLogin(request: HttpRequest): boolean {
  return request.url.pathname === '/v3/auth/tokens';
}

/** Logins answered one after another (the last for ever), everything else by `elb`. */
function cloud(logins: readonly HttpResponse[], elb: (request: HttpRequest) => HttpResponse = () => OK) {
  let count = 0;
  return (request: HttpRequest): HttpResponse => {
    if (!isLogin(request)) return elb(request);
    count += 1;
    return logins[Math.min(count, logins.length) - 1] ?? text('', 500);
  };
}

function paths(lab: { requests: readonly HttpRequest[] }): string[] {
  return lab.requests.map((request) => (isLogin(request) ? 'login' : (request.headers['x-auth-token'] ?? 'no token')));
}

const user = () => anAccess(HUAWEI_USER);

describe('the login of an IAM user', () => {
  test('is the documented request, and its token goes with the question instead of a signature', async () => {
    const lab = aLab([cloud([token('t1')])]);
    const result = await poll(lab, aCall(V1, ['j1']), user());
    expect(only(result)).toMatchObject({ kind: 'status', word: 'RUNNING' });
    const [login, question] = lab.requests;
    expect(login?.method).toBe('POST');
    expect(login?.url.href).toBe('https://iam.eu-de.example/v3/auth/tokens');
    expect(login?.headers).toMatchObject({ host: 'iam.eu-de.example', 'content-type': 'application/json' });
    expect(JSON.parse(login?.body ?? '')).toEqual({
      auth: {
        identity: {
          methods: ['password'],
          password: { user: { domain: { name: 'acme' }, name: 'watcher', password: 'p4ss"word' } },
        },
        scope: { project: { id: PROJECT } },
      },
    });
    expect(question?.headers).toMatchObject({ 'x-auth-token': 't1', 'content-type': 'application/json' });
    expect(question?.headers).not.toHaveProperty('authorization');
    expect(question?.headers).not.toHaveProperty('x-sdk-date');
  });

  test('is shared by calls of both apis and lasts until shortly before the token ends', async () => {
    const lab = aLab([
      cloud([token('t1'), token('t2')], () => json({ status: 'RUNNING', job: { status: 'RUNNING' } })),
    ]);
    await poll(lab, aCall(V1, ['j1']), user());
    await poll(lab, aCall('huawei.elb.v3', ['j1']), user());
    lab.nowMs += 24 * 3_600_000 - 600_001;
    await poll(lab, aCall(V1, ['j1']), user());
    lab.nowMs += 1;
    await poll(lab, aCall(V1, ['j1']), user());
    expect(paths(lab)).toEqual(['login', 't1', 't1', 't1', 'login', 't2']);
  });

  test.each([
    [
      'its own difference, though our clock is days off',
      { issued_at: '2020-01-01T00:00:00Z', expires_at: '2020-01-01T01:00:00Z' },
      3_240_000,
    ],
    [
      'a tenth less for a short life',
      { issued_at: '2026-11-20T15:35:43Z', expires_at: '2026-11-20T15:36:43Z' },
      54_000,
    ],
    ['the end alone', { expires_at: '2026-11-20T16:35:43Z' }, 3_240_000],
    ['no end', {}, 540_000],
    ['an unreadable end', { expires_at: 'soon' }, 540_000],
  ])('a token lives by %s', async (_, times, lifeMs) => {
    const lab = aLab([cloud([token('t1', times), token('t2')])]);
    await poll(lab, aCall(V1, ['j1']), user());
    lab.nowMs += lifeMs - 1;
    await poll(lab, aCall(V1, ['j1']), user());
    lab.nowMs += 1;
    await poll(lab, aCall(V1, ['j1']), user());
    expect(paths(lab)).toEqual(['login', 't1', 't1', 'login', 't2']);
  });

  test('goes once for many calls at the same time', async () => {
    const lab = aLab([cloud([token('t1')])]);
    await Promise.all(['a', 'b', 'c'].map((id) => poll(lab, aCall(V1, [id]), user())));
    expect(paths(lab)).toEqual(['login', 't1', 't1', 't1']);
  });

  test('is its own for each project and for a changed password', async () => {
    const lab = aLab([cloud([token('t1'), token('t2'), token('t3')])]);
    const call = aCall(V1, ['j1']);
    await poll(lab, call, user());
    await poll(lab, { ...call, scope: { ...call.scope, projectId: 'other' } }, user());
    await poll(lab, call, anAccess({ ...HUAWEI_USER, password: 'new' }));
    await poll(lab, call, user());
    expect(paths(lab)).toEqual(['login', 't1', 'login', 't2', 'login', 't3', 't1']);
  });

  test('must be paid for, and so must the question after it', async () => {
    const lab = aLab([cloud([token('t1')])]);
    expect(kinds(await poll(lab, aCall(V1, ['j1']), anAccess(HUAWEI_USER, 0)))).toEqual({ j1: 'unasked' });
    expect(paths(lab)).toEqual([]);
    expect(kinds(await poll(lab, aCall(V1, ['j1']), anAccess(HUAWEI_USER, 1)))).toEqual({ j1: 'unasked' });
    expect(paths(lab)).toEqual(['login']);
    expect(kinds(await poll(lab, aCall(V1, ['j1']), anAccess(HUAWEI_USER, 1)))).toEqual({ j1: 'status' });
  });

  test.each([
    [401, { kind: 'denied', what: 'key' }, 2],
    [403, { kind: 'denied', what: 'key' }, 2],
    [400, { kind: 'denied', what: 'scope' }, 0],
    [404, { kind: 'denied', what: 'scope' }, 0],
    [429, { kind: 'throttled', retryAfterMs: 5000 }, 0],
    [500, { kind: 'unreachable' }, 0],
    [503, { kind: 'throttled', retryAfterMs: 5000 }, 0],
    [302, { kind: 'malformed' }, 0],
    [200, { kind: 'malformed' }, 0],
  ])('answered with HTTP %i requests no job', async (status, expected, refusals) => {
    const refusal = json({ error: { code: status, message: 'p4ss"word is wrong', title: 'x' } }, status, {
      'retry-after': '5',
    });
    const lab = aLab([cloud([refusal])]);
    const result = await poll(lab, aCall(V1, ['j1', 'j2']), user());
    const first = result.observations.get('j1');
    expect(first).toMatchObject(expected);
    expect(result.keyRefusals).toBe(refusals);
    expect(JSON.stringify(first)).not.toContain('p4ss');
    expect(lab.requests.every(isLogin)).toBe(true);
    expect(lab.requests).toHaveLength([200, 302, 401, 403].includes(status) ? 2 : 1);
  });

  test('refused for several at once is refused once, with and without the project', async () => {
    const lab = aLab([cloud([json({ error: { code: 401 } }, 401)])]);
    const results = await Promise.all(['a', 'b'].map((id) => poll(lab, aCall(V1, [id]), user())));
    expect(results.map(({ keyRefusals }) => keyRefusals)).toEqual([2, 0]);
    expect(results.map((result) => only(result).kind)).toEqual(['denied', 'denied']);
    expect(lab.requests).toHaveLength(2);
  });

  test('without an answer is unreachable, and tried again by the next call', async () => {
    const lab = aLab([failure('reset'), token('t1'), OK]);
    const result = await poll(lab, aCall(V1, ['j1']), user());
    expect(only(result)).toMatchObject({ kind: 'unreachable' });
    expect(result.keyDoubts).toBe(1);
    expect(kinds(await poll(lab, aCall(V1, ['j1']), user()))).toEqual({ j1: 'status' });
  });

  test.each([
    ['no token', json({ token: {} }, 201)],
    ['an empty token', json({ token: {} }, 201, { 'x-subject-token': '' })],
    ['a token that no header may hold', json({ token: {} }, 201, { 'x-subject-token': 'a\nb' })],
    ['an endless token', json({ token: {} }, 201, { 'x-subject-token': 'x'.repeat(40_000) })],
  ])('with %s is malformed', async (_, response) => {
    expect(only(await poll(aLab([response]), aCall(V1, ['j1']), user()))).toMatchObject({ kind: 'malformed' });
  });

  test('whose token has a body that can not be read is used all the same', async () => {
    const lab = aLab([text('<html>', 201, { 'x-subject-token': 't1' }), OK]);
    expect(only(await poll(lab, aCall(V1, ['j1']), user()))).toMatchObject({ kind: 'status' });
  });
});

describe('a login that is refused for its project', () => {
  const NO = json({ error: { code: 401 } }, 401);
  const scopesOf = (lab: { requests: readonly HttpRequest[] }) =>
    lab.requests.filter(isLogin).map(({ body }) => JSON.parse(body ?? '').auth.scope?.project.id ?? 'unscoped');
  const inProject = (projectId: string) => ({ ...aCall(V1, ['j1']), scope: { ...aCall(V1, ['j1']).scope, projectId } });

  test('of a user that nothing is known of is tried without a project, which decides', async () => {
    const lab = aLab([cloud([NO, token('t0')])]);
    const result = await poll(lab, inProject('bogus'), user());
    expect(only(result)).toMatchObject({ kind: 'denied', what: 'scope' });
    expect(result).toMatchObject({ keyRefusals: 0, keyDoubts: 0 });
    expect(scopesOf(lab)).toEqual(['bogus', 'unscoped']);
    expect(JSON.parse(lab.requests[1]?.body ?? '').auth.scope).toBeUndefined();
  });

  test('of a user that has logged in a moment ago is the fault of the project', async () => {
    const lab = aLab([cloud([token('t1'), NO])]);
    await poll(lab, inProject('good'), user());
    const result = await poll(lab, inProject('bogus'), user());
    expect(only(result)).toMatchObject({ kind: 'denied', what: 'scope' });
    expect(result.keyRefusals).toBe(0);
    expect(scopesOf(lab)).toEqual(['good', 'bogus']);
    expect(kinds(await poll(lab, inProject('good'), user()))).toEqual({ j1: 'status' });
  });

  test("of a user whose password was changed since is the key's, after three projects at most", async () => {
    const lab = aLab([cloud([token('t1'), NO])]);
    await poll(lab, inProject('good'), user());
    const what: string[] = [];
    for (const project of ['a', 'b', 'c', 'd']) {
      const observation = only(await poll(lab, inProject(project), user()));
      what.push(observation.kind === 'denied' ? observation.what : observation.kind);
    }
    expect(what).toEqual(['scope', 'scope', 'scope', 'key']);
    lab.nowMs += 3_600_000;
    const late = aLab([cloud([token('t1'), NO])]);
    await poll(late, inProject('good'), user());
    late.nowMs += 300_000;
    expect(only(await poll(late, inProject('other'), user()))).toMatchObject({ kind: 'denied', what: 'key' });
  });

  test('is in doubt while the login that would decide has no answer', async () => {
    const lab = aLab([NO, failure('timeout')]);
    const result = await poll(lab, inProject('bogus'), user());
    expect(only(result)).toMatchObject({ kind: 'unreachable' });
    expect(result).toMatchObject({ keyRefusals: 0, keyDoubts: 2 });
  });
});

describe('a user whose logins had no answer', () => {
  test('logs in where something unsigned is answered, and nowhere else', async () => {
    const wary = () => ({ ...user(), unsignedFirst: true });
    const silent = aLab([failure('timeout')]);
    const result = await poll(silent, aCall(V1, ['j1']), wary());
    expect(only(result)).toMatchObject({ kind: 'unreachable' });
    expect(result.keyDoubts).toBe(0);
    expect(silent.requests).toMatchObject([{ method: 'GET', headers: { accept: 'application/json' } }]);
    expect(JSON.stringify(silent.requests)).not.toContain('p4ss');
    const lab = aLab([json({}, 405), token('t1'), json({}, 401), OK]);
    expect(kinds(await poll(lab, aCall(V1, ['j1']), wary()))).toEqual({ j1: 'status' });
    expect(lab.requests[2]?.headers).not.toHaveProperty('x-auth-token');
    expect(lab.requests).toHaveLength(4);
  });
});

describe('a token that is refused', () => {
  test('is renewed once, and the request made again', async () => {
    const elb = (request: HttpRequest) => (request.headers['x-auth-token'] === 't1' ? OVER : OK);
    const lab = aLab([cloud([token('t1'), token('t2')], elb)]);
    const result = await poll(lab, aCall(V1, ['j1']), user());
    expect(only(result)).toMatchObject({ kind: 'status' });
    expect(paths(lab)).toEqual(['login', 't1', 'login', 't2']);
    expect(result.keyRefusals).toBe(1);
  });

  test('twice is a refused key; the second token is not kept either', async () => {
    const lab = aLab([cloud([token('t1'), token('t2'), token('t3')], () => OVER)]);
    const result = await poll(lab, aCall(V1, ['j1', 'j2']), user());
    expect([...result.observations.values()]).toMatchObject([
      { kind: 'denied', what: 'key' },
      { kind: 'denied', what: 'key' },
    ]);
    expect(result.keyRefusals).toBe(2);
    await poll(lab, aCall(V1, ['j1']), user());
    expect(paths(lab).slice(0, 6)).toEqual(['login', 't1', 'login', 't2', 'login', 't3']);
  });

  test('does not drop a newer one that another call has got meanwhile', async () => {
    const { iam, logins, allowance } = anIam();
    const first = await iam.login(HUAWEI_USER, PROJECT, allowance);
    iam.forget(HUAWEI_USER, PROJECT, 't1');
    const second = await iam.login(HUAWEI_USER, PROJECT, allowance);
    iam.forget(HUAWEI_USER, PROJECT, 't1');
    const third = await iam.login(HUAWEI_USER, PROJECT, allowance);
    expect([first, second, third]).toMatchObject([{ token: 't1' }, { token: 't2' }, { token: 't2' }]);
    expect(logins()).toBe(2);
  });

  test('by several calls at once is renewed once for all', async () => {
    const elb = (request: HttpRequest) => (request.headers['x-auth-token'] === 't1' ? OVER : OK);
    const lab = aLab([cloud([token('t1'), token('t2'), token('t3')], elb)]);
    const results = await Promise.all(['a', 'b', 'c'].map((id) => poll(lab, aCall(V1, [id]), user())));
    expect(results.map((result) => only(result).kind)).toEqual(['status', 'status', 'status']);
    expect(paths(lab).filter((path) => path === 'login')).toHaveLength(2);
  });

  test('for want of permission is kept', async () => {
    const lab = aLab([cloud([token('t1'), token('t2')], () => json({ error_code: 'APIGW.0302' }, 403))]);
    expect(only(await poll(lab, aCall(V1, ['j1']), user()))).toMatchObject({ kind: 'denied', what: 'scope' });
    await poll(lab, aCall(V1, ['j1']), user());
    expect(paths(lab)).toEqual(['login', 't1', 't1']);
  });
});

describe('what is kept', () => {
  test('is bounded: the oldest of 257 tokens is gone', async () => {
    const { iam, logins, allowance } = anIam();
    for (let project = 0; project <= 256; project += 1) await iam.login(HUAWEI_USER, `p${project}`, allowance);
    await iam.login(HUAWEI_USER, 'p1', allowance);
    expect(logins()).toBe(257);
    await iam.login(HUAWEI_USER, 'p0', allowance);
    expect(logins()).toBe(258);
  });
});

/** The login alone; the n-th gives the token `t<n>`. */
function anIam() {
  let count = 0;
  const send = async () => {
    count += 1;
    return token(`t${count}`);
  };
  const allowance = { acquire: async () => true, answering: null, tally: { keyRefusals: 0, keyDoubts: 0 } };
  return { iam: makeHuaweiIam({ send, clock: () => NOW_MS }), logins: () => count, allowance };
}

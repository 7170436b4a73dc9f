import { describe, expect, test } from 'vitest';
import type { HttpRequest, HttpResponse } from '../../../lib/base/http.ts';
import type { SecretStore } from '../../../lib/deliver/ports.ts';
import { makeWebhook } from '../../../lib/deliver/sinks/webhook.ts';
import { makeApiWorld } from '../../fakes/api-world.ts';
import { FAKES, fakeDingTalk, ROBOT_URLS, type Robot } from '../../fakes/robots.ts';
import { TOKENS } from '../../fakes/tokens.ts';

const ROBOTS = Object.keys(FAKES) as Robot[];
const ALL = '/v1/subscriptions';

/** The API over the real sinks; what they send goes to `answer`. */
function aWorld(answer: (request: HttpRequest, atMs: number) => HttpResponse = FAKES.dingtalk().answer) {
  const requests: HttpRequest[] = [];
  const world = makeApiWorld(({ secrets, clock }) => {
    const send = async (request: HttpRequest) => {
      requests.push(request);
      return answer(request, clock());
    };
    const checkUrl = (url: string) => (url.startsWith('https://') ? [] : ['the scheme has to be https']);
    const ports = { send, secrets: secrets as SecretStore, clock, checkUrl, consoleUrl: 'https://jobwatch.example' };
    return { sinks: new Map([['webhook', makeWebhook(ports)]]) };
  });
  const create = (body: unknown) => world.request('POST', ALL, { body });
  const made = async (body: unknown): Promise<string> => (await create(body)).body.id;
  return { ...world, requests, create, made };
}

describe.each(ROBOTS)('a subscription of %s', (format) => {
  const url = ROBOT_URLS[format];
  const last = url.slice(-4);
  const masked = `${new URL(url).origin}/…${last}`;

  test('has no secret of jobwatch, and its URL is shown as its last four', async () => {
    const world = aWorld();
    const response = await world.create({ url, format, language: 'zh' });
    expect(response.status).toBe(201);
    expect(response.body).toMatchObject({ kind: 'webhook', format, url: masked, language: 'zh', headers: [] });
    expect(response.body).not.toHaveProperty('secret');
    expect(await world.secrets.get(response.body.id)).toEqual({ current: null, previous: null, url });
  });

  test('rotates nothing', async () => {
    const world = aWorld();
    const id = await world.made({ url, format });
    expect((await world.request('POST', `${ALL}/${id}/rotate-secret`)).status).toBe(409);
  });

  test('takes no masked URL, at its creation or later, and stays as it was', async () => {
    const world = aWorld();
    const id = await world.made({ url, format });
    for (const wrong of [masked, encodeURI(masked), `${url}…`]) {
      const refused = await world.request('PATCH', `${ALL}/${id}`, { body: { url: wrong } });
      expect([refused.status, refused.body.errors]).toEqual([
        422,
        [{ field: 'url', problem: 'expected the complete URL: this one is masked' }],
      ]);
      expect((await world.create({ url: wrong, format })).status).toBe(422);
    }
    expect(await world.secrets.get(id)).toMatchObject({ url });
  });

  test('moves to another robot, which starts healthy, whatever its last four are', async () => {
    const world = aWorld();
    const id = await world.made({ url, format });
    const sick = { openUntil: '2026-11-20T11:00:00.000Z', failingSince: '2026-11-20T10:00:00.000Z' };
    await world.subscriptions.setCircuit(id, sick);
    const other = `${url.slice(0, -8)}abcd${last}`;
    const changed = await world.request('PATCH', `${ALL}/${id}`, { body: { url: other } });
    expect([changed.status, changed.body.url, changed.body.failingSince]).toEqual([200, masked, null]);
    expect(await world.secrets.get(id)).toMatchObject({ url: other });
    expect((await world.subscriptions.get(id))?.robot).not.toBe((await aWorldWith(format)).robot);
  });

  test('takes neither headers nor what its robot does not know', async () => {
    const world = aWorld();
    const fields = async (body: Record<string, unknown>) =>
      (await world.create({ url, format, ...body })).body.errors?.map(({ field }: { field: string }) => field) ?? null;
    expect(await fields({ headers: { authorization: 'Bearer x' } })).toEqual(['headers']);
    expect(await fields({ url: 'http://hooks.example.com/x' })).toEqual(['url']);
    expect(await fields({ language: 'de' })).toEqual(['language']);
    const isSigned = format === 'dingtalk' || format === 'feishu';
    expect(await fields({ robotSecret: 'SEC123' })).toEqual(isSigned ? null : ['robotSecret']);
  });
});

async function aWorldWith(format: Robot) {
  const world = aWorld();
  const id = await world.made({ url: ROBOT_URLS[format], format });
  return { robot: (await world.subscriptions.get(id))?.robot };
}

test.each(['language', 'robotSecret'])('a subscription to events takes no %s', async (field) => {
  const world = aWorld();
  const refused = await world.create({
    url: 'https://hooks.example.com/',
    [field]: field === 'language' ? 'zh' : 'SEC',
  });
  expect([refused.status, refused.body.errors[0].field]).toEqual([400, field]);
});

test('format and kind are chosen once', async () => {
  const world = aWorld();
  const id = await world.made({ url: 'https://hooks.example.com/' });
  for (const body of [{ format: 'dingtalk' }, { kind: 'webhook' }])
    expect((await world.request('PATCH', `${ALL}/${id}`, { body })).status).toBe(400);
});

describe('a test of a robot', () => {
  const secret = 'SEC9b1deb4d';

  test('sends a realistic sample of the type and shows the robot’s own answer', async () => {
    const robot = fakeDingTalk({ secret });
    const world = aWorld(robot.answer);
    const id = await world.made({ url: ROBOT_URLS.dingtalk, format: 'dingtalk', robotSecret: secret });
    const good = await world.request('POST', `${ALL}/${id}/test`, { body: { type: 'jobwatch.job.failed' } });
    expect(good.body).toMatchObject({ status: 200, error: null, answer: '{"errcode":0,"errmsg":"ok"}' });
    expect(robot.shown[0]?.texts[0]).toBe('jobwatch: failed · UPGRADE 9f5b1c2d-0000-4000-8000-000000000000');
    await world.request('PATCH', `${ALL}/${id}`, { body: { robotSecret: 'SECother' } });
    const bad = await world.request('POST', `${ALL}/${id}/test`);
    expect(bad.body).toMatchObject({ status: 200, error: 'DingTalk answered 310000: sign not match' });
    await world.request('PATCH', `${ALL}/${id}`, { body: { robotSecret: null } });
    expect(await world.secrets.get(id)).toMatchObject({ robotSecret: null });
    expect(world.requests.at(-1)?.url.searchParams.has('sign')).toBe(true);
    await world.request('POST', `${ALL}/${id}/test`);
    expect(world.requests.at(-1)?.url.searchParams.has('sign')).toBe(false);
  });

  test('of an unknown type is refused', async () => {
    const world = aWorld();
    const id = await world.made({ url: ROBOT_URLS.slack, format: 'slack' });
    const refused = await world.request('POST', `${ALL}/${id}/test`, { body: { type: 'jobwatch.job.done' } });
    expect([refused.status, refused.body.errors[0].field]).toEqual([400, 'type']);
  });
});

describe('own headers', () => {
  const url = 'https://hooks.example.com/jobs';
  const headers = { Authorization: 'Bearer s3cret-token-1', 'X-Api-Key': 's3cret-key-2' };

  test('are sent with every event, named in answers, and never shown', async () => {
    const echo = ({ headers: sent }: HttpRequest): HttpResponse => ({
      kind: 'response',
      status: 401,
      headers: {},
      body: `who is ${sent['authorization']}? or ${sent['authorization']?.slice(7).replaceAll('-', '\\u002D')}`,
    });
    const world = aWorld(echo);
    const made = await world.create({ url, headers });
    const { id } = made.body;
    expect(made.body.headers).toEqual(['authorization', 'x-api-key']);
    const tested = await world.request('POST', `${ALL}/${id}/test`);
    expect(world.requests[0]?.headers).toMatchObject({
      authorization: 'Bearer s3cret-token-1',
      'x-api-key': 's3cret-key-2',
    });
    expect(Object.keys(world.requests[0]?.headers ?? {}).slice(-2)).toEqual(['authorization', 'x-api-key']);
    const shown = [made, tested, await world.request('GET', ALL), await world.request('GET', `${ALL}/${id}`)];
    for (const { text } of shown) expect(text).not.toMatch(/s3cret/);
    expect(JSON.stringify([world.lines, await world.subscriptions.list()])).not.toMatch(/s3cret/);
  });

  test('are replaced as a whole, and taken away by none', async () => {
    const world = aWorld();
    const id = await world.made({ url, headers });
    const replaced = await world.request('PATCH', `${ALL}/${id}`, { body: { headers: { 'x-team': 'a' } } });
    expect(replaced.body.headers).toEqual(['x-team']);
    expect((await world.secrets.get(id))?.headers).toEqual({ 'x-team': 'a' });
    const kept = await world.request('PATCH', `${ALL}/${id}`, { body: { description: 'x' } });
    expect(kept.body.headers).toEqual(['x-team']);
    expect((await world.request('PATCH', `${ALL}/${id}`, { body: { headers: {} } })).body.headers).toEqual([]);
    expect((await world.secrets.get(id))?.current).toBe('whsec_1');
  });

  test('go to no other host than the one that they were given for', async () => {
    const world = aWorld();
    const id = await world.made({ url, headers });
    const patch = (body: unknown) => world.request('PATCH', `${ALL}/${id}`, { body });
    for (const other of [
      'https://evil.example/jobs',
      'https://hooks.example.com:8443/jobs',
      'https://hooks.example.com./',
    ]) {
      const refused = await patch({ url: other });
      expect([refused.status, refused.body.errors[0].field]).toEqual([422, 'headers']);
    }
    expect(await world.subscriptions.get(id)).toMatchObject({ url });
    expect((await patch({ url: 'https://hooks.example.com/{label.run}' })).status).toBe(200);
    expect((await patch({ url: 'https://evil.example/', headers: {} })).body.headers).toEqual([]);
    expect((await patch({ url })).status).toBe(200);
    expect((await patch({ url: 'https://other.example/', headers: { 'x-team': 'a' } })).body.headers).toEqual([
      'x-team',
    ]);
    expect((await world.secrets.get(id))?.headers).toEqual({ 'x-team': 'a' });
  });

  test.each([
    [{ host: 'x' }],
    [{ Host: 'x' }],
    [{ 'Content-Type': 'x' }],
    [{ 'content-length': '1' }],
    [{ 'Webhook-Id': 'x' }],
    [{ 'webhook-signature': 'x' }],
    [{ Connection: 'close' }],
    [{ 'Transfer-Encoding': 'chunked' }],
    [{ te: 'trailers' }],
    [{ Upgrade: 'h2c' }],
    [{ 'Proxy-Authorization': 'x' }],
    [{ 'keep-alive': 'x' }],
    [{ traceparent: 'x' }],
    [{ 'x y': 'x' }],
    [{ '': 'x' }],
    [{ 'x:y': 'x' }],
    [{ x: '' }],
    [{ x: 'a\r\nb: c' }],
    [{ x: ' a' }],
    [{ x: 'ä' }],
    [{ x: 5 }],
    [{ x: 'a'.repeat(1025) }],
    [{ 'X-A': '1', 'x-a': '2' }],
    [Object.fromEntries(Array.from({ length: 9 }, (_, at) => [`x-${at}`, '1']))],
    [[]],
  ])('%j are refused, without a word of their values', async (wrong) => {
    const world = aWorld();
    const refused = await world.create({ url, headers: wrong });
    expect(refused.status).toBe(400);
    expect(refused.body.errors[0].field).toMatch(/^headers/);
  });

  test('eight of them are taken', async () => {
    const eight = Object.fromEntries(Array.from({ length: 8 }, (_, at) => [`x-${at}`, 'a b']));
    expect((await aWorld().create({ url, headers: eight })).status).toBe(201);
  });
});

describe('a path with labels', () => {
  test.each([
    ['https://hooks.example.com/{label.team}/jobs', 201],
    ['https://hooks.example.com/a/{label.a.b-c_d}{label.x}?y=1', 201],
    ['https://{label.host}/jobs', 400],
    ['https://hooks.example.com:{label.port}/', 400],
    ['https://hooks.example.com/?team={label.team}', 400],
    ['https://hooks.example.com/{label.}', 400],
    ['https://hooks.example.com/{labels.team}', 400],
    ['https://hooks.example.com/{label.a b}', 400],
    ['https://u:{label.p}@hooks.example.com/', 400],
    // What stands in a label's place when the URL is checked may stand elsewhere in it by itself.
    ['https://{label.host}/jobwatch-label', 400],
    ['https://{label.host}.hooks.example.com/jobwatch-label', 400],
    ['https://{label.host}/jobwatch\n-label', 400],
    ['https://hooks.example.com/jobwatch-label?team={label.team}', 400],
    ['https://hooks.example.com/jobwatch-label/{label.team}', 201],
    ['https://hooks.example.com/{label.team}/../x', 400],
  ])('%s answers %i', async (url, status) => {
    expect((await aWorld().create({ url })).status).toBe(status);
  });

  test('is filled in for a sample', async () => {
    const world = aWorld();
    const id = await world.made({ url: 'https://hooks.example.com/{label.team}/x' });
    await world.request('POST', `${ALL}/${id}/test`, { body: { type: 'jobwatch.job.failed' } });
    expect(world.requests.map(({ url }) => url.href)).toEqual(['https://hooks.example.com/sample/x']);
    const unfit = await world.request('POST', `${ALL}/${id}/test`);
    expect(unfit.body).toMatchObject({ status: null, error: 'the label team is absent, but the URL needs it' });
  });
});

test('a token that may only read finds no robot’s token, wherever it looks', async () => {
  const world = aWorld();
  const secret = 'SECcanary0123456789';
  const ids: string[] = [];
  for (const format of ROBOTS) {
    const isSigned = format === 'dingtalk' || format === 'feishu';
    const made = await world.create({ url: ROBOT_URLS[format], format, ...(isSigned ? { robotSecret: secret } : {}) });
    ids.push(made.body.id);
    await world.request('POST', `${ALL}/${made.body.id}/test`, { body: { type: 'jobwatch.job.failed' } });
  }
  const looks = [ALL, ...ids.flatMap((id) => [`${ALL}/${id}`, `${ALL}/${id}/deliveries`])];
  const seen: string[] = [];
  for (const path of looks) seen.push((await world.request('GET', path, { token: TOKENS.all })).text);
  seen.push(JSON.stringify([world.lines, await world.subscriptions.list(), world.deliveries.all()]));
  for (const canary of [...Object.values(ROBOT_URLS).map((url) => url.slice(-20)), secret])
    for (const text of seen) expect(text).not.toContain(canary);
});

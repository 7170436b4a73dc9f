import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { makeSend } from '../../lib/adapters/http/send.ts';
import { type Account, cloudOf } from '../../lib/vendors/account.ts';
import { DECLARED } from '../../lib/vendors/clouds.ts';
import { API_FACTS, makeVendors } from '../../lib/vendors/registry.ts';
import type { Call, Vendor } from '../../lib/vendors/vendor.ts';
import type { JobSpec, OptionsSpec } from '../../local/simulator/schema.ts';
import type { Simulator } from '../../local/simulator/simulator.ts';
import { startSimulator } from '../../local/simulator/start.ts';
import { ALIBABA, aCall, accountFor, anAccess, HUAWEI, HUAWEI_USER, kinds, NOW_MS, only, PROJECT } from './support.ts';

/** The vendors over real HTTP against a simulator that checks every signature, nonce and time. */
let simulator: Simulator;
let vendors: ReadonlyMap<string, Vendor>;
let nowMs = NOW_MS;
const APIS = [...API_FACTS.keys()];

beforeAll(async () => {
  const { domain, username, password } = HUAWEI_USER;
  simulator = await startSimulator({
    clock: () => NOW_MS,
    credentials: [
      { vendor: 'alibaba', accessKeyId: 'testak', accessKeySecret: 'testsk' },
      { vendor: 'alibaba', accessKeyId: 'stsak', accessKeySecret: 'testsk', securityToken: 'STS/+= token' },
      { vendor: 'huawei', accessKeyId: 'hwak', accessKeySecret: 'testsk' },
      { vendor: 'huawei', domain, username, password },
      { vendor: 'tencent', secretId: 'testak', secretKey: 'testsk' },
      ...DECLARED.map(({ name }) => ({ vendor: 'bearer', cloud: name, token: 'testsk' })),
      { vendor: 'huawei', domain, username: 'bound', password, projects: [{ id: PROJECT }] },
    ],
  });
});

beforeEach(() => {
  nowMs = NOW_MS;
  simulator.reset();
  simulator.setOptions({ nlbUnknownIds: 'refuseAll', huaweiUnknownJob: 'elb' });
  let nonces = 0;
  vendors = makeVendors({
    send: makeSend({ timeoutMs: 5000, maxBytes: 1_000_000 }),
    clock: () => nowMs,
    nonce: () => {
      nonces += 1;
      return `${Math.random()}-${nonces}`;
    },
  });
});

afterAll(() => simulator.close());

function here<A extends Account>(account: A): A {
  const endpoints = simulator.endpointsOf(cloudOf(account));
  return { ...account, endpoints, ...('iamEndpoint' in account ? { iamEndpoint: simulator.url } : {}) };
}

const huawei = { ...HUAWEI, accessKeyId: 'hwak' };
const keyFor = (api: string): Account => here(api.startsWith('huawei') ? huawei : accountFor(api));

async function poll(call: Call, account: Account = keyFor(call.scope.api)) {
  const vendor = vendors.get(call.scope.api);
  if (vendor === undefined) throw new Error('no such vendor');
  return vendor.poll(call, anAccess(account));
}

/** Apis whose status is a number, and those that publish nothing by which an unknown id could be told. */
const NUMBERED = ['tencent.clb', 'tencent.gwlb'];
const SILENT = [...NUMBERED, 'tencent.eip'];

function add(api: string, jobId: string): void {
  const isHuawei = api.startsWith('huawei');
  const status = NUMBERED.includes(api) ? '2' : 'Processing';
  const job: JobSpec = { api, jobId, steps: [{ status: isHuawei ? 'RUNNING' : status }] };
  simulator.addJob(isHuawei ? { ...job, projectId: PROJECT } : job);
}

describe.each(APIS)('%s', (api) => {
  test('known and unknown ids, one by one and together', async () => {
    const isNumber = api === 'tencent.eip' || API_FACTS.get(api)?.hasNumericIds === true;
    const [a, b, odd, x] = isNumber ? ['1', '2', '3', '9'] : ['a', 'b', "c!'()*~", 'x'];
    for (const id of [a, b, odd]) add(api, id);
    const unknown = SILENT.includes(api) ? 'malformed' : 'missing';
    expect(kinds(await poll(aCall(api, [odd])))).toEqual({ [odd]: 'status' });
    expect(kinds(await poll(aCall(api, [x])))).toEqual({ [x]: unknown });
    const expected = { [a]: 'status', [x]: unknown, [b]: 'status', [odd]: 'status' };
    for (const shape of ['batch', 'list'] as const) {
      const call = aCall(api, [a, x, b, odd], { shape, beganAfterMs: NOW_MS - 3_600_000 });
      expect(kinds(await poll(call))).toEqual(expected);
    }
  });

  test.each([-7200, 7200])('a clock that is off by %i seconds is corrected in one call', async (seconds) => {
    add(api, '1');
    nowMs += seconds * 1000;
    const first = await poll(aCall(api, ['1']));
    expect(only(first)).toMatchObject({ kind: 'status' });
    // A token bears no time.
    expect(first.keyRefusals).toBe(keyFor(api).vendor === 'bearer' ? 0 : 1);
    expect((await poll(aCall(api, ['1']))).keyRefusals).toBe(0);
  });

  test('a wrong secret is a refused key', async () => {
    const result = await poll(aCall(api, ['1']), {
      ...keyFor(api),
      accessKeySecret: 'wrong',
      secretKey: 'wrong',
      ...(keyFor(api).vendor === 'bearer' ? { token: 'wrong' } : {}),
    } as Account);
    expect(only(result)).toMatchObject({ kind: 'denied', what: 'key' });
    expect(result.keyRefusals).toBe(1);
  });
});

test('a temporary key of Alibaba Cloud', async () => {
  add('alibaba.alb', 'a');
  const account = here({ ...ALIBABA, accessKeyId: 'stsak', securityToken: 'STS/+= token' });
  expect(kinds(await poll(aCall('alibaba.alb', ['a']), account))).toEqual({ a: 'status' });
});

test('an IAM user, whose token the vendor forgets meanwhile', async () => {
  add('huawei.elb.v3', 'a');
  const call = aCall('huawei.elb.v3', ['a']);
  expect(kinds(await poll(call, here(HUAWEI_USER)))).toEqual({ a: 'status' });
  simulator.reset(['keys']);
  const result = await poll(call, here(HUAWEI_USER));
  expect(kinds(result)).toEqual({ a: 'status' });
  expect(result.keyRefusals).toBe(1);
  expect(only(await poll(aCall('huawei.elb.v1', ['a']), here({ ...HUAWEI_USER, password: 'wrong' })))).toMatchObject({
    kind: 'denied',
    what: 'key',
  });
});

test.each([
  ['before', []],
  ['after', ['good']],
])('an IAM user that may not enter a project, asked %s one that it may', async (_, first) => {
  add('huawei.elb.v1', 'a');
  const bound = here({ ...HUAWEI_USER, username: 'bound' });
  const call = aCall('huawei.elb.v1', ['a']);
  if (first.length > 0) expect(kinds(await poll(call, bound))).toEqual({ a: 'status' });
  const result = await poll({ ...call, scope: { ...call.scope, projectId: 'bogus' } }, bound);
  expect(only(result)).toMatchObject({ kind: 'denied', what: 'scope' });
  expect(result.keyRefusals).toBe(0);
  expect(kinds(await poll(call, bound))).toEqual({ a: 'status' });
  const wrong = await poll(call, { ...bound, password: 'wrong' });
  expect(only(wrong)).toMatchObject({ kind: 'denied', what: 'key' });
});

test.each<[OptionsSpec, string]>([
  [{ huaweiUnknownJob: 'elb' }, 'missing'],
  [{ huaweiUnknownJob: 'classic' }, 'missing'],
  [{ huaweiUnknownJob: 'plain' }, 'missing'],
  [{ huaweiUnknownJob: 'gateway' }, 'malformed'],
  [{ huaweiUnknownJob: 'html' }, 'malformed'],
])('an unknown job of Huawei told as %j is %s', async (options, kind) => {
  simulator.setOptions(options);
  expect(kinds(await poll(aCall('huawei.elb.v1', ['a'])))).toEqual({ a: kind });
  expect(kinds(await poll(aCall('huawei.elb.v3', ['a'])))).toEqual({ a: kind });
});

test('a list of Huawei over several pages', async () => {
  const ids = Array.from({ length: 250 }, (_, index) => `j${index}`);
  for (const id of ids) add('huawei.elb.v3', id);
  const result = await poll(aCall('huawei.elb.v3', ids, { shape: 'list', beganAfterMs: NOW_MS - 1000 }));
  expect(new Set(Object.values(kinds(result)))).toEqual(new Set(['status']));
  expect(result.pages).toBe(3);
});

test.each<[OptionsSpec, string]>([
  [{ huaweiUnknownServiceJob: 'common' }, 'missing'],
  [{ huaweiUnknownServiceJob: 'classic' }, 'missing'],
  [{ huaweiUnknownServiceJob: 'plain' }, 'missing'],
  [{ huaweiUnknownServiceJob: 'gateway' }, 'malformed'],
  [{ huaweiUnknownServiceJob: 'html' }, 'malformed'],
  [{ huaweiUnknownServiceJob: 'inside' }, 'malformed'],
])('an unknown job of the job service told as %j is %s', async (options, kind) => {
  simulator.setOptions(options);
  for (const api of ['huawei.ecs', 'huawei.evs', 'huawei.ims', 'huawei.dcs', 'huawei.sfsturbo'])
    expect(kinds(await poll(aCall(api, ['a'])))).toEqual({ a: kind });
  simulator.setOptions({ huaweiUnknownServiceJob: 'common' });
});

test('one service does not know the jobs of another, though their paths are the same', async () => {
  add('huawei.ecs', 'a');
  expect(kinds(await poll(aCall('huawei.ecs', ['a'])))).toEqual({ a: 'status' });
  expect(kinds(await poll(aCall('huawei.evs', ['a'])))).toEqual({ a: 'missing' });
});

test('one id that spoils a batch of actions is found by halves', async () => {
  const ids = Array.from({ length: 25 }, (_, index) => String(index + 1));
  for (const id of ids) add('hetzner.actions', id);
  simulator.setFault({ kind: 'poison', api: 'hetzner.actions', jobId: '7' });
  const result = await poll(aCall('hetzner.actions', [...ids.slice(0, 24), '99']));
  const kindsOf = kinds(result);
  expect(Object.values(kindsOf).filter((kind) => kind === 'status')).toHaveLength(24);
  expect(kindsOf['99']).toBe('missing');
  expect(simulator.counters().requests['hetzner.actions']?.['ListActions']?.['invalid_input']).toBe(3);
});

test.each(['full', 'absent'] as const)('a list of actions whose meta is %s', async (hetznerMeta) => {
  simulator.setOptions({ hetznerMeta });
  add('hetzner.actions', '1');
  expect(kinds(await poll(aCall('hetzner.actions', ['1', '2'])))).toEqual({ 1: 'status', 2: 'missing' });
});

test('the last call that a token has is noticed, and the next one waits for it', async () => {
  simulator.setOptions({ bearerCallsMax: 2 });
  add('hetzner.actions', '1');
  expect((await poll(aCall('hetzner.actions', ['1']))).restMs).toBeUndefined();
  expect((await poll(aCall('hetzner.actions', ['1']))).restMs).toBe(1000);
  expect(only(await poll(aCall('hetzner.actions', ['1'])))).toMatchObject({ kind: 'throttled', retryAfterMs: 1000 });
});

test('a flow limit that comes with 202 is throttling', async () => {
  add('huawei.ecs', 'a');
  simulator.setFault({ kind: 'throttle', api: 'huawei.ecs', status: 202, times: 1 });
  expect(kinds(await poll(aCall('huawei.ecs', ['a'])))).toEqual({ a: 'throttled' });
  expect(kinds(await poll(aCall('huawei.ecs', ['a'])))).toEqual({ a: 'status' });
});

import { createRequire } from 'node:module';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Simulator } from '../../../local/simulator/simulator.ts';
import { startSimulator } from '../../../local/simulator/start.ts';
import { ALIBABA, aJob, HUAWEI, PROJECT } from './support.ts';

/**
 * Goal: the simulator takes what the vendors' own SDKs send, and the SDKs understand what it answers.
 * Method: no part of the requests is ours; the simulator's clock is the system's, as the SDKs' is.
 */

const require = createRequire(import.meta.url);
const core: typeof import('@alicloud/openapi-core') = require('@alicloud/openapi-core');
const alb: typeof import('@alicloud/alb20200616') = require('@alicloud/alb20200616');
const dara: typeof import('@darabonba/typescript') = require('@darabonba/typescript');
const hw = '@huaweicloud/huaweicloud-sdk-core';
const { HcClient }: typeof import('@huaweicloud/huaweicloud-sdk-core/HcClient.js') = require(`${hw}/HcClient`);
const { DefaultHttpClient }: typeof import('@huaweicloud/huaweicloud-sdk-core/http/DefaultHttpClient.js') = require(
  `${hw}/http/DefaultHttpClient`,
);
const { BasicCredentials }: typeof import('@huaweicloud/huaweicloud-sdk-core/auth/BasicCredentials.js') = require(
  `${hw}/auth/BasicCredentials`,
);

const ALIBABA_STS = { ...ALIBABA, accessKeyId: 'STS.1', securityToken: 'STS-TOKEN-abc/+=' };
const HUAWEI_STS = { ...HUAWEI, accessKeyId: 'temporary', securityToken: 'SECTOKEN+/=' };
const MANY_IDS = Array.from({ length: 12 }, (_, index) => `many-${index + 1}`);

type AlibabaKey = { accessKeyId: string; accessKeySecret: string; securityToken?: string };
type HuaweiKey = AlibabaKey;

let simulator: Simulator;

beforeAll(async () => {
  simulator = await startSimulator({ credentials: [ALIBABA, ALIBABA_STS, HUAWEI, HUAWEI_STS] });
  simulator.addJob(aJob({ api: 'alibaba.nlb' }));
  simulator.addJob(aJob({ api: 'alibaba.alb', resourceId: 'alb-(*~é)', resourceType: 'listener' }));
  for (const jobId of MANY_IDS) simulator.addJob(aJob({ api: 'alibaba.nlb', jobId }));
  simulator.addJob(aJob({ api: 'huawei.elb.v1', resourceId: 'r' }));
  simulator.addJob(aJob({ api: 'huawei.elb.v3', resourceId: 'a b&c=d*~é(x)' }));
});

afterAll(() => simulator.close());

test('the typed ALB client lists jobs, with every kind of parameter that it has to escape', async () => {
  const client = new alb.default(alibabaConfig(ALIBABA));
  const request = {
    jobIds: ['nope', 'j1', 'c d*~(é)'],
    resourceIds: ['alb-(*~é)'],
    resourceType: 'listener',
    maxResults: 50,
  };
  const { body } = await client.listAsynJobs(new alb.ListAsynJobsRequest(request));
  expect(body).toMatchObject({ totalCount: 1, maxResults: 50, nextToken: '' });
  expect(body?.jobs).toMatchObject([
    { id: 'j1', status: 'Processing', resourceId: 'alb-(*~é)', operateType: 'Create' },
  ]);
});

test('the typed ALB client follows our pages', async () => {
  const client = new alb.default(alibabaConfig(ALIBABA_STS));
  for (const jobId of ['p1', 'p2', 'p3']) simulator.addJob(aJob({ api: 'alibaba.alb', jobId, resourceType: 'acl' }));
  const seen: (string | undefined)[] = [];
  for (let nextToken: string | undefined; seen.length < 9; ) {
    const request = { resourceType: 'acl', maxResults: 2, ...(nextToken ? { nextToken } : {}) };
    const { body } = await client.listAsynJobs(new alb.ListAsynJobsRequest(request));
    seen.push(...(body?.jobs ?? []).map(({ id }) => id));
    nextToken = body?.nextToken;
    if (!nextToken) break;
  }
  expect(seen.sort()).toEqual(['p1', 'p2', 'p3']);
});

test.each([ALIBABA, ALIBABA_STS])('the generic client asks NLB for one job as $accessKeyId', async (key) => {
  const { body } = await callNlb(key, 'GetJobStatus', { query: { JobId: 'j1', ClientToken: 'abc' } });
  expect(body).toEqual({ Status: 'Processing', RequestId: expect.any(String) });
});

test('the generic client may put the parameters in the body', async () => {
  expect((await callNlb(ALIBABA, 'GetJobStatus', { body: { JobId: 'j1' } })).body.Status).toBe('Processing');
});

test('the generic client asks NLB for a batch of more than nine', async () => {
  const query = Object.fromEntries(MANY_IDS.map((jobId, index) => [`JobIds.${index + 1}`, jobId]));
  const { body } = await callNlb(ALIBABA, 'ListAsynJobs', { query });
  expect(body.Jobs.map(({ Id }: { Id: string }) => Id)).toEqual(MANY_IDS);
});

test.each([
  [{ accessKeySecret: 'wrong' }, 'SignatureDoesNotMatch', 400],
  [{ accessKeyId: 'nobody' }, 'InvalidAccessKeyId.NotFound', 404],
])('the Alibaba client reads our refusal of %o', async (change, code, statusCode) => {
  const call = callNlb({ ...ALIBABA, ...change }, 'GetJobStatus', { query: { JobId: 'j1' } });
  await expect(call).rejects.toMatchObject({ code, statusCode });
});

test('the Alibaba client reads how long to wait', async () => {
  simulator.setFault({ kind: 'throttle', api: 'alibaba.nlb', status: 429, retryAfterMs: 700, times: 1 });
  const call = callNlb(ALIBABA, 'GetJobStatus', { query: { JobId: 'j1' } });
  await expect(call).rejects.toMatchObject({ code: 'Throttling.User', statusCode: 429, retryAfter: 700 });
});

test.each([HUAWEI, HUAWEI_STS])('the Huawei client shows a v1.0 and a v3 job as $accessKeyId', async (key) => {
  expect(await callHuawei(key, '/v1.0/{project_id}/jobs/j1')).toMatchObject({ httpStatusCode: 200, status: 'RUNNING' });
  const v3 = await callHuawei(key, '/v3/{project_id}/elb/jobs/j1');
  expect(v3).toMatchObject({ httpStatusCode: 200, job: { job_id: 'j1', status: 'RUNNING' } });
});

test.each([
  ['huawei.ecs', '/v1/{project_id}/jobs/j1', {}, { job_id: 'j1', status: 'RUNNING' }],
  ['huawei.rds', '/v3/{project_id}/jobs', { id: 'j1' }, { job: { id: 'j1', status: 'RUNNING' } }],
])('the Huawei client shows a job of %s at its own host', async (api, path, query, answer) => {
  simulator.addJob(aJob({ api }));
  const origin = simulator.endpointsOf('huawei')[api];
  expect(await callHuawei(HUAWEI, path, query, origin)).toMatchObject({ httpStatusCode: 200, ...answer });
});

test('the Huawei client lists v3 jobs, with what it has to escape', async () => {
  const query = { resource_id: 'a b&c=d*~é(x)', begin_time: '2024-03-23T08:20:42', limit: 50 };
  const answer = await callHuawei(HUAWEI, '/v3/{project_id}/elb/jobs', query);
  expect(answer).toMatchObject({ jobs: [{ job_id: 'j1' }], page_info: { current_count: 1 } });
});

test('the Huawei client sorts a repeated parameter as we do', async () => {
  const answer = await callHuawei(HUAWEI, '/v3/{project_id}/elb/jobs', { job_id: ['j1', 'b-2'] });
  expect(answer).toMatchObject({ httpStatusCode: 200, jobs: [] });
});

test('the Huawei client reads our refusal of a wrong secret', async () => {
  const call = callHuawei({ ...HUAWEI, accessKeySecret: 'wrong' }, '/v1.0/{project_id}/jobs/j1');
  await expect(call).rejects.toMatchObject({ httpStatusCode: 401, errorCode: 'APIGW.0301' });
});

function alibabaConfig(key: AlibabaKey) {
  const { accessKeyId, accessKeySecret, securityToken } = key;
  return new core.$OpenApiUtil.Config({
    accessKeyId,
    accessKeySecret,
    ...(securityToken ? { securityToken } : {}),
    endpoint: new URL(simulator.url).host,
    protocol: 'http',
  });
}

function callNlb(
  key: AlibabaKey,
  action: string,
  request: { query?: Record<string, string>; body?: Record<string, string> },
): Promise<{ body: ReturnType<typeof JSON.parse> }> {
  const params = new core.$OpenApiUtil.Params({
    action,
    version: '2022-04-30',
    protocol: 'HTTP',
    pathname: '/',
    method: 'POST',
    authType: 'AK',
    style: 'RPC',
    reqBodyType: 'formData',
    bodyType: 'json',
  });
  const client = new core.default(alibabaConfig(key));
  return client.callApi(params, new core.$OpenApiUtil.OpenApiRequest(request), new dara.RuntimeOptions({})) as Promise<{
    body: ReturnType<typeof JSON.parse>;
  }>;
}

function callHuawei(
  key: HuaweiKey,
  url: string,
  queryParams: Record<string, unknown> = {},
  origin = simulator.url,
): Promise<object> {
  // The SDK's own logger prints signatures on any error.
  const quiet = () => undefined;
  const silent = {
    debug: quiet,
    info: quiet,
    warn: quiet,
    error: quiet,
    setLevel: quiet,
    setName: quiet,
    getLevel: () => 'error' as never,
  };
  const credential = new BasicCredentials()
    .withAk(key.accessKeyId)
    .withSk(key.accessKeySecret)
    .withProjectId(PROJECT)
    .withSecurityToken(key.securityToken);
  const client = new HcClient(new DefaultHttpClient({ logger: silent }, [origin]), {})
    .withEndpoints([origin])
    .withCredential(credential);
  return client.sendRequest({
    method: 'GET',
    url,
    contentType: 'application/json',
    queryParams,
    pathParams: { project_id: PROJECT },
    headers: {},
  });
}

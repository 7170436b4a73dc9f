import { Agent } from 'node:http';
import { createRequire } from 'node:module';
import { connect } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Simulator } from '../../../../local/simulator/simulator.ts';
import { startSimulator } from '../../../../local/simulator/start.ts';

/**
 * Goal: the simulator takes what Tencent's own SDK sends, and the SDK understands what it answers.
 * Method: no part of the requests is ours; the simulator's clock is the system's, as the SDK's is.
 */
const require = createRequire(import.meta.url);
const { CommonClient }: typeof import('tencentcloud-sdk-nodejs-common') = require('tencentcloud-sdk-nodejs-common');

const KEY = { secretId: 'AKIDofNobody0000', secretKey: 'secret' };
const TEMPORARY = { secretId: 'AKIDtemporary000', secretKey: 'secret', token: 'TOKEN+/=' };
const APIS = ['clb', 'gwlb', 'alb', 'vpc', 'eip', 'cdb'].map((name) => `tencent.${name}`);
const NUMBERED = ['tencent.clb', 'tencent.gwlb'];
let simulator: Simulator;

beforeAll(async () => {
  simulator = await startSimulator({ credentials: [KEY, TEMPORARY].map((key) => ({ vendor: 'tencent', ...key })) });
  for (const api of APIS)
    simulator.addJob({ api, jobId: '80001', steps: [{ status: NUMBERED.includes(api) ? '2' : 'RUNNING' }] });
});

afterAll(() => simulator.close());

/** The SDK signs the public host, so it calls that one; the connection goes to this machine all the same. */
function call(api: string, version: string, action: string, parameters: object, credential: object = KEY) {
  const port = Number(new URL(simulator.endpointsOf('tencent')[api] ?? '').port);
  const agent = new Agent();
  Object.assign(agent, { createConnection: () => connect(port, '127.0.0.1') });
  const product = api === 'tencent.eip' ? 'vpc' : api.replace('tencent.', '');
  const client = new CommonClient(`${product}.tencentcloudapi.com`, version, {
    credential,
    region: 'ap-guangzhou',
    profile: { signMethod: 'TC3-HMAC-SHA256', httpProfile: { protocol: 'http://', reqMethod: 'POST', agent } },
  });
  return client.request(action, parameters);
}

test.each([
  ['tencent.clb', '2018-03-17', 'DescribeTaskStatus', { TaskId: '80001' }, { Status: 2 }],
  ['tencent.gwlb', '2024-09-06', 'DescribeTaskStatus', { TaskId: '80001' }, { Status: 2 }],
  ['tencent.alb', '2025-10-30', 'DescribeAsyncJobs', { RequestIds: ['80001', 'x'] }, { Jobs: [{ Status: 'RUNNING' }] }],
  ['tencent.vpc', '2017-03-12', 'DescribeVpcTaskResult', { TaskId: '80001' }, { Status: 'RUNNING' }],
  ['tencent.eip', '2017-03-12', 'DescribeTaskResult', { TaskId: 80_001 }, { TaskId: 80_001, Result: 'RUNNING' }],
  ['tencent.cdb', '2017-03-20', 'DescribeAsyncRequestInfo', { AsyncRequestId: '80001' }, { Status: 'RUNNING' }],
])(
  'its client asks for a job of %s, with a lasting key and a temporary one',
  async (api, version, action, parameters, answer) => {
    for (const key of [KEY, TEMPORARY])
      expect(await call(api, version, action, parameters, key)).toMatchObject({
        ...answer,
        RequestId: expect.any(String),
      });
  },
);

test.each([
  ['a wrong secret', { ...KEY, secretKey: 'wrong' }, 'AuthFailure.SignatureFailure'],
  ['a key of nobody', { ...KEY, secretId: 'AKIDnobody' }, 'AuthFailure.SecretIdNotFound'],
  ['no token', { ...TEMPORARY, token: undefined }, 'AuthFailure.TokenFailure'],
])('its client reads our refusal of %s', async (_, key, code) => {
  const asked = call('tencent.vpc', '2017-03-12', 'DescribeVpcTaskResult', { TaskId: '80001' }, key);
  await expect(asked).rejects.toMatchObject({ code });
});

test('its client reads that a task is unknown', async () => {
  const asked = call('tencent.vpc', '2017-03-12', 'DescribeVpcTaskResult', { TaskId: 'x' });
  await expect(asked).rejects.toMatchObject({ code: 'ResourceNotFound' });
});

import { expect, test } from 'vitest';
import { ALIBABA, type AlibabaCall, aJob, aSimulator, callAlibaba, listAlb, listNlb } from '../support.ts';

const STS = { ...ALIBABA, accessKeyId: 'STS.1', securityToken: 'token+/=' };
const OVER = { ...STS, accessKeyId: 'STS.2', securityTokenExpiresAt: '2026-11-20T09:59:59Z' };
const OFF = { ...ALIBABA, accessKeyId: 'off', active: false };
const BARRED = { ...ALIBABA, accessKeyId: 'barred', deniedApis: ['alibaba.nlb' as const] };
const MINUTE = 60_000;

const refusals: [string, (nowMs: number) => AlibabaCall, number, string][] = [
  ['a wrong secret', () => ({ key: { ...ALIBABA, accessKeySecret: 'x' } }), 400, 'SignatureDoesNotMatch'],
  ['an unknown key', () => ({ key: { ...ALIBABA, accessKeyId: 'x' } }), 404, 'InvalidAccessKeyId.NotFound'],
  ['a key that is off', () => ({ key: OFF }), 400, 'InvalidAccessKeyId.Inactive'],
  ['a clock 16 min slow', (now) => ({ dateMs: now - 16 * MINUTE }), 400, 'InvalidTimeStamp.Expired'],
  ['a clock 16 min fast', (now) => ({ dateMs: now + 16 * MINUTE }), 400, 'InvalidTimeStamp.Expired'],
  ['a date of another form', () => ({ tamper: { 'x-acs-date': '20261120T100000Z' } }), 400, 'InvalidTimeStamp.Format'],
  ['a header that is not signed', () => ({ tamper: { 'x-acs-extra': '1' } }), 400, 'IncompleteSignature'],
  ['a signed header that is not sent', () => ({ tamper: { 'x-acs-signature-nonce': '' } }), 400, 'IncompleteSignature'],
  ['an altered header', () => ({ tamper: { 'x-acs-signature-nonce': 'n2' } }), 400, 'SignatureDoesNotMatch'],
  ['a hash of another body', () => ({ claim: { 'x-acs-content-sha256': 'ff' } }), 400, 'SignatureDoesNotMatch'],
  ['no signature', () => ({ tamper: { authorization: '' } }), 400, 'IncompleteSignature'],
  ['no token', () => ({ key: { ...STS, securityToken: undefined as never } }), 400, 'MissingSecurityToken'],
  ['a wrong token', () => ({ key: { ...STS, securityToken: 'x' } }), 400, 'InvalidSecurityToken.MismatchWithAccessKey'],
  ['a token that is over', () => ({ key: OVER }), 400, 'InvalidSecurityToken.Expired'],
  ['a missing right', () => ({ key: BARRED }), 403, 'Forbidden.NoPermission'],
  ['an unknown action', () => ({ action: 'DeleteEverything' }), 404, 'InvalidAction.NotFound'],
  ['an unknown version', () => ({ version: '2014-05-26' }), 404, 'InvalidAction.NotFound'],
  ['no job id', () => ({ query: '' }), 400, 'MissingJobId'],
  ['an unknown job', () => ({ query: 'JobId=nope' }), 404, 'ResourceNotFound.JobId'],
];

test.each(refusals)('%s is refused as the gateway documents it', async (_, call, status, code) => {
  await using simulator = await aSimulator({ credentials: [STS, OVER, OFF, BARRED] });
  simulator.addJob(aJob({ api: 'alibaba.nlb' }));
  const answer = await callAlibaba(simulator, { query: 'JobId=j1', ...call(simulator.nowMs()) });
  expect(answer.status).toBe(status);
  expect(answer.json).toMatchObject({ Code: code, HostId: expect.any(String), Message: expect.any(String) });
  expect(answer.headers['x-acs-request-id']).toBe(answer.json.RequestId);
});

test.each([ALIBABA, STS])('a good signature of $accessKeyId is taken', async (key) => {
  await using simulator = await aSimulator({ credentials: [STS] });
  simulator.addJob(aJob({ api: 'alibaba.nlb' }));
  const answer = await callAlibaba(simulator, { key, query: 'JobId=j1' });
  expect(answer).toMatchObject({ status: 200, json: { Status: 'Processing', RequestId: expect.any(String) } });
  expect(answer.headers.date).toBe('Fri, 20 Nov 2026 10:00:00 GMT');
});

test('a nonce is good for one request of a key', async () => {
  await using simulator = await aSimulator();
  const call = { query: 'JobId=j1', nonce: 'once' };
  expect((await callAlibaba(simulator, call)).json.Code).toBe('ResourceNotFound.JobId');
  expect(await callAlibaba(simulator, call)).toMatchObject({ status: 400, json: { Code: 'SignatureNonceUsed' } });
});

test('an NLB batch leaves unknown ids out, or refuses them all, as the option says', async () => {
  await using simulator = await aSimulator();
  simulator.addJob(aJob({ api: 'alibaba.nlb' }));
  simulator.addJob(aJob({ api: 'alibaba.nlb', jobId: 'j2', steps: [{ status: 'Failed' }] }));
  const both = {
    Jobs: [
      { Id: 'j2', Status: 'Failed' },
      { Id: 'j1', Status: 'Processing' },
    ],
    TotalCount: '2',
  };
  expect((await listNlb(simulator, 'j2', 'nope', 'j1')).json).toMatchObject(both);
  simulator.setOptions({ nlbUnknownIds: 'refuseAll', nlbTotalCount: 'number' });
  expect(await listNlb(simulator, 'j2', 'nope')).toMatchObject({
    status: 404,
    json: { Code: 'ResourceNotFound.JobId' },
  });
  expect((await listNlb(simulator, 'j2', 'j1')).json.TotalCount).toBe(2);
});

test('a call may carry so many ids and no more', async () => {
  await using simulator = await aSimulator();
  const ids = Array.from({ length: 21 }, (_, index) => `j${index}`);
  expect((await listNlb(simulator, ...ids.slice(1))).status).toBe(200);
  expect((await listNlb(simulator, ...ids)).json.Code).toBe('IllegalParam.JobIds');
});

test("GetJobStatus may say another word than the batch, and an owner's jobs are not shown to others", async () => {
  await using simulator = await aSimulator({ credentials: [{ ...ALIBABA, accessKeyId: 'b', owner: 'b' }] });
  simulator.addJob(aJob({ api: 'alibaba.nlb', owner: 'b', steps: [{ status: 'Failed', singleStatus: 'processing' }] }));
  const key = { ...ALIBABA, accessKeyId: 'b' };
  expect((await callAlibaba(simulator, { key, query: 'JobId=j1' })).json.Status).toBe('processing');
  expect((await callAlibaba(simulator, { query: 'JobId=j1' })).status).toBe(404);
});

test('ALB pages from the newest to the oldest, and a job added meanwhile shifts nothing', async () => {
  await using simulator = await aSimulator();
  for (let index = 1; index <= 5; index += 1) {
    simulator.addJob(aJob({ api: 'alibaba.alb', jobId: `j${index}` }));
    simulator.tick(1);
  }
  const first = await listAlb(simulator, 'MaxResults=2');
  expect(first.json).toMatchObject({ Jobs: [{ Id: 'j5' }, { Id: 'j4' }], TotalCount: 5, MaxResults: 2 });
  simulator.addJob(aJob({ api: 'alibaba.alb', jobId: 'j6' }));
  const second = await listAlb(simulator, `MaxResults=2&NextToken=${encodeURIComponent(first.json.NextToken)}`);
  expect(second.json.Jobs).toMatchObject([{ Id: 'j3' }, { Id: 'j2' }]);
  const third = await listAlb(simulator, `MaxResults=2&NextToken=${encodeURIComponent(second.json.NextToken)}`);
  expect(third.json).toMatchObject({ Jobs: [{ Id: 'j1' }], NextToken: '' });
});

test('ALB ends its pages with an empty, an absent or a null token', async () => {
  await using simulator = await aSimulator();
  expect((await listAlb(simulator, '')).json.NextToken).toBe('');
  simulator.setOptions({ albLastToken: 'null' });
  expect((await listAlb(simulator, '')).json.NextToken).toBeNull();
  simulator.setOptions({ albLastToken: 'absent' });
  expect((await listAlb(simulator, '')).json).not.toHaveProperty('NextToken');
});

test('ALB filters, leaves unknown ids out, and gives a reason only for what failed', async () => {
  await using simulator = await aSimulator();
  const error = { code: '506', message: 'AllocateEipAddress Failed' };
  const steps = [
    { status: 'Processing', forSeconds: 2, error },
    { status: 'Failed', error },
  ];
  simulator.addJob(
    aJob({ api: 'alibaba.alb', resourceType: 'listener', resourceId: 'lsn-1', operation: 'CreateListener', steps }),
  );
  simulator.addJob(aJob({ api: 'alibaba.alb', jobId: 'j2', resourceType: 'acl' }));
  const [running] = (await listAlb(simulator, 'JobIds.1=nope&JobIds.2=j1')).json.Jobs;
  expect(running).toMatchObject({ Id: 'j1', Status: 'Processing', CreateTime: simulator.nowMs() });
  expect(running).not.toHaveProperty('ErrorCode');
  simulator.tick(3);
  const failed = {
    Id: 'j1',
    ErrorCode: '506',
    ErrorMessage: 'AllocateEipAddress Failed',
    ModifyTime: simulator.nowMs() - 1000,
  };
  for (const query of ['ResourceType=listener', 'ResourceIds.1=lsn-1', 'ApiName=CreateListener']) {
    expect((await listAlb(simulator, query)).json.Jobs).toMatchObject([failed]);
  }
  const began = simulator.nowMs() - 3000;
  expect((await listAlb(simulator, `BeginTime=${began}&EndTime=${began}`)).json.TotalCount).toBe(2);
  expect((await listAlb(simulator, `BeginTime=${began + 1}`)).json.TotalCount).toBe(0);
  expect((await listAlb(simulator, `EndTime=${began - 1}`)).json.TotalCount).toBe(0);
});

test.each(['MaxResults=0', 'MaxResults=101', 'BeginTime=2021-06-03T17:22Z', 'NextToken=x'])(
  'ALB refuses %s',
  async (query) => {
    await using simulator = await aSimulator();
    const [name] = query.split('=');
    expect(await listAlb(simulator, query)).toMatchObject({ status: 400, json: { Code: `IllegalParam.${name}` } });
  },
);

import { readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadScenario, parseScenario } from '../../../local/simulator/scenario.ts';
import { startSimulator } from '../../../local/simulator/start.ts';
import { ALIBABA, aJob, aSimulator, type Bench, callAlibaba, listAlb, send, showV1 } from './support.ts';

function control(simulator: Bench, method: string, path: string, body?: unknown) {
  return send(`${simulator.url}/_sim/${path}`, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}

test('another process can add jobs and faults, read the state and throw things away', async () => {
  await using simulator = await aSimulator();
  const steps = [{ status: 'Processing', forPolls: 1 }, { status: 'Succeeded' }];
  expect(await control(simulator, 'POST', 'jobs', aJob({ api: 'alibaba.nlb', steps }))).toMatchObject({
    status: 201,
    json: { added: 1 },
  });
  const jobs = [aJob({ api: 'huawei.elb.v1' }), aJob({ api: 'huawei.elb.v3' })];
  expect((await control(simulator, 'POST', 'jobs', { jobs })).json).toEqual({ added: 2 });
  await callAlibaba(simulator, { query: 'JobId=j1' });
  const faults = await control(simulator, 'POST', 'faults', { faults: [{ kind: 'hang', times: 1 }, { kind: 'html' }] });
  expect(faults.json.ids).toHaveLength(2);
  const state = await control(simulator, 'GET', 'state');
  expect(state.json).toMatchObject({
    now: '2026-11-20T10:00:00.000Z',
    credentials: ['ali-key', 'hw-key', 'acme/watcher'],
    jobs: [{ api: 'alibaba.nlb', jobId: 'j1', status: 'Succeeded', isLastStep: true, polls: 1, known: true }, {}, {}],
    faults: [
      { fault: { kind: 'hang' }, left: 1 },
      { fault: { kind: 'html' }, left: null },
    ],
    counters: { requests: { 'alibaba.nlb': { GetJobStatus: { ok: 1 } } } },
  });
  expect(state.text).not.toContain('secret"');
  expect(state.text).not.toContain(ALIBABA.accessKeySecret);
  expect((await control(simulator, 'DELETE', `faults?id=${faults.json.ids[0]}`)).status).toBe(200);
  expect((await control(simulator, 'DELETE', 'jobs?api=alibaba.nlb&jobId=j1')).status).toBe(200);
  expect((await control(simulator, 'DELETE', 'jobs?api=alibaba.nlb&jobId=j1')).status).toBe(404);
  expect((await control(simulator, 'POST', 'reset')).status).toBe(200);
  expect((await control(simulator, 'GET', 'jobs')).json).toEqual({ jobs: [] });
  expect((await control(simulator, 'GET', 'counters')).json).toEqual({ requests: {}, polls: {}, keys: {} });
});

test('a secret can be changed while the simulator runs', async () => {
  await using simulator = await aSimulator();
  simulator.addJob(aJob({ api: 'alibaba.nlb' }));
  await control(simulator, 'POST', 'credentials', { ...ALIBABA, accessKeySecret: 'new' });
  expect((await callAlibaba(simulator, { query: 'JobId=j1' })).json.Code).toBe('SignatureDoesNotMatch');
  const key = { ...ALIBABA, accessKeySecret: 'new' };
  expect((await callAlibaba(simulator, { query: 'JobId=j1', key })).status).toBe(200);
});

test.each([
  [
    'jobs',
    { jobs: [aJob({ api: 'alibaba.nlb' }), { api: 'alibaba.nlb', jobId: 'x', steps: [{}] }] },
    'jobs[1].steps[0].status: expected',
  ],
  ['faults', { kind: 'hangs' }, 'kind: expected'],
  ['faults', { kind: 'hang', jobID: 'x' }, 'jobID: there is no such field'],
  ['options', { maxJobIds: 0 }, 'maxJobIds: expected >=1'],
  ['options', { nlbUnknown: 'x' }, 'nlbUnknown: there is no such field'],
  ['reset', { what: ['everything'] }, 'what[0]: expected'],
])('a wrong body to /_sim/%s is refused by the name of its field', async (path, body, error) => {
  await using simulator = await aSimulator();
  const answer = await control(simulator, 'POST', path, body);
  expect(answer.status).toBe(400);
  expect(answer.json.error).toContain(error);
});

test('an option is changed alone', async () => {
  await using simulator = await aSimulator({ scenario: { options: { maxJobIds: 7 } } });
  const { json } = await control(simulator, 'POST', 'options', { albLastToken: 'null' });
  expect(json).toMatchObject({ maxJobIds: 7, albLastToken: 'null', lockAfterFailures: 5 });
});

test('an unknown path is answered with those that exist, and a broken body with what it is', async () => {
  await using simulator = await aSimulator();
  expect((await control(simulator, 'GET', 'nope')).json.error).toContain('GET /_sim/state');
  const broken = await send(`${simulator.url}/_sim/jobs`, { method: 'POST', body: '{' });
  expect(broken).toMatchObject({ status: 400, json: { error: 'the body: expected JSON' } });
});

test('the counters know the pace and the crowd of a key', async () => {
  await using simulator = await aSimulator();
  simulator.addJob(aJob({ api: 'huawei.elb.v1' }));
  await Promise.all([showV1(simulator), showV1(simulator), showV1(simulator)]);
  simulator.tick(1);
  await showV1(simulator);
  await listAlb(simulator, '');
  await callAlibaba(simulator, { key: { ...ALIBABA, accessKeyId: 'x' } });
  const { keys, requests } = simulator.counters();
  expect(keys['hw-key']).toMatchObject({ requests: 4, maxRequestsPerSecond: { 'huawei.elb.v1': 3 } });
  expect(keys['(unknown)']?.requests).toBe(1);
  expect(requests).toEqual({
    'huawei.elb.v1': { ShowJob: { ok: 4 } },
    'alibaba.alb': { ListAsynJobs: { ok: 1 } },
    'alibaba.nlb': { GetJobStatus: { 'InvalidAccessKeyId.NotFound': 1 } },
  });
});

test('requests that are open at one time are counted as such', async () => {
  const simulator = await aSimulator({ scenario: { faults: [{ kind: 'hang', times: 2 }] } });
  const opened = () => simulator.counters().keys['hw-key']?.requests ?? 0;
  const hanging = Promise.allSettled([showV1(simulator), showV1(simulator)]);
  while (opened() < 2) await new Promise(setImmediate);
  await showV1(simulator);
  expect(simulator.counters().keys['hw-key']?.maxConcurrentRequests).toBe(3);
  await simulator.close();
  await hanging;
});

test.each([
  [{ job: [] }, 'job: there is no such field'],
  [
    { jobs: [{ ...aJob({ api: 'huawei.elb.v1' }), projectId: undefined }] },
    'jobs[0].projectId: required for apis with projects',
  ],
  [
    { jobs: [aJob({ api: 'alibaba.nlb', projectId: 'p' })] },
    'jobs[0].projectId: required for apis with projects, refused',
  ],
  [
    { jobs: [aJob({ api: 'alibaba.nlb', steps: [{ status: 'a' }, { status: 'b' }] })] },
    'jobs[0].steps: every step but the last',
  ],
  [
    { jobs: [aJob({ api: 'alibaba.nlb', steps: [{ status: 'a', forPolls: 1 }] })] },
    'jobs[0].steps: every step but the last',
  ],
  [{ credentials: [{ vendor: 'huawei', username: 'x' }] }, 'credentials[0].domain: expected'],
  [{ credentials: [{ vendor: 'nimbus' }] }, 'credentials[0].vendor: expected ("alibaba" | '],
  [{ faults: [{ kind: 'throttle', status: 418 }] }, 'faults[0].status: expected'],
  [{ options: { skewSeconds: 'x' } }, 'options.skewSeconds: expected number'],
  [[], 'the scenario: expected Object'],
])('the scenario %j is refused by the name of its field', (scenario, message) => {
  expect(() => parseScenario(scenario)).toThrow(message);
});

test('a scenario file that is wrong or not there is refused by its path', async () => {
  const path = join(tmpdir(), `scenario-${process.pid}.json`);
  await writeFile(path, '{"jobs": [{"api": "x"}]}');
  await expect(loadScenario(path)).rejects.toThrow(`${path}: jobs[0].api: expected`);
  await rm(path);
  await expect(loadScenario('/nowhere/scenario.json')).rejects.toThrow('/nowhere/scenario.json: ENOENT');
});

test('the scenario in the documentation is a good one', async () => {
  const page = await readFile(new URL('../../../docs/simulator.md', import.meta.url), 'utf8');
  const [, example = ''] = /```json\n(\{\n {2}"credentials"[^`]*)```/.exec(page) ?? [];
  expect(parseScenario(JSON.parse(example)).jobs.length).toBeGreaterThan(1);
});

test('a port that is taken is an error at the start', async () => {
  await using simulator = await aSimulator();
  await expect(startSimulator({ port: Number(new URL(simulator.url).port) })).rejects.toMatchObject({
    code: 'EADDRINUSE',
  });
});

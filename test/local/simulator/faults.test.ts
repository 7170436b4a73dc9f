import { expect, test } from 'vitest';
import type { FaultSpec } from '../../../local/simulator/fault-schema.ts';
import {
  type Answer,
  aJob,
  aSimulator,
  type Bench,
  callAlibaba,
  HUAWEI,
  listAlb,
  listNlb,
  listV3,
  login,
  send,
  showV1,
  showV3,
} from './support.ts';

async function aSimulatorWith(...faults: FaultSpec[]): Promise<Bench> {
  const simulator = await aSimulator({ scenario: { faults } });
  for (const api of ['alibaba.nlb', 'alibaba.alb', 'huawei.elb.v1', 'huawei.elb.v3'] as const) {
    simulator.addJob(aJob({ api }));
  }
  return simulator;
}

const ask = (simulator: Bench, jobId = 'j1'): Promise<Answer> => callAlibaba(simulator, { query: `JobId=${jobId}` });

test('Alibaba throttles with 400 and names its wait in milliseconds, if it is told to', async () => {
  await using simulator = await aSimulatorWith(
    { kind: 'throttle', retryAfterMs: 700, times: 1 },
    { kind: 'throttle', status: 503 },
  );
  const first = await ask(simulator);
  expect(first).toMatchObject({
    status: 400,
    json: { Code: 'Throttling.User' },
    headers: { 'x-acs-retry-after': '700' },
  });
  const second = await ask(simulator);
  expect(second.status).toBe(503);
  expect(second.headers).not.toHaveProperty('x-acs-retry-after');
});

test('Huawei throttles with 429 and names its wait in seconds, if it is told to', async () => {
  await using simulator = await aSimulatorWith({ kind: 'throttle', retryAfterMs: 2500 });
  const answer = await showV1(simulator);
  expect(answer).toMatchObject({ status: 429, json: { error_code: 'APIGW.0308' }, headers: { 'retry-after': '3' } });
});

test('an error comes in the shape of the vendor, with the code that it is given or the usual one', async () => {
  await using simulator = await aSimulatorWith(
    { kind: 'error', status: 503, times: 2 },
    { kind: 'error', code: 'SystemBusy', status: 400 },
  );
  expect(await ask(simulator)).toMatchObject({ status: 503, json: { Code: 'ServiceUnavailable' } });
  expect(await showV3(simulator)).toMatchObject({ status: 503, json: { error_code: 'APIGW.0201' } });
  expect(await ask(simulator)).toMatchObject({ status: 400, json: { Code: 'SystemBusy' } });
  expect(await login(simulator)).toMatchObject({ status: 400, json: { error: { code: 400 } } });
});

test.each([
  [{ kind: 'html' }, 502, /^<!DOCTYPE html>/],
  [{ kind: 'html', status: 200 }, 200, /^<!DOCTYPE html>/],
  [{ kind: 'empty' }, 200, /^$/],
  [{ kind: 'jsonNull' }, 200, /^null$/],
  [{ kind: 'jsonArray' }, 200, /^\[\]$/],
  [{ kind: 'redirect', location: '/x' }, 302, /^$/],
  [{ kind: 'cut' }, 200, /^\{"RequestId":"[^}]*$/],
  [{ kind: 'unknownStatus', word: 'Zombie' }, 200, /"Status":"Zombie"/],
  [{ kind: 'wrongTypes' }, 200, /"Status":42/],
  [{ kind: 'slow', delayMs: 2, bytesPerSecond: 100_000 }, 200, /"Status":"Processing"/],
] as const)('%o gives %i', async (fault, status, text) => {
  await using simulator = await aSimulatorWith(fault);
  const answer = await ask(simulator);
  expect(answer.status).toBe(status);
  expect(answer.text).toMatch(text);
  if (fault.kind === 'redirect') expect(answer.headers.location).toBe('/x');
});

test('an answer can have a list or an id of a wrong type', async () => {
  await using simulator = await aSimulatorWith(
    { kind: 'wrongTypes', what: 'list', times: 1 },
    { kind: 'wrongTypes', what: 'id' },
  );
  expect((await listAlb(simulator, '')).json.Jobs).toMatchObject({ item: [{ Id: 'j1' }] });
  expect((await showV3(simulator)).json.job.job_id).toBe(7);
});

test('an answer can be larger than a megabyte', async () => {
  await using simulator = await aSimulatorWith({ kind: 'huge' });
  const answer = await ask(simulator);
  expect(answer.text.length).toBeGreaterThan(1_500_000);
  expect(answer.json.Status).toBe('Processing');
});

test.each([{ kind: 'reset' }, { kind: 'reset', when: 'body' }, { kind: 'cut', framing: 'broken' }] as const)(
  '%o breaks the connection',
  async (fault) => {
    await using simulator = await aSimulatorWith(fault);
    await expect(ask(simulator)).rejects.toMatchObject({ code: 'ECONNRESET' });
  },
);

test('a request that hangs is answered by nobody, and closing the simulator ends it', async () => {
  const simulator = await aSimulatorWith({ kind: 'hang' });
  const outcome = send(`${simulator.url}/v3/p/elb/jobs`).catch((error: unknown) => error);
  while (simulator.counters().requests['huawei.elb.v3'] === undefined) await new Promise(setImmediate);
  await simulator.close();
  expect(await outcome).toMatchObject({ code: 'ECONNRESET' });
});

test('a wrong clock shows in the Date header, and refuses those whose clock is right', async () => {
  await using simulator = await aSimulatorWith({ kind: 'clockSkew', skewSeconds: 1200 });
  const refused = await ask(simulator);
  expect(refused).toMatchObject({ status: 400, json: { Code: 'InvalidTimeStamp.Expired' } });
  expect(refused.headers.date).toBe('Fri, 20 Nov 2026 10:20:00 GMT');
  const dateMs = Date.parse(String(refused.headers.date));
  expect((await callAlibaba(simulator, { query: 'JobId=j1', dateMs })).status).toBe(200);
  expect((await showV1(simulator, 'j1', { dateMs })).status).toBe(200);
});

test('a vanished id is unknown to every call, single, batch and list', async () => {
  await using simulator = await aSimulatorWith({ kind: 'vanish', jobId: 'j1' });
  expect((await ask(simulator)).json.Code).toBe('ResourceNotFound.JobId');
  expect((await listNlb(simulator, 'j1')).json.Jobs).toEqual([]);
  expect((await listAlb(simulator, '')).json.Jobs).toEqual([]);
  expect((await showV1(simulator)).status).toBe(404);
  expect((await listV3(simulator)).json.jobs).toEqual([]);
});

test('a fault of one job leaves the others of a batch alone, and is not used up by calls about them', async () => {
  await using simulator = await aSimulatorWith({ kind: 'vanish', jobId: 'j1', times: 1 });
  simulator.addJob(aJob({ api: 'alibaba.nlb', jobId: 'j2' }));
  expect((await listNlb(simulator, 'j2')).json.Jobs).toHaveLength(1);
  expect((await listNlb(simulator, 'j1', 'j2')).json.Jobs).toMatchObject([{ Id: 'j2' }]);
  expect((await listNlb(simulator, 'j1', 'j2')).json.Jobs).toHaveLength(2);
});

test('a poisonous id ruins the batches that hold it, and only those', async () => {
  await using simulator = await aSimulatorWith({ kind: 'poison', jobId: 'j2' });
  simulator.addJob(aJob({ api: 'alibaba.nlb', jobId: 'j2' }));
  expect(await listNlb(simulator, 'j1', 'j2')).toMatchObject({ status: 404, json: { Code: 'ResourceNotFound.JobId' } });
  expect((await listNlb(simulator, 'j1')).status).toBe(200);
  expect((await ask(simulator, 'j2')).status).toBe(200);
});

test('a fault strikes only what it is aimed at', async () => {
  const target = { api: 'huawei.elb.v1', action: 'ShowJob', key: HUAWEI.accessKeyId, jobId: 'j1' } as const;
  await using simulator = await aSimulatorWith({ kind: 'error', ...target });
  simulator.addJob(aJob({ api: 'huawei.elb.v1', jobId: 'j2' }));
  expect((await showV1(simulator)).status).toBe(500);
  expect((await showV1(simulator, 'j2')).status).toBe(200);
  expect((await showV3(simulator)).status).toBe(200);
  simulator.reset(['faults']);
  simulator.setFault({ kind: 'error', key: 'somebody else' });
  expect((await showV1(simulator)).status).toBe(200);
});

test('a fault lasts for its number of requests, or for its window', async () => {
  await using simulator = await aSimulatorWith({ kind: 'error', times: 2 });
  const statuses = async (count: number) => {
    const seen: number[] = [];
    while (seen.length < count) seen.push((await ask(simulator)).status);
    return seen;
  };
  expect(await statuses(3)).toEqual([500, 500, 200]);
  const id = simulator.setFault({ kind: 'html', afterSeconds: 5, forSeconds: 10 });
  expect(await statuses(1)).toEqual([200]);
  simulator.tick(5);
  expect(await statuses(1)).toEqual([502]);
  simulator.tick(10);
  expect(await statuses(1)).toEqual([200]);
  expect(simulator.removeFault(id)).toBe(true);
  expect(simulator.removeFault(id)).toBe(false);
});

test('the first fault that stands in the way of an answer is the only one, and costs the others nothing', async () => {
  await using simulator = await aSimulatorWith({ kind: 'error', times: 1 }, { kind: 'html', times: 1 });
  expect([(await ask(simulator)).status, (await ask(simulator)).status, (await ask(simulator)).status]).toEqual([
    500, 502, 200,
  ]);
});

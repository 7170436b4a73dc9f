import { describe, expect, test } from 'vitest';
import type { HttpResponse } from '../../../lib/base/http.ts';
import { newJob } from '../../../lib/job/job.ts';
import { judgeByTable, NO_MEMORY } from '../../../lib/job/judgement.ts';
import { NO_DETAIL } from '../../../lib/job/observation.ts';
import type { Phase } from '../../../lib/job/phase.ts';
import { transition } from '../../../lib/job/transition.ts';
import { parseWatchMessage } from '../../../lib/job/watch-message.ts';
import { API_FACTS } from '../../../lib/vendors/registry.ts';
import { aCall, aLab, fixture, json, NOW_MS, only, PROJECT, poll, text } from '../support.ts';

const COMPUTE = ['ecs', 'evs', 'ims', 'bms', 'eip', 'deh', 'sdrs', 'dcs'].map((name) => `huawei.${name}`);
const DATABASES = ['rds', 'dds', 'gaussdb', 'opengauss', 'geminidb'].map((name) => `huawei.${name}`);
const OTHERS = ['huawei.sfsturbo', 'huawei.cce'];
const APIS = [...COMPUTE, ...DATABASES, ...OTHERS];

/** A job in the shape of its api. */
function bodyOf(api: string, word: unknown, more: Record<string, unknown> = {}): unknown {
  if (DATABASES.includes(api)) return { job: { id: 'j1', status: word, ...more } };
  if (api === 'huawei.cce') return { metadata: { uid: 'j1' }, status: { phase: word }, ...more };
  return { job_id: 'j1', status: word, ...more };
}

async function told(api: string, response: HttpResponse) {
  return only(await poll(aLab([response]), aCall(api, ['j1'])));
}

describe('words', () => {
  const compute: Record<string, Phase> = { INIT: 'pending', RUNNING: 'running', SUCCESS: 'succeeded', FAIL: 'failed' };
  const task: Record<string, Phase> = {
    Pending: 'pending',
    Running: 'running',
    Completed: 'succeeded',
    Failed: 'failed',
  };
  const words: Record<string, Record<string, Phase>> = {
    ...Object.fromEntries(COMPUTE.map((api) => [api, compute])),
    'huawei.ecs': { ...compute, PENDING_PAYMENT: 'pending' },
    'huawei.bms': { ...compute, PENDING_PAYMENT: 'pending' },
    ...Object.fromEntries(DATABASES.map((api) => [api, task])),
    'huawei.sfsturbo': { waiting: 'pending', running: 'running', success: 'succeeded', failed: 'failed' },
    'huawei.cce': { Initializing: 'pending', Running: 'running', Success: 'succeeded', Failed: 'failed' },
  };
  const known = [...new Set(Object.values(words).flatMap((table) => Object.keys(table)))];
  const odd = ['Complete', 'Zombie', 'STOP', 'error'];

  test.each(APIS)('%s: each word has its phase in both cases of letters, and no other word has one', async (api) => {
    const { judge } = aLab([json({})]).vendors.get(api) ?? { judge: judgeByTable(new Map()) };
    const table = new Map(Object.entries(words[api] ?? {}).map(([word, phase]) => [word.toLowerCase(), phase]));
    for (const word of [...known, ...odd]) {
      for (const written of [word, word.toLowerCase(), word.toUpperCase()]) {
        const seen = await told(api, json(bodyOf(api, written)));
        expect(seen).toMatchObject({ kind: 'status', word: written });
        const { phase } = judge({ word: written, detail: NO_DETAIL }, NO_MEMORY, NOW_MS);
        expect(phase, `${api} ${written}`).toBe(table.get(word.toLowerCase()) ?? null);
      }
    }
  });

  test.each(APIS)('%s: a number, a boolean, an object or nothing is no word', async (api) => {
    for (const word of [0, 1, true, null, {}, ['SUCCESS'], ''])
      expect((await told(api, json(bodyOf(api, word)))).kind).toBe('malformed');
  });

  test.each(APIS)('%s: an answer about another job is none', async (api) => {
    const other = JSON.stringify(bodyOf(api, 'Running')).replace('"j1"', '"j2"');
    expect((await told(api, text(other))).kind).toBe('malformed');
  });
});

describe('samples of the documents', () => {
  const [server, single] = ['2c9eb2c5544cbf6101544f0602af2b4f', '2c9eb2c5544cbf6101544f0635672b60'];
  const task = '31b8ae23-c687-4d80-b7b4-42a66c9bb886';
  const read = async (api: string, name: string, id: string) =>
    only(await poll(aLab([json(fixture(`vendors/answers/${name}.json`))]), aCall(api, [id])));

  test('a server with its sub-job', async () => {
    expect(await read('huawei.ecs', 'huawei-ecs-success', server)).toMatchObject({
      word: 'SUCCESS',
      detail: {
        operation: 'createServer',
        beganAt: '2016-04-25T20:04:34.604Z',
        endedAt: '2016-04-25T20:08:41.593Z',
        error: null,
        subJobs: [
          {
            jobId: single,
            operation: 'createSingleServer',
            status: 'SUCCESS',
            entities: [{ id: 'bae51750-0089-41a1-9b18-5c777978ff6d', type: 'server' }],
          },
        ],
      },
    });
    expect(await read('huawei.bms', 'huawei-bms-success', server)).toMatchObject({
      detail: { operation: 'baremetalBatchCreate', subJobs: [{ jobId: single }] },
    });
  });

  test.each(DATABASES)('tasks as %s tells them', async (api) => {
    expect(await read(api, 'huawei-rds-completed', task)).toMatchObject({
      word: 'Completed',
      detail: {
        operation: 'CreateMysqlSingleHAInstance',
        resourceId: 'a48e43ff268f4c0e879652d65e63d0fbin01',
        beganAt: '2018-08-06T10:41:14.000Z',
        endedAt: '2018-08-06T16:41:14.000Z',
        error: null,
      },
    });
    expect(await read(api, 'huawei-rds-running', task)).toMatchObject({ word: 'Running', detail: { endedAt: null } });
    expect(await read(api, 'huawei-rds-failed', task)).toMatchObject({
      word: 'Failed',
      detail: { error: { code: null, message: 'createVM failed.' } },
    });
  });
});

describe('shapes', () => {
  test('sub-jobs of IMS, and what came of sharing an image', async () => {
    const entities = {
      sub_jobs_list: ['s1'],
      sub_jobs_result: [{ job_id: 's1', status: 'SUCCESS', job_type: 'copy', entities: { image_id: 'i1' } }],
      results: [{ image_id: 'i2', project_id: 'p2', status: 'failed' }],
    };
    expect(await told('huawei.ims', json(bodyOf('huawei.ims', 'RUNNING', { entities })))).toMatchObject({
      detail: {
        subJobs: [
          { jobId: 's1', status: 'SUCCESS', entities: [{ id: 'i1', type: 'image' }] },
          { jobId: null, status: 'failed', resourceId: 'i2' },
        ],
      },
    });
  });

  test('sub-jobs of SFS Turbo and CCE', async () => {
    const sub_jobs = [{ job_id: 's1', status: 'failed', error_code: 'E', fail_reason: 'no room' }];
    expect(await told('huawei.sfsturbo', json(bodyOf('huawei.sfsturbo', 'running', { sub_jobs })))).toMatchObject({
      detail: { subJobs: [{ jobId: 's1', error: { code: 'E', message: 'no room' } }] },
    });
    const node = {
      metadata: { uid: 's1' },
      spec: { type: 'CreateNode' },
      status: { phase: 'Failed', reason: 'quota' },
    };
    const spec = { type: 'CreateCluster', clusterUID: 'c1', subJobs: [node] };
    expect(await told('huawei.cce', json(bodyOf('huawei.cce', 'Running', { spec })))).toMatchObject({
      detail: {
        operation: 'CreateCluster',
        resourceId: 'c1',
        subJobs: [{ jobId: 's1', operation: 'CreateNode', status: 'Failed', error: { message: 'quota' } }],
      },
    });
  });

  test('the word of CCE where Open Telekom Cloud describes it', async () => {
    const old = { metadata: { uid: 'j1' }, status: { status: 'Success' } };
    expect(await told('huawei.cce', json(old))).toMatchObject({ word: 'Success' });
  });

  test.each([
    ['huawei.dcs', { begin_time: '1564739300000' }, '2019-08-02T09:48:20.000Z'],
    ['huawei.sfsturbo', { begin_time: '2016-01-02 15:04:05' }, '2016-01-02T15:04:05.000Z'],
    ['huawei.rds', { created: '2018-08-06T10:41:14+0200' }, '2018-08-06T08:41:14.000Z'],
    [
      'huawei.cce',
      { metadata: { uid: 'j1', creationTimestamp: '2025-09-02 10:23:38.987955 +0000 UTC' } },
      '2025-09-02T10:23:38.987Z',
    ],
    ['huawei.rds', { created: 'yesterday' }, null],
    ['huawei.rds', { created: '2018-13-06T10:41:14+0000' }, null],
  ])('%s writes times in a way of its own: %j', async (api, fields, beganAt) => {
    expect(await told(api, json(bodyOf(api, 'Running', fields)))).toMatchObject({ detail: { beganAt } });
  });

  test.each(DATABASES)('%s: the planned end of a task that runs is no end', async (api) => {
    const body = bodyOf(api, 'Running', { ended: '2018-08-06T16:41:14+0000' });
    expect(await told(api, json(body))).toMatchObject({ word: 'Running', detail: { endedAt: null } });
  });
});

describe('errors', () => {
  const inError = (code: string, message = 'no') => ({ error: { code, message } });

  test.each([...COMPUTE, 'huawei.elb.v1'])('%s: what the job service says', async (api) => {
    expect(await told(api, json(inError('Common.0011', 'No jobs found'), 400))).toEqual({
      kind: 'missing',
      reason: expect.any(String),
      believedAfterMs: 600_000,
    });
    expect(await told(api, json(inError('Common.0011', 'Incorrect tenant ID'), 400))).toMatchObject({
      kind: 'denied',
      what: 'scope',
    });
    expect(await told(api, json(inError('Common.0018'), 400))).toMatchObject({ kind: 'denied', what: 'scope' });
    expect(await told(api, json(inError('Common.0024', 'Flow limit exceeded'), 202))).toMatchObject({
      kind: 'throttled',
    });
    expect((await told(api, json(inError('Common.0011'), 500))).kind).toBe('unreachable');
    expect((await told(api, json({ code: 'Common.0011', message: 'Invalid job ID' }))).kind).toBe('malformed');
    expect((await told(api, text('{"error": {"code": "Common.0011"', 400))).kind).toBe('malformed');
  });

  test('dedicated ELB knows nothing of the job service', async () => {
    for (const [code, status] of [
      ['Common.0011', 400],
      ['Common.0018', 400],
      ['Common.0024', 202],
    ] as const)
      expect((await told('huawei.elb.v3', json(inError(code), status))).kind).toBe('malformed');
  });

  test.each([
    ['huawei.ecs', 'Common.0021', 400, 'unreachable'],
    ['huawei.evs', 'Common.0025', 400, 'unreachable'],
    ['huawei.ecs', 'Common.1503', 429, 'throttled'],
    ['huawei.ecs', 'Common.0013', 401, 'denied'],
    ['huawei.ims', 'IMG.0060', 400, 'throttled'],
    ['huawei.rds', 'DBS.200543', 400, 'missing'],
    ['huawei.dds', 'DBS.280443', 429, 'throttled'],
    ['huawei.rds', 'DBS.200001', 400, 'malformed'],
    ['huawei.cce', 'CCE.02429001', 429, 'throttled'],
    ['huawei.cce', 'CCE.01404001', 404, 'missing'],
    ['huawei.elb.v1', 'Common.0021', 400, 'malformed'],
  ])('%s: %s with %i is %s', async (api, code, status, kind) => {
    expect((await told(api, json({ error_code: code, error_msg: 'no' }, status))).kind).toBe(kind);
  });

  test.each([
    ['huawei.ecs', 'Ecs.0114', 600_000],
    ['huawei.cce', 'CCE.01404001', 600_000],
    ['huawei.rds', 'DBS.200011', 600_000],
    ['huawei.elb.v3', 'itemNotFound', 600_000],
    ['huawei.elb.v1', 'ELB.6101', undefined],
    ['huawei.elb.v3', 'ELB.8904', undefined],
  ])('%s: a 404 with %s is a miss that is believed after %s ms', async (api, code, believedAfterMs) => {
    const seen = await told(api, json({ error_code: code, error_msg: 'no' }, 404));
    expect(seen).toEqual({ kind: 'missing', reason: expect.any(String), ...(believedAfterMs && { believedAfterMs }) });
  });

  test.each([
    [120, 599_999, 'pending'],
    [120, 600_000, 'lost'],
    [3600, 3_599_999, 'pending'],
    [3600, 3_600_000, 'lost'],
  ])('a weak witness with a grace of %i s and %i ms between misses leaves the job %s', (grace, apartMs, phase) => {
    const message = parseWatchMessage(
      { api: 'huawei.rds', region: 'eu-de', projectId: PROJECT, jobId: 'j1', notFoundGraceSeconds: grace },
      API_FACTS,
    );
    if (!message.ok) throw new Error('the message is wrong');
    const sentMs = NOW_MS - 2 * 3_600_000;
    let job = newJob(message.value, { sentMs, nowMs: sentMs, owner: null });
    const miss = { kind: 'missing', reason: 'no such job', believedAfterMs: 600_000 } as const;
    for (const atMs of [NOW_MS, NOW_MS + 1, NOW_MS + apartMs])
      job = transition(job, miss, judgeByTable(new Map()), atMs).job;
    expect(job.phase).toBe(phase);
  });
});

describe('hosts', () => {
  test.each([
    ['huawei.ecs', 'eu-west-101', 'https://ecs.eu-west-101.myhuaweicloud.com/v1/P/jobs/j1'],
    ['huawei.eip', 'cn-north-4', 'https://vpc.cn-north-4.myhuaweicloud.com/v1/P/jobs/j1'],
    ['huawei.rds', 'eu-west-101', 'https://rds.eu-west-101.myhuaweicloud.eu/v3/P/jobs?id=j1'],
    ['huawei.gaussdb', 'ap-southeast-1', 'https://gaussdbformysql.ap-southeast-1.myhuaweicloud.com/v3/P/jobs?id=j1'],
    ['huawei.opengauss', 'cn-north-4', 'https://gaussdb-opengauss.cn-north-4.myhuaweicloud.com/v3/P/jobs?id=j1'],
    ['huawei.opengauss', 'me-east-1', 'https://gaussdb.me-east-1.myhuaweicloud.com/v3/P/jobs?id=j1'],
    ['huawei.geminidb', 'cn-north-4', 'https://gaussdb-nosql.cn-north-4.myhuaweicloud.com/v3/P/jobs?id=j1'],
    ['huawei.dcs', 'cn-north-4', 'https://dcs.cn-north-4.myhuaweicloud.com/v2/P/jobs/j1'],
    ['huawei.sfsturbo', 'cn-north-4', 'https://sfs-turbo.cn-north-4.myhuaweicloud.com/v1/P/sfs-turbo/jobs/j1'],
    ['huawei.cce', 'eu-west-101', 'https://cce.eu-west-101.myhuaweicloud.eu/api/v3/projects/P/jobs/j1'],
  ])('%s in %s', async (api, region, url) => {
    const lab = aLab([json({})]);
    const call = aCall(api, ['j1']);
    await poll(lab, { ...call, scope: { ...call.scope, region } });
    expect(lab.requests[0]?.url.href.replace(PROJECT, 'P')).toBe(url);
  });
});

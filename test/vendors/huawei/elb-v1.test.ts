import { describe, expect, test } from 'vitest';
import { aCall, aLab, anAccess, fixture, HUAWEI, json, kinds, only, poll, text } from '../support.ts';

const API = 'huawei.elb.v1';

describe('documented answers', () => {
  test('a job that has ended', async () => {
    const lab = aLab([json(fixture('vendors/answers/huawei-elb-v1-success.json'))]);
    const result = await poll(lab, aCall(API, ['ff8080825ecc523f015ecd0a98f82f77']));
    expect(only(result)).toEqual({
      kind: 'status',
      word: 'SUCCESS',
      detail: {
        operation: 'createELB',
        resourceId: 'ef265755daf84333baf4ddc1d91cbc2f',
        resourceType: 'elb',
        beganAt: '2017-09-29T09:49:37.399Z',
        endedAt: '2017-09-29T09:50:03.272Z',
        error: null,
        subJobs: [],
        requestId: null,
      },
    });
  });

  test('a job at work, with its entities and an empty end', async () => {
    const lab = aLab([json(fixture('vendors/answers/huawei-elb-v1-running.json'))]);
    const result = await poll(lab, aCall(API, ['4010b39b4fd3d5ff014fd943bac41619']));
    expect(only(result)).toMatchObject({
      kind: 'status',
      word: 'RUNNING',
      detail: {
        operation: 'deleteELB',
        resourceId: 'ea3e5715b68850a747ec41f335625c08',
        resourceType: 'elb',
        beganAt: '2015-09-17T03:05:38.756Z',
        endedAt: null,
        error: null,
      },
    });
  });
});

describe('one job', () => {
  const ask1 = async (body: object) => only(await poll(aLab([json(body)]), aCall(API, ['j1'])));

  test('the fewest fields that make a status', async () => {
    expect(await ask1({ status: 'INIT' })).toMatchObject({
      kind: 'status',
      word: 'INIT',
      detail: { operation: null, beganAt: null },
    });
  });

  test('a failure with code and reason', async () => {
    expect(await ask1({ status: 'FAIL', job_id: 'j1', error_code: 'ELB.6001', fail_reason: 'no quota' })).toMatchObject(
      {
        word: 'FAIL',
        detail: { error: { code: 'ELB.6001', message: 'no quota' } },
      },
    );
  });

  test('sub-jobs of the same shape, with their entities', async () => {
    const sub = {
      status: 'FAIL',
      job_id: 's1',
      job_type: 'createVM',
      begin_time: '2017-09-29T09:49:37Z',
      end_time: '',
      error_code: 'E',
      fail_reason: 'r',
      entities: { server_id: 'srv', elb: { id: 'lb' }, name: 'x' },
    };
    const expected = [
      {
        jobId: 's1',
        operation: 'createVM',
        status: 'FAIL',
        resourceId: null,
        beganAt: '2017-09-29T09:49:37.000Z',
        endedAt: null,
        error: { code: 'E', message: 'r' },
        entities: [
          { id: 'srv', type: 'server' },
          { id: 'lb', type: 'elb' },
        ],
      },
    ];
    expect(await ask1({ status: 'FAIL', sub_jobs: [sub] })).toMatchObject({ detail: { subJobs: expected } });
    const nested = { sub_jobs_total: 1, sub_jobs: [sub, 'x'] };
    expect(await ask1({ status: 'FAIL', entities: nested })).toMatchObject({ detail: { subJobs: expected } });
  });

  test.each([[''], [null], ['none'], [{}], [[]], [undefined]])('sub_jobs %j are none', async (sub_jobs) => {
    expect(await ask1({ status: 'SUCCESS', sub_jobs })).toMatchObject({ kind: 'status', detail: { subJobs: [] } });
  });

  test.each([
    ['2017-09-29T09:49:37.399Z', '2017-09-29T09:49:37.399Z'],
    ['2017-09-29T09:49:37', '2017-09-29T09:49:37.000Z'],
    ['2017-09-29T09:49:37.5', '2017-09-29T09:49:37.500Z'],
    ['2017-09-29T11:49:37+02:00', '2017-09-29T09:49:37.000Z'],
    ['', null],
    ['yesterday', null],
    ['2017-02-30T00:00:00Z', null],
    ['2017-09-29 09:49:37', null],
    [1506678577399, null],
    [null, null],
  ])('a time of %j', async (begin_time, beganAt) => {
    expect(await ask1({ status: 'RUNNING', begin_time })).toMatchObject({ kind: 'status', detail: { beganAt } });
  });

  test.each([
    ['HTML', text('<html></html>')],
    ['nothing', text('')],
    ['a cut text', text('{"status":"SUCCESS"')],
    ['null', json(null)],
    ['an array', json([{ status: 'SUCCESS', job_id: 'j1' }])],
    ['another job', json({ status: 'SUCCESS', job_id: 'j2' })],
    ['no status', json({ job_id: 'j1' })],
    ['an error', json({ code: 'ELB.6101', message: 'no' })],
    ['an empty status', json({ job_id: 'j1', status: '' })],
    ['a status of another type', json({ job_id: 'j1', status: ['SUCCESS'] })],
    ['an id of another type', json({ job_id: 1, status: 'SUCCESS' })],
  ])('a 200 with %s is malformed', async (_, response) => {
    expect(only(await poll(aLab([response]), aCall(API, ['j1'])))).toMatchObject({ kind: 'malformed' });
  });
});

describe('several jobs', () => {
  test('are polled one after another, and a malformed response stops nothing', async () => {
    const lab = aLab([text('<html>'), json({ status: 'INIT' }), json({ code: 'X.1' }, 404)]);
    expect(kinds(await poll(lab, aCall(API, ['a', 'b', 'c'])))).toEqual({ a: 'malformed', b: 'status', c: 'missing' });
  });

  test('what the pace does not allow stays unasked', async () => {
    const lab = aLab([json({ status: 'INIT' })]);
    expect(kinds(await poll(lab, aCall(API, ['a', 'b', 'c']), anAccess(HUAWEI, 1)))).toEqual({
      a: 'status',
      b: 'unasked',
      c: 'unasked',
    });
    expect(lab.requests).toHaveLength(1);
  });
});

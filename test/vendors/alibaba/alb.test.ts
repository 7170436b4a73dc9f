import { describe, expect, test } from 'vitest';
import {
  ALIBABA,
  aCall,
  aLab,
  alibabaError,
  anAccess,
  failure,
  fixture,
  idsOf,
  json,
  kinds,
  only,
  poll,
  queryOf,
} from '../support.ts';

const API = 'alibaba.alb';
const SAMPLE_ID = '365F4154-92F6-4AE4-92F8-7FF34B5****';

function job(Id: string, more: object = {}): object {
  return { Id, Status: 'Processing', ...more };
}

describe('one page', () => {
  test('the documented answer gives status, times and error, though its status is a success', async () => {
    const lab = aLab([json(fixture('vendors/answers/alibaba-alb-list-asyn-jobs.json'))]);
    const result = await poll(lab, aCall(API, [SAMPLE_ID]));
    expect(only(result)).toEqual({
      kind: 'status',
      word: 'Succeeded',
      detail: {
        operation: 'CreateLoadBalancer',
        resourceId: 'alb-o8mszt95oamfjy****',
        resourceType: 'acl',
        beganAt: '2037-08-23T18:00:31.234Z',
        endedAt: '2037-12-17T11:47:13.315Z',
        error: { code: '506', message: 'AllocateEipAddress Failed' },
        subJobs: [],
        requestId: '365F4154-92F6-4AE4-92F8-7FF34B540710',
      },
    });
    expect(lab.requests).toHaveLength(1);
    expect(queryOf(lab.requests[0])).toEqual({ 'JobIds.1': SAMPLE_ID, MaxResults: '100' });
    expect(lab.requests[0]?.headers).toMatchObject({ 'x-acs-action': 'ListAsynJobs', 'x-acs-version': '2020-06-16' });
  });

  test('an error beside a success does not change the phase', () => {
    const vendor = aLab([]).vendors.get(API);
    const detail = {
      operation: null,
      resourceId: null,
      resourceType: null,
      beganAt: null,
      endedAt: null,
      error: { code: '506', message: null },
      subJobs: [],
      requestId: null,
    };
    const memory = { rolledBack: false, failSeenAt: null };
    expect(vendor?.judge({ word: 'Succeeded', detail }, memory, 0)).toEqual({
      phase: 'succeeded',
      memory,
      pollWithinMs: null,
    });
  });

  test.each([
    [{ CreateTime: 1700000000000, ModifyTime: 1700000001000 }, '2023-11-14T22:13:20.000Z', '2023-11-14T22:13:21.000Z'],
    [
      { CreateTime: '1700000000000', ModifyTime: '1700000001000' },
      '2023-11-14T22:13:20.000Z',
      '2023-11-14T22:13:21.000Z',
    ],
    [{ CreateTime: 0, ModifyTime: -1 }, null, null],
    [{ CreateTime: 1e300, ModifyTime: 253402300800000 }, null, null],
    [{ CreateTime: '2021-06-03T17:22Z', ModifyTime: {} }, null, null],
    [{ CreateTime: 1.5, ModifyTime: null }, null, null],
    [{}, null, null],
  ])('times %j', async (times, beganAt, endedAt) => {
    const lab = aLab([json({ Jobs: [job('j1', { Status: 'Failed', ...times })] })]);
    expect(only(await poll(lab, aCall(API, ['j1'])))).toMatchObject({ kind: 'status', detail: { beganAt, endedAt } });
  });

  test('while a job is worked on, its last change is no end', async () => {
    const lab = aLab([json({ Jobs: [job('j1', { Status: 'processing', ModifyTime: 1700000001000 })] })]);
    expect(only(await poll(lab, aCall(API, ['j1'])))).toMatchObject({ detail: { endedAt: null } });
  });

  test.each([
    [{ ErrorCode: '', ErrorMessage: '' }, null],
    [{ ErrorCode: null, ErrorMessage: null }, null],
    [{}, null],
    [{ ErrorCode: 'X.Y' }, { code: 'X.Y', message: null }],
    [
      { ErrorCode: 506, ErrorMessage: 'no' },
      { code: '506', message: 'no' },
    ],
    [{ ErrorCode: {}, ErrorMessage: [] }, null],
  ])('error %j', async (said, error) => {
    const lab = aLab([json({ Jobs: [job('j1', said)] })]);
    expect(only(await poll(lab, aCall(API, ['j1'])))).toMatchObject({ kind: 'status', detail: { error } });
  });

  test('an unknown id, left out of an empty list, is missing', async () => {
    expect(kinds(await poll(aLab([json({ Jobs: [] })]), aCall(API, ['j1'])))).toEqual({ j1: 'missing' });
  });

  test('a batch refused for an unknown id is split as for NLB', async () => {
    const notFound = alibabaError('ResourceNotFound.JobId', 404);
    const lab = aLab([notFound, json({ Jobs: [job('j1')] }), notFound]);
    expect(kinds(await poll(lab, aCall(API, ['j1', 'j2'])))).toEqual({ j1: 'status', j2: 'missing' });
    expect(lab.requests.map(idsOf)).toEqual([['j1', 'j2'], ['j1'], ['j2']]);
  });
});

describe('several pages', () => {
  test.each([
    ['absent', {}],
    ['empty', { NextToken: '' }],
    ['null', { NextToken: null }],
  ])('a token that is %s ends the list', async (_, end) => {
    const lab = aLab([json({ Jobs: [job('j1')], NextToken: 't1' }), json({ Jobs: [job('j2')], ...end })]);
    expect(kinds(await poll(lab, aCall(API, ['j1', 'j2', 'j3'])))).toEqual({
      j1: 'status',
      j2: 'status',
      j3: 'missing',
    });
    expect(lab.requests.map((request) => queryOf(request)['NextToken'])).toEqual([undefined, 't1']);
  });

  test('reading ends when all ids are seen', async () => {
    const lab = aLab([json({ Jobs: [job('j1'), job('j2')], NextToken: 't1' })]);
    await poll(lab, aCall(API, ['j1', 'j2']));
    expect(lab.requests).toHaveLength(1);
  });

  test('a token that repeats is malformed for what was not seen', async () => {
    const lab = aLab([
      json({ Jobs: [job('j1')], NextToken: 'a' }),
      json({ Jobs: [], NextToken: 'b' }),
      json({ Jobs: [], NextToken: 'a' }),
    ]);
    expect(kinds(await poll(lab, aCall(API, ['j1', 'j2'])))).toEqual({ j1: 'status', j2: 'malformed' });
    expect(lab.requests).toHaveLength(3);
  });

  test('a list without an end is left after ten pages', async () => {
    const tokens = Array.from({ length: 20 }, (_, index) => `t${index}`);
    const lab = aLab([() => json({ Jobs: [], NextToken: tokens.shift() })]);
    expect(kinds(await poll(lab, aCall(API, ['j1', 'j2'])))).toEqual({ j1: 'malformed', j2: 'malformed' });
    expect(lab.requests).toHaveLength(10);
  });

  test('a token of another type is malformed', async () => {
    expect(kinds(await poll(aLab([json({ Jobs: [], NextToken: 5 })]), aCall(API, ['j1', 'j2'])))).toEqual({
      j1: 'malformed',
      j2: 'malformed',
    });
  });

  test('an entry without an id on any page keeps all others from being missing', async () => {
    const lab = aLab([json({ Jobs: [{}], NextToken: 't1' }), json({ Jobs: [job('j1')] })]);
    expect(kinds(await poll(lab, aCall(API, ['j1', 'j2'])))).toEqual({ j1: 'status', j2: 'malformed' });
  });

  test.each([
    ['a time-out', failure('timeout'), 'unreachable'],
    ['throttling', alibabaError('Throttling', 400), 'throttled'],
    ['a list without Jobs', json({}), 'malformed'],
  ])('%s on the second page keeps what the first one said', async (_, trouble, kind) => {
    const lab = aLab([json({ Jobs: [job('j1')], NextToken: 't1' }), trouble]);
    expect(kinds(await poll(lab, aCall(API, ['j1', 'j2'])))).toEqual({ j1: 'status', j2: kind });
  });

  test('each page is paid for', async () => {
    const lab = aLab([json({ Jobs: [job('j1')], NextToken: 't1' })]);
    expect(kinds(await poll(lab, aCall(API, ['j1', 'j2']), anAccess(ALIBABA, 1)))).toEqual({
      j1: 'status',
      j2: 'unasked',
    });
    expect(lab.requests).toHaveLength(1);
  });

  test('the same entry on two pages is one', async () => {
    const lab = aLab([
      json({ RequestId: 'R1', Jobs: [job('j1')], NextToken: 't1' }),
      json({ RequestId: 'R2', Jobs: [job('j1'), job('j2')] }),
    ]);
    expect(kinds(await poll(lab, aCall(API, ['j1', 'j2'])))).toEqual({ j1: 'status', j2: 'status' });
  });
});

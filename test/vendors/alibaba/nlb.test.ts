import { describe, expect, test } from 'vitest';
import type { HttpRequest, HttpResponse } from '../../../lib/base/http.ts';
import { NO_DETAIL } from '../../../lib/job/observation.ts';
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
  text,
} from '../support.ts';

const API = 'alibaba.nlb';
const NOT_FOUND = alibabaError('ResourceNotFound.JobId', 404);

/** An NLB that knows these jobs and responds 404 to a batch with any other: of two behaviours the one that costs. */
function strictNlb(known: Record<string, string>) {
  return (request: HttpRequest): HttpResponse => {
    const ids = idsOf(request);
    if (!ids.every((id) => id in known)) return NOT_FOUND;
    if (request.headers['x-acs-action'] === 'GetJobStatus')
      return json({ RequestId: 'R', Status: known[ids[0] ?? ''] });
    return json({ RequestId: 'R', Jobs: ids.map((Id) => ({ Id, Status: known[Id] })), TotalCount: String(ids.length) });
  };
}

function jobs(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `j${index + 1}`);
}

function allProcessing(ids: readonly string[]): Record<string, string> {
  return Object.fromEntries(ids.map((id) => [id, 'Processing']));
}

describe('one id', () => {
  test('the documented answer is a status, with nothing but the request id beside it', async () => {
    const lab = aLab([json(fixture('vendors/answers/alibaba-nlb-get-job-status.json'))]);
    const result = await poll(lab, aCall(API, ['j1']));
    expect(only(result)).toEqual({
      kind: 'status',
      word: 'Succeeded',
      detail: { ...NO_DETAIL, requestId: '365F4154-92F6-4AE4-92F8-7FF34B540710' },
    });
    expect(result).toMatchObject({ keyRefusals: 0, keyDoubts: 0, pages: null });
    expect(lab.requests[0]?.headers['x-acs-action']).toBe('GetJobStatus');
    expect(queryOf(lab.requests[0])).toEqual({ JobId: 'j1' });
  });

  /** An NLB whose GetJobStatus does not say `Failed`: only the list is documented to. */
  const coyNlb = (request: HttpRequest) =>
    request.headers['x-acs-action'] === 'GetJobStatus'
      ? json({ RequestId: 'R', Status: 'Processing' })
      : json({ RequestId: 'R', Jobs: [{ Id: idsOf(request)[0], Status: 'Failed' }] });

  test('that GetJobStatus calls unfinished is polled by the list next, which alone may say Failed', async () => {
    const lab = aLab([coyNlb]);
    const words = [];
    for (let round = 0; round < 4; round++) words.push(only(await poll(lab, aCall(API, ['j1']))));
    expect(words).toMatchObject(['Processing', 'Failed', 'Processing', 'Failed'].map((word) => ({ word })));
    expect(lab.requests.map(idsOf)).toEqual([['j1'], ['j1'], ['j1'], ['j1']]);
  });

  test('is remembered as unfinished for its own scope alone', async () => {
    const lab = aLab([coyNlb]);
    const call = aCall(API, ['j1']);
    await poll(lab, call);
    const elsewhere = { ...call, scope: { ...call.scope, region: 'cn-hangzhou' } };
    expect(only(await poll(lab, elsewhere))).toMatchObject({ word: 'Processing' });
  });

  test.each([
    ['leaves it out', json({ Jobs: [] }), 'missing'],
    ['refuses it', NOT_FOUND, 'missing'],
    ['is no list', json({}), 'malformed'],
  ])('is what the list says of it where that %s', async (_, listed, kind) => {
    const lab = aLab([json({ Status: 'Processing' }), listed]);
    await poll(lab, aCall(API, ['j1']));
    expect(only(await poll(lab, aCall(API, ['j1'])))).toMatchObject({ kind });
  });

  test.each(['processing', 'Processing', 'Failed', 'Zombie', 'x'.repeat(64)])(
    'the word "%s" is kept as written',
    async (word) => {
      expect(only(await poll(aLab([json({ Status: word })]), aCall(API, ['j1'])))).toMatchObject({
        kind: 'status',
        word,
      });
    },
  );

  test.each([
    ['HTML', text('<!DOCTYPE html>')],
    ['nothing', text('')],
    ['a cut text', text('{"RequestId":"R","Status":"Succ')],
    ['an array', json([{ Status: 'Succeeded' }])],
    ['null', json(null)],
    ['a text', json('Succeeded')],
    ['no Status', json({ RequestId: 'R' })],
    ['an empty Status', json({ Status: '' })],
    ['a number', json({ Status: 1 })],
    ['an object', json({ Status: { Status: 'Succeeded' } })],
    ['too long a word', json({ Status: 'x'.repeat(65) })],
  ])('a 200 with %s is malformed', async (_, response) => {
    expect(only(await poll(aLab([response]), aCall(API, ['j1'])))).toMatchObject({ kind: 'malformed' });
  });

  test('a batch call of one id is polled by GetJobStatus too', async () => {
    const lab = aLab([strictNlb({ j1: 'Processing' })]);
    await poll(lab, aCall(API, ['j1'], { shape: 'batch' }));
    expect(lab.requests[0]?.headers['x-acs-action']).toBe('GetJobStatus');
  });
});

describe('several ids', () => {
  test('are polled by one ListAsynJobs', async () => {
    const lab = aLab([strictNlb({ j1: 'Processing', j2: 'Failed', j3: 'Succeeded' })]);
    const result = await poll(lab, aCall(API, ['j1', 'j2', 'j3']));
    expect([...result.observations].map(([id, seen]) => [id, seen.kind === 'status' && seen.word])).toEqual([
      ['j1', 'Processing'],
      ['j2', 'Failed'],
      ['j3', 'Succeeded'],
    ]);
    expect(lab.requests).toHaveLength(1);
    expect(queryOf(lab.requests[0])).toEqual({ 'JobIds.1': 'j1', 'JobIds.2': 'j2', 'JobIds.3': 'j3' });
  });

  test('more than 20 go in batches of 20', async () => {
    const ids = jobs(41);
    const lab = aLab([strictNlb(allProcessing(ids))]);
    const result = await poll(lab, aCall(API, ids));
    expect(result.observations.size).toBe(41);
    expect(lab.requests.map((request) => idsOf(request).length)).toEqual([20, 20, 1]);
  });

  test('an id that a well-formed list leaves out is missing', async () => {
    const lab = aLab([json({ RequestId: 'R', Jobs: [{ Id: 'j2', Status: 'Processing' }], TotalCount: 1 })]);
    expect(kinds(await poll(lab, aCall(API, ['j1', 'j2'])))).toEqual({ j1: 'missing', j2: 'status' });
  });

  test.each([
    ['Jobs is absent', json({ RequestId: 'R', TotalCount: '0' })],
    ['Jobs is null', json({ Jobs: null })],
    ['Jobs is an object', json({ Jobs: { Id: 'j1', Status: 'Succeeded' } })],
    ['the body is HTML', text('<html></html>')],
    ['an entry has no Id', json({ Jobs: [{ Status: 'Succeeded' }] })],
    ['an entry is null', json({ Jobs: [null] })],
  ])('nothing is missing where %s', async (_, response) => {
    expect(kinds(await poll(aLab([response]), aCall(API, ['j1', 'j2'])))).toEqual({ j1: 'malformed', j2: 'malformed' });
  });

  test('entries for ids that were not polled are ignored, bad entries harm only their own id', async () => {
    const Jobs = [
      { Id: 'other', Status: 'Failed' },
      { Id: 'j1', Status: 7 },
      { Id: 'j2', Status: 'Succeeded' },
    ];
    expect(kinds(await poll(aLab([json({ Jobs })]), aCall(API, ['j1', 'j2'])))).toEqual({
      j1: 'malformed',
      j2: 'status',
    });
  });

  test('two entries for an id must agree', async () => {
    const Jobs = [
      { Id: 'j1', Status: 'Processing' },
      { Id: 'j1', Status: 'Succeeded' },
      { Id: 'j1', Status: 'Processing' },
      { Id: 'j2', Status: 'Processing' },
      { Id: 'j2', Status: 'processing' },
    ];
    expect(kinds(await poll(aLab([json({ Jobs })]), aCall(API, ['j1', 'j2'])))).toEqual({
      j1: 'malformed',
      j2: 'status',
    });
  });
});

describe('a batch that an unknown id spoils', () => {
  test.each([0, 1, 9, 10, 18, 19])('finds the unknown one at place %i in at most eleven requests', async (place) => {
    const ids = jobs(20);
    const known = allProcessing(ids.filter((_, index) => index !== place));
    const lab = aLab([strictNlb(known)]);
    const result = await poll(lab, aCall(API, ids));
    expect(Object.entries(kinds(result)).filter(([, kind]) => kind === 'missing')).toEqual([[ids[place], 'missing']]);
    expect(Object.values(kinds(result)).filter((kind) => kind === 'status')).toHaveLength(19);
    expect(lab.requests.length).toBeLessThanOrEqual(11);
  });

  test('a half that must hold the unknown one is not polled as a whole again', async () => {
    const lab = aLab([strictNlb({ j1: 'Processing', j2: 'Processing', j3: 'Processing' })]);
    await poll(lab, aCall(API, ['j1', 'j2', 'j3', 'j4']));
    expect(lab.requests.map(idsOf)).toEqual([['j1', 'j2', 'j3', 'j4'], ['j1', 'j2'], ['j3'], ['j4']]);
  });

  test('all unknown: each id is missing by an answer about it alone', async () => {
    const ids = jobs(8);
    const lab = aLab([strictNlb({})]);
    const result = await poll(lab, aCall(API, ids));
    expect(new Set(Object.values(kinds(result)))).toEqual(new Set(['missing']));
    const alone = lab.requests.filter(({ headers }) => headers['x-acs-action'] === 'GetJobStatus').map(idsOf);
    expect(alone.flat().sort()).toEqual(ids);
  });

  test.each([
    ['a refused key', alibabaError('InvalidAccessKeyId.Inactive', 400), 'denied'],
    ['throttling', alibabaError('Throttling.User', 429), 'throttled'],
    ['a time-out', failure('timeout'), 'unreachable'],
  ])('%s in the middle ends the call for all that is unseen', async (_, trouble, kind) => {
    const lab = aLab([NOT_FOUND, strictNlb(allProcessing(['j1', 'j2'])), trouble]);
    const result = await poll(lab, aCall(API, ['j1', 'j2', 'j3', 'j4']));
    expect(kinds(result)).toEqual({ j1: 'status', j2: 'status', j3: kind, j4: kind });
    expect(lab.requests).toHaveLength(3);
  });

  test('a malformed half does not stop the other', async () => {
    const lab = aLab([NOT_FOUND, text('<html>'), strictNlb(allProcessing(['j3', 'j4']))]);
    const result = await poll(lab, aCall(API, ['j1', 'j2', 'j3', 'j4']));
    expect(kinds(result)).toEqual({ j1: 'malformed', j2: 'malformed', j3: 'status', j4: 'status' });
    expect(lab.requests).toHaveLength(3);
  });

  test('what the pace does not allow stays unasked', async () => {
    const lab = aLab([strictNlb(allProcessing(['j1', 'j2', 'j3']))]);
    const result = await poll(lab, aCall(API, ['j1', 'j2', 'j3', 'j4']), anAccess(ALIBABA, 3));
    expect(kinds(result)).toEqual({ j1: 'status', j2: 'status', j3: 'status', j4: 'unasked' });
    expect(lab.requests).toHaveLength(3);
  });

  test('nothing is polled where the pace allows nothing', async () => {
    const lab = aLab([strictNlb({})]);
    expect(kinds(await poll(lab, aCall(API, ['j1', 'j2']), anAccess(ALIBABA, 0)))).toEqual({
      j1: 'unasked',
      j2: 'unasked',
    });
    expect(lab.requests).toEqual([]);
  });
});

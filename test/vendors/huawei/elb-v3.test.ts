import { describe, expect, test } from 'vitest';
import type { HttpRequest, HttpResponse } from '../../../lib/base/http.ts';
import { aCall, aLab, anAccess, failure, fixture, HUAWEI, json, kinds, only, poll, text } from '../support.ts';

const API = 'huawei.elb.v3';
const SAMPLE_ID = 'ef6da45b-35d9-4c18-8c35-0b80d94ab9e6';

function job(job_id: string, more: object = {}): object {
  return { job_id, status: 'RUNNING', ...more };
}

/** Answers lists by these pages, one after another, and single requests for the jobs named. */
function elb(pages: readonly HttpResponse[], singles: readonly string[] = []) {
  const left = [...pages];
  return (request: HttpRequest): HttpResponse => {
    const id = /\/elb\/jobs\/(.+)$/.exec(request.url.pathname)?.[1];
    if (id === undefined) return left.shift() ?? text('', 500);
    return singles.includes(id) ? json({ job: job(id), request_id: 'r' }) : json({ error_code: 'ELB.8904' }, 404);
  };
}

const aList = (jobIds: readonly string[]) =>
  aCall(API, jobIds, { shape: 'list', beganAfterMs: Date.parse('2024-03-23T00:00:00Z') });

function requested(lab: { requests: readonly HttpRequest[] }): string[] {
  return lab.requests.map(
    ({ url }) => `${url.pathname.replace(/^.*\/elb\/jobs\/?/, '')}${url.searchParams.get('marker') ?? ''}`,
  );
}

const SAMPLE_DETAIL = {
  operation: 'UPGRADE',
  resourceId: '9f5b432c-987e-4777-a1bc-6642be4b2b50',
  beganAt: '2024-03-23T08:20:42.000Z',
  endedAt: '2024-03-23T08:49:11.000Z',
  error: null,
  requestId: '029f8cca-4d92-4b3e-9370-b36d382f969b',
};

describe('documented answers', () => {
  test('the list of the reference page shows the job and its three sub-jobs', async () => {
    const lab = aLab([json(fixture('vendors/answers/huawei-elb-v3-list.json'))]);
    const result = await poll(lab, aList([SAMPLE_ID]));
    const seen = only(result);
    expect(seen).toMatchObject({ kind: 'status', word: 'COMPLETE', detail: SAMPLE_DETAIL });
    expect(seen.kind === 'status' && seen.detail.subJobs.map(({ operation }) => operation)).toEqual([
      'UPGRADE_TRAFFIC_SWITCH',
      'UPGRADE_INIT',
      'UPGRADE_COMPLETE',
    ]);
    expect(seen.kind === 'status' && seen.detail.subJobs[0]).toEqual({
      jobId: '481a5ab3-b3ff-46fa-b074-d3b8e09ab9cb',
      operation: 'UPGRADE_TRAFFIC_SWITCH',
      status: 'SUCCESS',
      resourceId: '9f5b432c-987e-4777-a1bc-6642be4b2b50',
      beganAt: '2024-03-23T08:47:11.000Z',
      endedAt: '2024-03-23T08:47:11.000Z',
      error: null,
      entities: [{ id: '9f5b432c-987e-4777-a1bc-6642be4b2b50', type: 'loadbalancer' }],
    });
    expect(result.pages).toBe(1);
    expect(lab.requests).toHaveLength(1);
  });

  test('the same job polled singly stands in `job`', async () => {
    const { jobs, request_id } = fixture('vendors/answers/huawei-elb-v3-list.json') as {
      jobs: unknown[];
      request_id: string;
    };
    const result = await poll(aLab([json({ job: jobs[0], request_id })]), aCall(API, [SAMPLE_ID]));
    expect(only(result)).toMatchObject({ kind: 'status', word: 'COMPLETE', detail: SAMPLE_DETAIL });
    expect(result.pages).toBeNull();
  });
});

describe('one job', () => {
  test.each([
    ['HTML', text('<html></html>')],
    ['nothing', text('')],
    ['a cut text', text('{"job":{"status":"COMPLETE"')],
    ['no job', json({ request_id: 'r' })],
    ['a job outside `job`', json(job('j1'))],
    ['null for a job', json({ job: null })],
    ['an array for a job', json({ job: [job('j1')] })],
    ['another job', json({ job: job('j2') })],
    ['no status', json({ job: { job_id: 'j1' } })],
    ['an error code of another type', json({ job: job('j1', { error_code: ['E'] }) })],
    ['sub-jobs of another type', json({ job: job('j1', { sub_jobs: 'FAIL' }) })],
    ['an array for a sub-job', json({ job: job('j1', { sub_jobs: [[]] }) })],
    ['a sub-job of another type', json({ job: job('j1', { sub_jobs: ['FAIL'] }) })],
    ['a sub-job with a status of another type', json({ job: job('j1', { sub_jobs: [{ status: 1 }] }) })],
  ])('a 200 with %s is malformed', async (_, response) => {
    expect(only(await poll(aLab([response]), aCall(API, ['j1'])))).toMatchObject({ kind: 'malformed' });
  });

  test('the type of its resource is that of the entity of the same id', async () => {
    const entities = [
      { resource_id: 'x', resource_type: 'listener' },
      { resource_id: 'lb', resource_type: 'loadbalancer' },
    ];
    const lab = aLab([json({ job: job('j1', { resource_id: 'lb', entities }) })]);
    expect(only(await poll(lab, aCall(API, ['j1'])))).toMatchObject({
      detail: { resourceId: 'lb', resourceType: 'loadbalancer' },
    });
  });

  test('no more than ten entities of a sub-job are kept', async () => {
    const entities = Array.from({ length: 30 }, (_, index) => ({
      resource_id: `r${index}`,
      resource_type: 'listener',
    }));
    const byName = Object.fromEntries(entities.map(({ resource_id }) => [`${resource_id}_id`, resource_id]));
    const lab = aLab([json({ job: job('j1', { sub_jobs: [{ entities }, { entities: byName }] }) })]);
    const seen = only(await poll(lab, aCall(API, ['j1'])));
    expect(seen.kind === 'status' && seen.detail.subJobs.map((sub) => sub.entities.length)).toEqual([10, 10]);
  });

  test('a failed sub-job is kept however many others there are', async () => {
    const sub_jobs = Array.from({ length: 400 }, (_, index) => ({
      job_id: `s${index}`,
      status: index === 399 ? 'FAIL' : 'SUCCESS',
      error_msg: 'é'.repeat(5000),
    }));
    const lab = aLab([json({ job: job('j1', { status: 'COMPLETE', sub_jobs }) })]);
    const seen = only(await poll(lab, aCall(API, ['j1'])));
    const vendor = lab.vendors.get(API);
    if (seen.kind !== 'status' || vendor === undefined) throw new Error('expected a status');
    expect(vendor.judge(seen, { rolledBack: false, failSeenAt: null }, 0).phase).toBe('failed');
  });
});

describe('the list', () => {
  test('is read by markers until all ids are seen', async () => {
    const pages = [
      json({ jobs: [job('other'), job('a')], page_info: { next_marker: 'a' } }),
      json({ jobs: [job('b')], page_info: { next_marker: 'b' } }),
    ];
    const lab = aLab([elb(pages)]);
    const result = await poll(lab, aList(['a', 'b']));
    expect(kinds(result)).toEqual({ a: 'status', b: 'status' });
    expect(requested(lab)).toEqual(['', 'a']);
    expect(result.pages).toBe(2);
  });

  test.each([
    ['absent', undefined],
    ['null', null],
    ['empty', {}],
    ['an empty marker', { next_marker: '' }],
    ['of another type', 7],
  ])(
    'ends where page_info is %s; what it does not show is polled singly, and only that may be a miss',
    async (_, page_info) => {
      const lab = aLab([elb([json({ jobs: [job('a')], page_info })], ['b'])]);
      const result = await poll(lab, aList(['a', 'b', 'c']));
      expect(kinds(result)).toEqual({ a: 'status', b: 'status', c: 'missing' });
      expect(requested(lab)).toEqual(['', 'b', 'c']);
      expect(result.pages).toBe(1);
    },
  );

  test('ends where a marker repeats', async () => {
    const page = (marker: string) => json({ jobs: [], page_info: { next_marker: marker } });
    const lab = aLab([elb([page('m1'), page('m2'), page('m1'), page('m2')])]);
    const result = await poll(lab, aList(['a']));
    expect(requested(lab)).toEqual(['', 'm1', 'm2', 'a']);
    expect(result.pages).toBe(3);
  });

  test('is left after fifty pages', async () => {
    const pages = Array.from({ length: 60 }, (_, index) => json({ jobs: [], page_info: { next_marker: `m${index}` } }));
    const lab = aLab([elb(pages, ['a'])]);
    const result = await poll(lab, aList(['a']));
    expect(kinds(result)).toEqual({ a: 'status' });
    expect(lab.requests).toHaveLength(51);
    expect(result.pages).toBe(50);
  });

  test.each([
    ['HTML', text('<html></html>')],
    ['no jobs', json({ request_id: 'r' })],
    ['jobs that are no array', json({ jobs: {} })],
    ['a 404 of the service', json({ error_code: 'ELB.8904' }, 404)],
    ['a 404 of the gateway', json({ error_code: 'APIGW.0101' }, 404)],
  ])('that is %s leaves all to single requests', async (_, page) => {
    const lab = aLab([elb([page], ['a'])]);
    const result = await poll(lab, aList(['a', 'b']));
    expect(kinds(result)).toEqual({ a: 'status', b: 'missing' });
    expect(result.pages).toBeNull();
  });

  test.each([
    ['throttled', json({ error_code: 'APIGW.0308' }, 429)],
    ['denied', json({ error_code: 'APIGW.0301' }, 401)],
    ['denied', json({ error_code: 'APIGW.0302' }, 403)],
    ['unreachable', text('', 502)],
    ['unreachable', failure('timeout')],
  ])('%s on a later page ends the call for what was not seen', async (kind, trouble) => {
    const lab = aLab([json({ jobs: [job('a')], page_info: { next_marker: 'a' } }), trouble]);
    const result = await poll(lab, aList(['a', 'b', 'c']));
    expect(kinds(result)).toEqual({ a: 'status', b: kind, c: kind });
    expect(lab.requests).toHaveLength(2);
  });

  test('without the right to list leaves a few to single requests, and the rest for other calls', async () => {
    const ids = ['a', 'b', 'c', 'd', 'e', 'f'];
    const lab = aLab([elb([json({ error_code: 'APIGW.0302' }, 403)], ids)]);
    const result = await poll(lab, aList(ids));
    const [seen, left] = ['status', 'unasked'];
    expect(kinds(result)).toEqual({ a: seen, b: seen, c: seen, d: seen, e: left, f: left });
    expect(result.pages).toBeNull();
  });

  test('is denied when a single request is refused the permission as well', async () => {
    const lab = aLab([json({ error_code: 'APIGW.0302' }, 403), json({ error_code: 'APIGW.0302' }, 403)]);
    expect(kinds(await poll(lab, aList(['a', 'b'])))).toEqual({ a: 'denied', b: 'denied' });
    expect(lab.requests).toHaveLength(2);
  });

  test('an entry that can not be read is malformed for its id alone; entries without an id are no news', async () => {
    const lab = aLab([elb([json({ jobs: [job('a', { status: 3 }), null, { status: 'FAIL' }, job('b')] })], ['c'])]);
    expect(kinds(await poll(lab, aList(['a', 'b', 'c'])))).toEqual({ a: 'malformed', b: 'status', c: 'status' });
  });

  test('two entries that contradict each other are malformed', async () => {
    const lab = aLab([elb([json({ jobs: [job('a'), job('a', { status: 'COMPLETE' })] })])]);
    expect(kinds(await poll(lab, aList(['a'])))).toEqual({ a: 'malformed' });
  });

  test('has no begin_time where none was chosen', async () => {
    const lab = aLab([json({ jobs: [job('a')] })]);
    await poll(lab, aCall(API, ['a'], { shape: 'list' }));
    expect(lab.requests[0]?.url.search).toBe('?limit=100');
  });

  test('what the pace does not allow stays unasked', async () => {
    const lab = aLab([elb([json({ jobs: [job('a')] })], ['b', 'c'])]);
    expect(kinds(await poll(lab, aList(['a', 'b', 'c']), anAccess(HUAWEI, 2)))).toEqual({
      a: 'status',
      b: 'status',
      c: 'unasked',
    });
    expect(lab.requests).toHaveLength(2);
  });
});

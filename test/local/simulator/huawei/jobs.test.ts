import { expect, test } from 'vitest';
import { aJob, aSimulator, callHuawei, listV3, PROJECT, showV1, showV3 } from '../support.ts';

test('a v1.0 job comes in its full and in its minimal shape', async () => {
  await using simulator = await aSimulator();
  const error = { code: 'ELB.1', message: 'no' };
  const subJobs = [{ jobId: 's1', status: 'FAIL', operation: 'createVip', error }];
  simulator.addJob(aJob({ api: 'huawei.elb.v1', resourceId: 'r', steps: [{ status: 'FAIL', error, subJobs }] }));
  simulator.addJob(aJob({ api: 'huawei.elb.v1', jobId: 'j2', resourceId: 'r', variant: 'minimal' }));
  expect((await showV1(simulator)).json).toEqual({
    status: 'FAIL',
    entities: { elb: { id: 'r', name: 'simulated', type: 'External', status: 'ACTIVE' } },
    job_id: 'j1',
    job_type: 'createELB',
    begin_time: '2026-11-20T10:00:00.000Z',
    end_time: '2026-11-20T10:00:00.000Z',
    error_code: 'ELB.1',
    fail_reason: 'no',
    sub_jobs: [expect.objectContaining({ job_id: 's1', status: 'FAIL', error_code: 'ELB.1' })],
  });
  const minimal = (await showV1(simulator, 'j2')).json;
  expect(minimal).toMatchObject({ entities: { elb_id: 'r' }, error_code: null, fail_reason: null });
  expect(minimal).not.toHaveProperty('sub_jobs');
});

test('a v1.0 job has an empty end_time while it runs', async () => {
  await using simulator = await aSimulator();
  const steps = [{ status: 'RUNNING', forSeconds: 1 }, { status: 'SUCCESS' }];
  simulator.addJob(aJob({ api: 'huawei.elb.v1', variant: 'minimal', steps }));
  expect((await showV1(simulator)).json.end_time).toBe('');
  simulator.tick(1);
  expect((await showV1(simulator)).json.end_time).toBe('2026-11-20T10:00:01.000Z');
});

test('an end_time can be withheld from the last step', async () => {
  await using simulator = await aSimulator();
  const steps = [{ status: 'FAIL', ended: false }];
  simulator.addJob(aJob({ api: 'huawei.elb.v1', steps }));
  simulator.addJob(aJob({ api: 'huawei.elb.v3', steps }));
  expect((await showV1(simulator)).json.end_time).toBe('');
  expect((await showV3(simulator)).json.job.end_time).toBe('');
});

test.each([
  ['elb', 'application/json', { error_code: 'ELB.8904', error_msg: expect.any(String) }],
  ['classic', 'application/json', { error: { code: 'ELB.6101', message: expect.any(String) } }],
  ['plain', 'application/json', { code: 'itemNotFound', message: expect.any(String) }],
  ['gateway', 'application/json', { error_code: 'APIGW.0101' }],
  ['html', 'text/html', undefined],
] as const)('an unknown job can be a 404 in the shape %s', async (shape, type, body) => {
  await using simulator = await aSimulator({ scenario: { options: { huaweiUnknownJob: shape } } });
  for (const answer of [await showV1(simulator, 'nope'), await showV3(simulator, 'nope')]) {
    expect(answer.status).toBe(404);
    expect(answer.headers['content-type']).toContain(type);
    if (body) expect(answer.json).toMatchObject(body);
  }
});

test('a v3 job tells its sub-jobs and, once it has ended, when', async () => {
  await using simulator = await aSimulator();
  const subJobs = [
    { jobId: 's1', status: 'ROLLBACKING', operation: 'UPGRADE_INIT', entities: [{ id: 'r', type: 'loadbalancer' }] },
  ];
  const error = { code: 'ELB.8011', message: 'no way back' };
  simulator.addJob(
    aJob({
      api: 'huawei.elb.v3',
      resourceId: 'r',
      steps: [
        { status: 'FAIL', forSeconds: 3, subJobs },
        { status: 'ROLLBACK_FAIL', error },
      ],
    }),
  );
  expect((await showV3(simulator)).json).toEqual({
    request_id: expect.any(String),
    job: {
      status: 'FAIL',
      begin_time: '2026-11-20T10:00:00Z',
      end_time: '',
      job_id: 'j1',
      resource_id: 'r',
      job_type: 'UPGRADE',
      error_code: '',
      error_msg: '',
      project_id: PROJECT,
      sub_jobs: [
        {
          status: 'ROLLBACKING',
          entities: [{ resource_id: 'r', resource_type: 'loadbalancer' }],
          begin_time: '2026-11-20T10:00:00Z',
          end_time: '',
          job_id: 's1',
          resource_id: 'r',
          job_type: 'UPGRADE_INIT',
          error_code: '',
          error_msg: '',
          project_id: PROJECT,
        },
      ],
    },
  });
  simulator.setOptions({ v3RunningEndTime: 'absent' });
  expect((await showV3(simulator)).json.job).not.toHaveProperty('end_time');
  simulator.setOptions({ v3RunningEndTime: 'null' });
  expect((await showV3(simulator)).json.job.end_time).toBeNull();
  simulator.tick(3);
  expect((await showV3(simulator)).json.job).toMatchObject({
    end_time: '2026-11-20T10:00:03Z',
    error_code: 'ELB.8011',
  });
});

test('the v3 list pages forwards and backwards by marker', async () => {
  await using simulator = await aSimulator();
  for (const jobId of ['a', 'b', 'c', 'd', 'e']) simulator.addJob(aJob({ api: 'huawei.elb.v3', jobId }));
  simulator.addJob(aJob({ api: 'huawei.elb.v3', jobId: 'b', projectId: 'other' }));
  const pageOf = async (query: string) => {
    const { jobs, page_info } = (await listV3(simulator, query)).json;
    return [jobs.map(({ job_id }: { job_id: string }) => job_id).join(''), page_info];
  };
  expect(await pageOf('limit=2')).toEqual(['ab', { previous_marker: 'a', next_marker: 'b', current_count: 2 }]);
  expect(await pageOf('limit=2&marker=b')).toEqual([
    'cd',
    { previous_marker: 'c', next_marker: 'd', current_count: 2 },
  ]);
  expect(await pageOf('limit=2&marker=d')).toEqual(['e', { previous_marker: 'e', current_count: 1 }]);
  expect(await pageOf('limit=2&marker=c&page_reverse=true')).toMatchObject(['ab', { previous_marker: 'a' }]);
  expect(await pageOf('')).toMatchObject(['abcde', { current_count: 5 }]);
});

test('the v3 list filters', async () => {
  await using simulator = await aSimulator();
  const steps = [{ status: 'FAIL', error: { code: 'ELB.1', message: '' } }];
  simulator.addJob(aJob({ api: 'huawei.elb.v3', jobId: 'a', operation: 'cloneListener', resourceId: 'r', steps }));
  simulator.tick(10);
  simulator.addJob(aJob({ api: 'huawei.elb.v3', jobId: 'b' }));
  const idsOf = async (query: string) =>
    (await listV3(simulator, query)).json.jobs.map(({ job_id }: { job_id: string }) => job_id).join('');
  for (const query of ['job_id=a', 'job_type=cloneListener', 'status=FAIL', 'error_code=ELB.1', 'resource_id=r']) {
    expect(await idsOf(query)).toBe('a');
  }
  expect(await idsOf('begin_time=2026-11-20T10:00:00')).toBe('ab');
  expect(await idsOf('begin_time=2026-11-20T10:00:01')).toBe('b');
  expect(await idsOf('job_id=a&job_id=b')).toBe('a');
  simulator.setOptions({ repeatedJobId: 'all' });
  expect(await idsOf('job_id=a&job_id=b')).toBe('ab');
  simulator.setOptions({ repeatedJobId: 'refuse' });
  expect((await listV3(simulator, 'job_id=a&job_id=b')).json.error_code).toBe('ELB.8902');
});

test.each(['limit=2001', 'limit=x', 'marker=a', 'limit=1&marker=', 'limit=1&marker=nope', 'begin_time=2026-11-20'])(
  'the v3 list refuses %s',
  async (query) => {
    await using simulator = await aSimulator();
    expect(await listV3(simulator, query)).toMatchObject({ status: 400, json: { error_code: 'ELB.8902' } });
  },
);

test('a job belongs to its project and its api', async () => {
  await using simulator = await aSimulator();
  simulator.addJob(aJob({ api: 'huawei.elb.v3', projectId: 'other' }));
  expect((await showV3(simulator)).status).toBe(404);
  expect((await callHuawei(simulator, '/v3/other/elb/jobs/j1')).status).toBe(200);
  expect((await callHuawei(simulator, '/v1.0/other/jobs/j1')).status).toBe(404);
});

test('a path that no api has is refused by the gateway', async () => {
  await using simulator = await aSimulator();
  expect(await callHuawei(simulator, '/v2/p/jobs/j1')).toMatchObject({
    status: 404,
    json: { error_code: 'APIGW.0101' },
  });
});

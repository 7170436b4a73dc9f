import { expect, test } from 'vitest';
import { jobIdOf } from '../../../lib/job/identity.ts';
import { parseWatchBody } from '../../../lib/job/watch-message.ts';
import { APIS, MESSAGE, makeApiWorld } from '../../fakes/api-world.ts';

const NOW = '2026-11-20T10:00:00.000Z';
const idOf = (jobId: string) => jobIdOf({ ...MESSAGE, account: 'default', projectId: null, jobId });
const post = (world: ReturnType<typeof makeApiWorld>, body: unknown) => world.request('POST', '/v1/jobs', { body });

test('a job is recorded without an owner, then its message is sent, and the 202 names it', async () => {
  const world = makeApiWorld();
  const response = await post(world, MESSAGE);
  expect(response.status).toBe(202);
  expect(response.body).toEqual({ accepted: [{ id: idOf('j-1') }], rejected: [] });
  expect(world.effects).toEqual(['record j-1', 'send j-1']);
  expect(await world.jobs.get(idOf('j-1'))).toMatchObject({
    phase: 'pending',
    owner: null,
    createdAt: NOW,
    submittedAt: NOW,
  });
});

test('what was accepted can be read at once', async () => {
  const world = makeApiWorld();
  const { body } = await post(world, MESSAGE);
  expect((await world.request('GET', `/v1/jobs/${body.accepted[0].id}`)).body).toMatchObject({
    jobId: 'j-1',
    phase: 'pending',
    history: [],
  });
});

test('the message sent is ASCII, means the same to the parser, and leaves open what the sender left', async () => {
  const world = makeApiWorld();
  await post(world, { ...MESSAGE, labels: { team: 'Ω\uffff' }, timeoutSeconds: 60 });
  const [body = ''] = world.watchBodies;
  expect(body).toMatch(/^[\x20-\x7e]+$/);
  expect(parseWatchBody(body, APIS)).toEqual({
    ok: true,
    value: {
      ...MESSAGE,
      account: 'default',
      projectId: null,
      submittedAt: null,
      timeoutSeconds: 60,
      notFoundGraceSeconds: 120,
      labels: { team: 'Ω\uffff' },
      group: null,
      correlationId: null,
      traceparent: null,
    },
  });
});

test('a job that is known already is accepted: its message is sent, its record stays', async () => {
  const world = makeApiWorld();
  await post(world, MESSAGE);
  world.clock.advance(60_000);
  const response = await post(world, { ...MESSAGE, labels: { later: 'yes' } });
  expect(response.body.accepted).toEqual([{ id: idOf('j-1') }]);
  expect(await world.jobs.get(idOf('j-1'))).toMatchObject({ createdAt: NOW, labels: {}, version: 1 });
  expect(world.watchBodies).toHaveLength(2);
});

test('a failed send leaves a record and is worth another try', async () => {
  const world = makeApiWorld((ports) => ({
    pending: {
      ...ports.pending,
      submit: async () => {
        throw new Error('SQS is away');
      },
    },
  }));
  const response = await post(world, MESSAGE);
  expect(response.status).toBe(202);
  expect(response.body).toEqual({
    accepted: [],
    rejected: [{ index: 0, reason: expect.any(String), retryable: true }],
  });
  expect(world.jobs.open()).toEqual([idOf('j-1')]);
  expect(JSON.stringify(world.lines)).toContain('SQS is away');
  expect(response.text).not.toContain('SQS');
});

test('without a record nothing is sent', async () => {
  const world = makeApiWorld((ports) => ({
    jobs: {
      ...ports.jobs,
      create: async (job) => {
        if (job.jobId === 'j-2') throw new Error('throttled');
        return ports.jobs.create(job);
      },
    },
  }));
  const response = await post(world, { jobs: ['j-1', 'j-2', 'j-3'].map((jobId) => ({ ...MESSAGE, jobId })) });
  expect(response.body.accepted).toEqual([{ id: idOf('j-1') }, { id: idOf('j-3') }]);
  expect(response.body.rejected).toMatchObject([{ index: 1, retryable: true }]);
  expect(world.effects).toEqual(['record j-1', 'record j-3', 'send j-1', 'send j-3']);
});

test('in a list every entry has its own fate, by its place', async () => {
  const world = makeApiWorld((ports) => ({
    pending: {
      ...ports.pending,
      submit: async (body) => {
        if (body.includes('j-4')) throw new Error('full');
        return ports.pending.submit(body);
      },
    },
  }));
  const jobs = [
    MESSAGE,
    { ...MESSAGE, region: 'EU' },
    null,
    { ...MESSAGE, jobId: 'j-4' },
    { ...MESSAGE, jobId: 'j-5' },
  ];
  const response = await post(world, { jobs });
  expect(response.status).toBe(202);
  expect(response.body.accepted).toEqual([{ id: idOf('j-1') }, { id: idOf('j-5') }]);
  expect(response.body.rejected).toEqual([
    { index: 1, reason: expect.stringMatching(/^region: /), retryable: false },
    { index: 2, reason: expect.stringMatching(/JSON object/), retryable: false },
    { index: 3, reason: expect.any(String), retryable: true },
  ]);
});

test('the same job twice in a list is one record and two messages', async () => {
  const world = makeApiWorld();
  const response = await post(world, { jobs: [MESSAGE, MESSAGE] });
  expect(response.body.accepted).toEqual([{ id: idOf('j-1') }, { id: idOf('j-1') }]);
  expect(world.jobs.all()).toHaveLength(1);
});

test('a list of a hundred is taken', async () => {
  const world = makeApiWorld();
  const jobs = Array.from({ length: 100 }, (_, index) => ({ ...MESSAGE, jobId: `j-${index}` }));
  expect((await post(world, { jobs })).body.accepted).toHaveLength(100);
});

test('a single message that is wrong is a 400 that names every wrong field', async () => {
  const response = await post(makeApiWorld(), {
    api: 'alibaba.nlb',
    region: 'EU',
    jobId: 'a b',
    timeout: 5,
    labels: { a: 1 },
  });
  expect(response.status).toBe(400);
  expect(response.headers['content-type']).toBe('application/problem+json');
  expect(response.body.errors.map(({ field }: { field: string }) => field).sort()).toEqual([
    'jobId',
    'labels.a',
    'region',
    'timeout',
  ]);
});

test('a list without a good entry is a 400 that names every wrong field of each, and nothing is done', async () => {
  const world = makeApiWorld();
  const response = await post(world, {
    jobs: [
      { ...MESSAGE, region: 'EU' },
      { ...MESSAGE, projectId: 'p' },
    ],
  });
  expect(response.status).toBe(400);
  expect(response.body.errors.map(({ field }: { field: string }) => field)).toEqual([
    'jobs[0].region',
    'jobs[1].projectId',
  ]);
  expect(response.body).toMatchObject({
    accepted: [],
    rejected: [
      { index: 0, retryable: false },
      { index: 1, retryable: false },
    ],
  });
  expect(world.effects).toEqual([]);
});

test.each([
  ['an empty list', { jobs: [] }, 'jobs'],
  ['a hundred and one', { jobs: Array.from({ length: 101 }, () => MESSAGE) }, 'jobs'],
  ['no list', { jobs: MESSAGE }, 'jobs'],
  ['a field beside the list', { jobs: [MESSAGE], account: 'default' }, 'account'],
  ['no object', [MESSAGE], 'message'],
  ['nothing', undefined, 'message'],
])('%s is refused as a whole', async (_, body, field) => {
  const world = makeApiWorld();
  const response = await post(world, body);
  expect(response.status).toBe(400);
  expect(response.body.errors[0].field).toBe(field);
  expect(world.effects).toEqual([]);
});

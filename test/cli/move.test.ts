import { describe, expect, test } from 'vitest';
import { aSubscription, makeWorld, type Reply, type SentRequest, shown } from './world.ts';

/** Goal: what is open and who listens goes from one jobwatch to another, by two commands. */
const HOOK = { ...aSubscription({ id: 'sub_a', url: 'https://hooks.example.com/lb' }), types: ['jobwatch.job.*'] };
const ROBOT = {
  ...aSubscription({ id: 'sub_b', url: 'https://oapi.dingtalk.com/…' }),
  format: 'dingtalk',
  headers: [],
};
const OPEN = {
  ...shown({ jobId: 'open-1', phase: 'running', labels: { team: 'net' }, correlationId: 'c-1' }),
  deadlineAt: '2026-11-20T11:00:00.000Z',
};

function oldOne({ path }: SentRequest): Reply {
  if (path.endsWith('/subscriptions')) return { status: 200, body: { subscriptions: [HOOK, ROBOT] } };
  return { status: 200, body: { jobs: path.includes('phase=pending%2Crunning') ? [OPEN] : [] } };
}

async function exported(): Promise<string> {
  const { code, stdout, stderr } = await makeWorld({ server: oldOne }).run('export');
  expect([code, stderr]).toEqual([0, expect.stringContaining('left out: sub_b')]);
  return stdout;
}

describe('export and import', () => {
  test('an export has a message for each open job, with the time that it has left, and no secret', async () => {
    const value = JSON.parse(await exported()) as { jobs: object[]; subscriptions: object[] };
    expect(value.jobs).toEqual([
      {
        api: OPEN.api,
        region: OPEN.region,
        ...(OPEN.projectId === null ? {} : { projectId: OPEN.projectId }),
        account: OPEN.account,
        jobId: 'open-1',
        submittedAt: OPEN.submittedAt,
        timeoutSeconds: 3600,
        notFoundGraceSeconds: OPEN.notFoundGraceSeconds,
        labels: { team: 'net' },
        correlationId: 'c-1',
      },
    ]);
    expect(value.subscriptions).toEqual([
      { url: HOOK.url, format: 'cloudevents', types: HOOK.types, filter: {}, description: '' },
    ]);
  });

  test('an import subscribes what is not there yet, prints its secret, and submits', async () => {
    const sent: SentRequest[] = [];
    const world = (known: object[]) =>
      makeWorld({
        files: { 'moving.json': text },
        server: (request) => {
          sent.push(request);
          if (request.method === 'GET') return { status: 200, body: { subscriptions: known } };
          if (request.path.endsWith('/subscriptions')) return { status: 201, body: { ...HOOK, secret: 'whsec_new' } };
          return { status: 202, body: { accepted: [{ index: 0, id: OPEN.id }], rejected: [] } };
        },
      });
    const text = await exported();
    const first = await world([]).run('import', 'moving.json');
    expect([first.code, first.stdout]).toEqual([
      0,
      `sub_a  ${HOOK.url}  whsec_new\n1 subscriptions made, 1 jobs submitted\n`,
    ]);
    expect(sent.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'GET /v1/subscriptions',
      'POST /v1/subscriptions',
      'POST /v1/jobs',
    ]);
    const again = await world([HOOK]).run('import', 'moving.json');
    expect(again.stdout).toBe('0 subscriptions made, 1 jobs submitted\n');
  });

  test.each([
    ['{', 'is not JSON'],
    ['{"format":2,"jobs":[],"subscriptions":[]}', 'format: expected 1'],
    ['{"format":1,"jobs":[{}],"subscriptions":[{}]}', 'jobs.0.jobId'],
  ])('what is no export is refused with its fields: %s', async (text, sentence) => {
    const { code, stderr } = await makeWorld({ files: { a: text } }).run('import', 'a');
    expect([code, stderr]).toEqual([64, expect.stringContaining(sentence)]);
  });
});

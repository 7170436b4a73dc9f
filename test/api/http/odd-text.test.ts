import { expect, test } from 'vitest';
import { MESSAGE, makeApiWorld } from '../../fakes/api-world.ts';

const WHOLE = { url: 'https://hooks.example.com/a' };
const HALF = 'x\ud83d';
const problem = 'expected well-formed Unicode';

test.each<[string, string, unknown, string]>([
  ['POST', '/v1/jobs', { ...MESSAGE, labels: { a: HALF } }, 'labels.a'],
  ['POST', '/v1/jobs', { ...MESSAGE, correlationId: HALF }, 'correlationId'],
  ['POST', '/v1/jobs', { jobs: [MESSAGE, { ...MESSAGE, traceparent: HALF }] }, 'traceparent'],
  ['POST', '/v1/subscriptions', { ...WHOLE, description: HALF }, 'description'],
  ['POST', '/v1/subscriptions', { ...WHOLE, filter: { labels: { a: HALF } } }, 'filter.labels'],
  ['POST', '/v1/subscriptions', { url: `https://hooks.example.com/${HALF}` }, 'url'],
  ['PATCH', '/v1/subscriptions/sub_a', { description: HALF }, 'description'],
])('%s %s refuses text that no store takes, by its field', async (method, path, body, field) => {
  const { status, body: answer } = await makeApiWorld().request(method, path, { body });
  if (status === 202)
    expect(answer.rejected).toEqual([{ index: 1, reason: `${field}: ${problem}.`, retryable: false }]);
  else expect([status, answer.errors]).toEqual([400, [{ field, problem }]]);
});

test.each(['whsec_abcdefgh', 'LTAI5tAbCdEfGhIjKlMnOpQr', 'jw_abcdefgh', 'wJalrXUtnFEMI0K7MDENGbPxRfiCYEXAMPLEKEY'])(
  'a name that looks like a secret is nowhere repeated: %s',
  async (name) => {
    const world = makeApiWorld();
    const twice = `{"${name}":1,"${name}":2}`;
    const answers = await Promise.all([
      world.request('GET', '/v1/jobs', { query: `${name}=1` }),
      world.request('GET', '/v1/jobs', { query: `limit=1&${name}=1&${name}=2` }),
      world.request('POST', '/v1/jobs', { query: `${name}=1`, body: MESSAGE }),
      world.request('POST', '/v1/jobs', { body: { ...MESSAGE, [name]: 1 } }),
      world.request('POST', '/v1/jobs', { body: { jobs: [{ ...MESSAGE, [name]: 1 }] } }),
      world.request('POST', '/v1/jobs', { body: { jobs: [MESSAGE], [name]: 1 } }),
      world.request('POST', '/v1/jobs', { rawBody: twice }),
      world.request('POST', '/v1/subscriptions', { body: { ...WHOLE, [name]: 1, filter: { [name]: 1 } } }),
    ]);
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 400));
    for (const { text } of answers) {
      expect(text).not.toContain(name);
      expect(text).toContain('(a name that is not shown)');
    }
    expect(JSON.stringify(world.lines)).not.toContain(name);
  },
);

test('a plain name that is unknown is still named', async () => {
  const { body } = await makeApiWorld().request('POST', '/v1/subscriptions', {
    body: { ...WHOLE, typs: [], filter: { labls: {} } },
  });
  expect(body.errors.map(({ field }: { field: string }) => field)).toEqual(['filter.labls', 'typs']);
});

test.each(['constructor', 'toString', 'hasOwnProperty', 'prototype'])('a label filter named %s works', async (key) => {
  const world = makeApiWorld();
  expect((await world.request('GET', '/v1/jobs', { query: `label.${key}=x` })).body).toEqual({ jobs: [] });
  const made = await world.request('POST', '/v1/subscriptions', {
    body: { ...WHOLE, filter: { labels: { [key]: 'x' } } },
  });
  expect([made.status, made.body.filter]).toEqual([201, { labels: { [key]: 'x' } }]);
});

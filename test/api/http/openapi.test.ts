import { Validator } from '@seriousme/openapi-schema-validator';
import * as v from 'valibot';
import { expect, test } from 'vitest';
import * as responses from '../../../lib/api/responses.ts';
import { EVENT_CATALOGUE } from '../../../lib/events/catalogue.ts';
import { EVENT_TYPES } from '../../../lib/events/types.ts';
import { MESSAGE, makeApiWorld } from '../../fakes/api-world.ts';

test('the OpenAPI document is valid and names every route, scope and schema', async () => {
  const { body } = await makeApiWorld().request('GET', '/v1/openapi.json', { token: null });
  const result = await new Validator().validate(structuredClone(body));
  expect(result).toEqual({ valid: true });
  expect(Object.keys(body.paths).sort()).toEqual([
    '/v1/durations',
    '/v1/groups',
    '/v1/groups/{id}',
    '/v1/health',
    '/v1/history',
    '/v1/jobs',
    '/v1/jobs/{id}',
    '/v1/jobs/{id}/deliveries',
    '/v1/jobs/{id}/stop',
    '/v1/openapi.json',
    '/v1/overview',
    '/v1/queues/rejected',
    '/v1/subscriptions',
    '/v1/subscriptions/{id}',
    '/v1/subscriptions/{id}/deliveries',
    '/v1/subscriptions/{id}/deliveries/{eventId}',
    '/v1/subscriptions/{id}/deliveries/{eventId}/redeliver',
    '/v1/subscriptions/{id}/enable',
    '/v1/subscriptions/{id}/redeliver',
    '/v1/subscriptions/{id}/rotate-secret',
    '/v1/subscriptions/{id}/test',
  ]);
  expect(body.paths['/v1/jobs'].post.security).toEqual([{ token: ['jobs:write'] }]);
  expect(body.paths['/v1/health'].get.security).toEqual([]);
});

test('the document says what the checks say', async () => {
  const { body } = await makeApiWorld().request('GET', '/v1/openapi.json');
  const [message, batch] = body.paths['/v1/jobs'].post.requestBody.content['application/json'].schema.anyOf;
  expect(message.required.sort()).toEqual(['api', 'jobId']);
  expect(message.additionalProperties).toBe(false);
  expect(message.properties.api.enum).toEqual(['alibaba.nlb', 'huawei.elb.v3']);
  expect(message.properties.timeoutSeconds).toMatchObject({
    type: 'integer',
    minimum: 60,
    maximum: 604_800,
    default: 86_400,
  });
  expect(message.properties.labels).toMatchObject({ type: 'object' });
  expect(batch.properties.jobs).toMatchObject({ minItems: 1, maxItems: 100 });
  const subscription = body.paths['/v1/subscriptions'].post.requestBody.content['application/json'].schema;
  expect(subscription).toMatchObject({
    anyOf: [{ required: ['url'] }, { properties: { kind: { const: 'eventbridge' } }, required: ['kind'] }],
    additionalProperties: false,
  });
  expect(subscription.properties.types.items.enum).toContain('jobwatch.job.*');
  expect(subscription.properties.filter).toMatchObject({ type: 'object' });
  const parameters = Object.fromEntries(
    body.paths['/v1/jobs'].get.parameters.map((one: { name: string }) => [one.name, one]),
  );
  expect(parameters['limit'].schema).toMatchObject({ type: 'integer', minimum: 1, maximum: 100 });
  expect(parameters['phase']).toMatchObject({ explode: false, schema: { type: 'array' } });
  expect(parameters['phase'].schema.items.enum).toContain('rolling_back');
});

test('answers are as the document says', async () => {
  const world = makeApiWorld();
  const submitted = await world.request('POST', '/v1/jobs', {
    body: { ...MESSAGE, labels: { a: 'b' }, correlationId: 'c' },
  });
  v.parse(responses.submitted, submitted.body);
  v.parse(responses.jobs, (await world.request('GET', '/v1/jobs')).body);
  v.parse(responses.job, (await world.request('POST', `/v1/jobs/${submitted.body.accepted[0].id}/stop`)).body);
  const subscription = await world.request('POST', '/v1/subscriptions', {
    body: { url: 'https://a.example', filter: { labels: { a: 'b' } } },
  });
  v.parse(responses.newSubscription, subscription.body);
  const path = `/v1/subscriptions/${subscription.body.id}`;
  v.parse(responses.subscriptions, (await world.request('GET', '/v1/subscriptions')).body);
  v.parse(responses.subscription, (await world.request('PATCH', path, { body: { state: 'disabled' } })).body);
  v.parse(responses.rotated, (await world.request('POST', `${path}/rotate-secret`)).body);
  v.parse(responses.tested, (await world.request('POST', `${path}/test`)).body);
  v.parse(responses.deliveries, (await world.request('GET', `${path}/deliveries`)).body);
  v.parse(responses.durations, (await world.request('GET', '/v1/durations')).body);
  v.parse(responses.rejected, (await world.request('GET', '/v1/queues/rejected')).body);
  v.parse(responses.health, (await world.request('GET', '/v1/health')).body);
  v.parse(responses.problem, (await world.request('GET', '/v1/jobs', { query: 'limit=0' })).body);
});

test('the document has tags, names for records, an example of each, and every event as a webhook', async () => {
  const { body } = await makeApiWorld().request('GET', '/v1/openapi.json');
  const operations = Object.values(body.paths).flatMap((path) => Object.values(path as object));
  expect(new Set(operations.flatMap(({ tags }) => tags))).toEqual(
    new Set(['Deliveries', 'Groups', 'Jobs', 'Service', 'Subscriptions']),
  );
  expect(operations.every(({ tags }) => tags.length === 1)).toBe(true);
  expect(body.paths['/v1/jobs/{id}'].get.responses['200'].content['application/json'].schema).toEqual({
    $ref: '#/components/schemas/Job',
  });
  const { schemas } = body.components;
  const { delivery, job, subscription, transition } = responses;
  for (const [name, schema] of Object.entries({
    Delivery: delivery,
    Job: job,
    Subscription: subscription,
    Transition: transition,
  }))
    expect(v.safeParse(schema, schemas[name].examples[0]).issues, name).toBeUndefined();
  expect(schemas.Job.properties.history.items).toEqual({ $ref: '#/components/schemas/Transition' });
  expect(Object.keys(body.webhooks)).toEqual([...EVENT_TYPES]);
  for (const { type, example } of EVENT_CATALOGUE) {
    const media = body.webhooks[type].post.requestBody.content['application/cloudevents+json'];
    expect(media).toEqual({
      schema: { $ref: `#/components/schemas/${type}` },
      examples: { sample: { value: JSON.parse(JSON.stringify(example)) } },
    });
    expect(schemas[type].properties.type).toEqual({ const: type });
    expect(schemas[type].additionalProperties).toBeUndefined();
  }
  const refs = [...JSON.stringify(body).matchAll(/"#\/components\/schemas\/([^"]+)"/g)].map(([, name = '']) => name);
  expect([...new Set(refs)].filter((name) => !Object.hasOwn(schemas, name))).toEqual([]);
});

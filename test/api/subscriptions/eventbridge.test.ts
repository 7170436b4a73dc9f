import { describe, expect, test } from 'vitest';
import { makePutEvent } from '../../../lib/adapters/aws/put-events.ts';
import type { PutEvent } from '../../../lib/deliver/sinks/eventbridge.ts';
import { makeEventBridge } from '../../../lib/deliver/sinks/eventbridge.ts';
import { makeApiWorld } from '../../fakes/api-world.ts';
import { BUS, fakeServices } from '../../fakes/aws-services.ts';

function aWorld(putEvent: PutEvent | null) {
  return makeApiWorld(({ sinks, clock }) => ({
    sinks: new Map([...sinks, ['eventbridge', makeEventBridge({ putEvent, clock })]]),
  }));
}
const create = (world: ReturnType<typeof aWorld>, fields: object = {}) =>
  world.request('POST', '/v1/subscriptions', { body: { kind: 'eventbridge', types: ['jobwatch.job.*'], ...fields } });

describe('a subscription of the kind eventbridge', () => {
  const services = fakeServices();
  const putEvent = makePutEvent(services.call, BUS);

  test('has types and a filter as any other, and neither a URL nor a secret', async () => {
    const world = aWorld(putEvent);
    const made = await create(world, { filter: { account: 'prod' }, description: 'rules' });
    expect(made.status).toBe(201);
    expect(made.body).toMatchObject({
      kind: 'eventbridge',
      url: '',
      headers: [],
      types: ['jobwatch.job.*'],
      filter: { account: 'prod' },
      description: 'rules',
    });
    expect('secret' in made.body).toBe(false);
    expect(await world.secrets.get(made.body.id)).toBeNull();
    const path = `/v1/subscriptions/${made.body.id}`;
    expect((await world.request('POST', `${path}/rotate-secret`)).status).toBe(409);
    expect((await world.request('PATCH', path, { body: { types: ['jobwatch.*'] } })).body.types).toEqual([
      'jobwatch.*',
    ]);
    expect((await world.request('DELETE', path)).status).toBe(204);
  });

  test.each([
    [{ url: 'https://hooks.example.com/' }, 'url'],
    [{ format: 'slack' }, 'format'],
    [{ headers: { 'x-a': 'b' } }, 'headers'],
    [{ robotSecret: 'SEC' }, 'robotSecret'],
    [{ language: 'zh' }, 'language'],
  ])('takes none of what an endpoint has: %j', async (fields, field) => {
    const refused = await create(aWorld(putEvent), fields);
    expect([refused.status, refused.body.errors]).toEqual([
      400,
      [{ field, problem: 'not allowed for eventbridge, which has none' }],
    ]);
    if (field === 'format') return;
    const world = aWorld(putEvent);
    const { id } = (await create(world)).body;
    const patched = await world.request('PATCH', `/v1/subscriptions/${id}`, { body: fields });
    expect([patched.status, patched.body.errors[0].field]).toEqual([400, field]);
  });

  test('is refused by a stack without a bus', async () => {
    const refused = await create(aWorld(null));
    expect([refused.status, refused.body.errors]).toEqual([
      400,
      [{ field: 'kind', problem: 'not taken: this stack is deployed without the parameter eventBusArn' }],
    ]);
  });

  test('is tested on the bus itself, and a refusal with 200 is told', async () => {
    const world = aWorld(putEvent);
    const { id } = (await create(world)).body;
    const good = await world.request('POST', `/v1/subscriptions/${id}/test`);
    expect(good.body).toMatchObject({ status: 200, error: null });
    expect(services.bus.events.map(({ detailType }) => detailType)).toEqual(['jobwatch.test']);
    services.bus.refuse('ThrottlingException');
    const bad = await world.request('POST', `/v1/subscriptions/${id}/test`);
    expect(bad.body).toMatchObject({ status: 200, error: 'EventBridge refused it: ThrottlingException' });
  });
});

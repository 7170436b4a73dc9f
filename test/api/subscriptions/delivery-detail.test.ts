import * as v from 'valibot';
import { expect, test } from 'vitest';
import * as responses from '../../../lib/api/responses.ts';
import { toIso } from '../../../lib/base/time.ts';
import { webhookHeaders } from '../../../lib/deliver/sinks/webhook-signature.ts';
import { transitionEventId } from '../../../lib/job/identity.ts';
import { aDelivery, aDeliveryWorld as aWorld } from '../../fakes/api-deliveries.ts';
import { MESSAGE } from '../../fakes/api-world.ts';
import { START_MS } from '../../fakes/clock.ts';
import { aSubscription } from '../../fakes/subscriptions.ts';

const PATH = '/v1/subscriptions/sub_a/deliveries';

test('a delivery tells what its attempts send, but for their time and signature', async () => {
  const world = await aWorld([aDelivery('evt_1')]);
  await world.deliveries.addAttempt('sub_a', 'evt_1', {
    number: 3,
    at: toIso(START_MS),
    status: 503,
    durationMs: 40,
    error: 'the endpoint answered 503',
    answer: 'no',
  });
  const { status, body } = await world.request('GET', `${PATH}/evt_1`);
  expect(status).toBe(200);
  v.parse(responses.deliveryWithRequest, body);
  expect(body).toMatchObject({ eventId: 'evt_1', attempts: [{ number: 3, answer: 'no' }] });
  expect(body.request.url).toBe(aSubscription().url);
  expect(body.request.body).toBe('{"secret":"inside"}');
  const sent = webhookHeaders({ id: 'evt_1', timestampMs: START_MS, body: body.request.body, secrets: ['whsec_AAAA'] });
  const { 'webhook-timestamp': _, 'webhook-signature': __, ...steady } = sent;
  expect(body.request.headers).toEqual(steady);
});

test.each([`${PATH}/evt_none`, `${PATH}/x`, '/v1/subscriptions/sub_none/deliveries/evt_1'])(
  'nothing is at %s',
  async (path) => {
    const world = await aWorld([aDelivery('evt_1')]);
    expect((await world.request('GET', path)).status).toBe(404);
  },
);

test("a job's deliveries are found by its events, newest first, at every subscription", async () => {
  const world = await aWorld([aDelivery('evt_of_another')]);
  await world.subscriptions.create(aSubscription({ id: 'sub_b' }));
  const { body: submitted } = await world.request('POST', '/v1/jobs', { body: MESSAGE });
  const { id } = submitted.accepted[0];
  const path = `/v1/jobs/${id}/deliveries`;
  expect((await world.request('GET', path)).body).toEqual({ deliveries: [] });
  await world.request('POST', `/v1/jobs/${id}/stop`);
  const eventId = transitionEventId(id, 1);
  await world.deliveries.put(aDelivery(eventId, { subscription: 'sub_b', state: 'delivered' }));
  await world.deliveries.put(aDelivery(eventId, { subscription: 'sub_gone' }));
  const { status, body } = await world.request('GET', path);
  expect(status).toBe(200);
  v.parse(responses.jobDeliveries, body);
  expect(body.deliveries).toMatchObject([{ seq: 1, subscription: 'sub_b', eventId, state: 'delivered' }]);
});

test.each(['job_none', `job_${'a'.repeat(26)}`])('there are no deliveries of %s', async (id) => {
  const world = await aWorld([]);
  expect((await world.request('GET', `/v1/jobs/${id}/deliveries`)).status).toBe(404);
});

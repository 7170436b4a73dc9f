import { IDEMPOTENCY_HEADER } from '../http/idempotency.ts';
import { acting, type Route, reading, writing } from '../http/route.ts';
import type { ApiPorts } from '../ports.ts';
import * as responses from '../responses.ts';
import { deliveriesQuery, noQuery, redeliverBody, subscriptionSchemas, testBody } from '../schemas.ts';
import { getDelivery, listDeliveries } from './deliveries.ts';
import { redeliverOne, redeliverSince } from './redeliver.ts';
import * as subscriptions from './subscriptions.ts';
import { testSubscription } from './try-endpoint.ts';

const ALL = '/v1/subscriptions';
const ONE = '/v1/subscriptions/{id}';
const WRITE = 'subscriptions:write';

/** The webhook side of the table of routes. */
export function subscriptionRoutes(ports: ApiPorts): readonly Route[] {
  return [...readingRoutes(ports), ...changingRoutes(ports), ...actingRoutes(ports), ...deliveryRoutes(ports)];
}

function readingRoutes(ports: ApiPorts): readonly Route[] {
  return [
    reading(
      {
        method: 'GET',
        path: ALL,
        operation: 'listSubscriptions',
        summary: 'All subscriptions, newest first.',
        permission: 'read',
        query: noQuery,
        responses: { 200: responses.subscriptions },
      },
      () => subscriptions.listSubscriptions(ports),
    ),
    reading(
      {
        method: 'GET',
        path: ONE,
        operation: 'getSubscription',
        summary: 'A subscription, without its secret.',
        permission: 'read',
        query: noQuery,
        responses: { 200: responses.subscription },
        problems: [404],
      },
      ({ params }) => subscriptions.getSubscription(ports, params['id'] ?? ''),
    ),
  ];
}

function changingRoutes(ports: ApiPorts): readonly Route[] {
  const schemas = subscriptionSchemas([...ports.apis.keys()]);
  return [
    writing(
      {
        method: 'POST',
        path: ALL,
        operation: 'createSubscription',
        summary:
          'Creates a subscription: a webhook, a chat robot or the event bus; ' +
          `up to ${subscriptions.SUBSCRIPTIONS_MAX}. The secret is shown only this once.`,
        permission: WRITE,
        body: schemas.create,
        headers: {
          'Idempotency-Key':
            'Makes a repeat safe for 24 hours: the same key with the same body answers 200 with the subscription, ' +
            'without its secret.',
        },
        responses: { 201: responses.newSubscription, 200: responses.subscription },
        problems: [409, 422],
      },
      ({ body, headers, caller }) =>
        subscriptions.createSubscription(ports, body, { key: headers[IDEMPOTENCY_HEADER], caller }),
    ),
    writing(
      {
        method: 'PATCH',
        path: ONE,
        operation: 'changeSubscription',
        summary: 'Replaces the given fields, each as a whole.',
        permission: WRITE,
        body: schemas.patch,
        responses: { 200: responses.subscription },
        problems: [404, 409, 422],
      },
      ({ params, body, caller }) => subscriptions.patchSubscription(ports, params['id'] ?? '', body, caller?.name),
    ),
    acting(
      {
        method: 'DELETE',
        path: ONE,
        operation: 'deleteSubscription',
        summary: 'Deletes a subscription; its waiting deliveries are canceled.',
        permission: WRITE,
        responses: { 204: null },
        problems: [404],
      },
      ({ params }) => subscriptions.deleteSubscription(ports, params['id'] ?? ''),
    ),
  ];
}

function actingRoutes(ports: ApiPorts): readonly Route[] {
  return [
    acting(
      {
        method: 'POST',
        path: `${ONE}/enable`,
        operation: 'enableSubscription',
        summary: 'Enables a disabled subscription.',
        permission: WRITE,
        responses: { 200: responses.subscription },
        problems: [404, 409],
      },
      ({ params }) => subscriptions.enableSubscription(ports, params['id'] ?? ''),
    ),
    acting(
      {
        method: 'POST',
        path: `${ONE}/rotate-secret`,
        operation: 'rotateSecret',
        summary:
          'Creates a new secret, shown only this once. The old one stays valid for 24 hours. ' +
          '409 if four old secrets are still valid, or for a robot, which has none.',
        permission: WRITE,
        responses: { 200: responses.rotated },
        problems: [404, 409],
      },
      ({ params }) => subscriptions.rotateSecret(ports, params['id'] ?? ''),
    ),
    writing(
      {
        method: 'POST',
        path: `${ONE}/test`,
        operation: 'testSubscription',
        summary:
          'Sends a jobwatch.test event, or a sample of the given type, immediately, and returns what the endpoint answered.',
        permission: WRITE,
        body: testBody,
        responses: { 200: responses.tested },
        problems: [404],
      },
      ({ params, body }) => testSubscription(ports, params['id'] ?? '', body.type),
    ),
  ];
}

function deliveryRoutes(ports: ApiPorts): readonly Route[] {
  return [
    reading(
      {
        method: 'GET',
        path: `${ONE}/deliveries`,
        operation: 'listDeliveries',
        summary:
          'Deliveries, newest first, each with its latest 20 attempts. With filters a page may be short, even empty, ' +
          'and still have a next one.',
        permission: 'read',
        query: deliveriesQuery,
        responses: { 200: responses.deliveries },
        problems: [404],
      },
      ({ params, query }) => listDeliveries(ports, params['id'] ?? '', query),
    ),
    reading(
      {
        method: 'GET',
        path: `${ONE}/deliveries/{eventId}`,
        operation: 'getDelivery',
        summary:
          'A delivery with its latest 20 attempts, and what every attempt sends, except its time and its signature.',
        permission: 'read',
        query: noQuery,
        responses: { 200: responses.deliveryWithRequest },
        problems: [404],
      },
      ({ params }) => getDelivery(ports, params['id'] ?? '', params['eventId'] ?? ''),
    ),
    acting(
      {
        method: 'POST',
        path: `${ONE}/deliveries/{eventId}/redeliver`,
        operation: 'redeliver',
        summary: 'Sends one event again, whatever its state.',
        permission: WRITE,
        responses: { 202: responses.redelivered },
        problems: [404, 409, 503],
      },
      ({ params }) => redeliverOne(ports, params['id'] ?? '', params['eventId'] ?? ''),
    ),
    writing(
      {
        method: 'POST',
        path: `${ONE}/redeliver`,
        operation: 'redeliverSince',
        summary:
          'Sends again all deliveries of that time that did not arrive: exhausted, canceled or skipped. ' +
          'Continue with nextCursor, if there is one. With dryRun it only counts.',
        permission: WRITE,
        body: redeliverBody,
        responses: { 202: responses.redeliveredMany },
        problems: [404, 409],
      },
      ({ params, body }) => redeliverSince(ports, params['id'] ?? '', body),
    ),
  ];
}

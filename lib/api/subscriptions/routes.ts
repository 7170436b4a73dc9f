import { IDEMPOTENCY_HEADER } from '../http/idempotency.ts';
import { acting, type Route, reading, writing } from '../http/route.ts';
import type { ApiDeps } from '../ports.ts';
import * as responses from '../responses.ts';
import { noQuery, pageQuery, redeliverBody, subscriptionSchemas } from '../schemas.ts';
import { getDelivery, listDeliveries } from './deliveries.ts';
import { redeliverOne, redeliverSince } from './redeliver.ts';
import * as subscriptions from './subscriptions.ts';

const ALL = '/v1/subscriptions';
const ONE = '/v1/subscriptions/{id}';
const WRITE = 'subscriptions:write';

/** The webhook side of the table of routes. */
export function subscriptionRoutes(deps: ApiDeps): readonly Route[] {
  return [...readingRoutes(deps), ...changingRoutes(deps), ...actingRoutes(deps), ...deliveryRoutes(deps)];
}

function readingRoutes(deps: ApiDeps): readonly Route[] {
  return [
    reading(
      {
        method: 'GET',
        path: ALL,
        operation: 'listSubscriptions',
        summary: 'All subscriptions, newest first.',
        scope: 'read',
        query: noQuery,
        answers: { 200: responses.subscriptions },
      },
      () => subscriptions.listSubscriptions(deps),
    ),
    reading(
      {
        method: 'GET',
        path: ONE,
        operation: 'getSubscription',
        summary: 'A subscription, without its secret.',
        scope: 'read',
        query: noQuery,
        answers: { 200: responses.subscription },
        problems: [404],
      },
      ({ params }) => subscriptions.getSubscription(deps, params['id'] ?? ''),
    ),
  ];
}

function changingRoutes(deps: ApiDeps): readonly Route[] {
  const schemas = subscriptionSchemas([...deps.apis.keys()]);
  return [
    writing(
      {
        method: 'POST',
        path: ALL,
        operation: 'createSubscription',
        summary: `Subscribes a webhook, up to ${subscriptions.SUBSCRIPTIONS_MAX}. The secret is shown this once.`,
        scope: WRITE,
        body: schemas.create,
        headers: {
          'Idempotency-Key':
            'Makes a repeat safe for 24 hours: the same key with the same body answers 200 with the subscription, without its secret.',
        },
        answers: { 201: responses.newSubscription, 200: responses.subscription },
        problems: [409, 422],
      },
      ({ body, headers, caller }) =>
        subscriptions.createSubscription(deps, body, { key: headers[IDEMPOTENCY_HEADER], caller }),
    ),
    writing(
      {
        method: 'PATCH',
        path: ONE,
        operation: 'changeSubscription',
        summary: 'Replaces the fields that are given, each as a whole.',
        scope: WRITE,
        body: schemas.patch,
        answers: { 200: responses.subscription },
        problems: [404, 409],
      },
      ({ params, body }) => subscriptions.patchSubscription(deps, params['id'] ?? '', body),
    ),
    acting(
      {
        method: 'DELETE',
        path: ONE,
        operation: 'deleteSubscription',
        summary: 'Ends a subscription; what waits for it is canceled.',
        scope: WRITE,
        answers: { 204: null },
        problems: [404],
      },
      ({ params }) => subscriptions.deleteSubscription(deps, params['id'] ?? ''),
    ),
  ];
}

function actingRoutes(deps: ApiDeps): readonly Route[] {
  return [
    acting(
      {
        method: 'POST',
        path: `${ONE}/enable`,
        operation: 'enableSubscription',
        summary: 'Makes a disabled subscription active again.',
        scope: WRITE,
        answers: { 200: responses.subscription },
        problems: [404, 409],
      },
      ({ params }) => subscriptions.enableSubscription(deps, params['id'] ?? ''),
    ),
    acting(
      {
        method: 'POST',
        path: `${ONE}/rotate-secret`,
        operation: 'rotateSecret',
        summary: 'Makes a new secret, shown this once. The old one signs as well for 24 hours.',
        scope: WRITE,
        answers: { 200: responses.rotated },
        problems: [404],
      },
      ({ params }) => subscriptions.rotateSecret(deps, params['id'] ?? ''),
    ),
    acting(
      {
        method: 'POST',
        path: `${ONE}/test`,
        operation: 'testSubscription',
        summary: 'Sends a jobwatch.test event here and now, and answers what the endpoint said.',
        scope: WRITE,
        answers: { 200: responses.tested },
        problems: [404],
      },
      ({ params }) => subscriptions.testSubscription(deps, params['id'] ?? ''),
    ),
  ];
}

function deliveryRoutes(deps: ApiDeps): readonly Route[] {
  return [
    reading(
      {
        method: 'GET',
        path: `${ONE}/deliveries`,
        operation: 'listDeliveries',
        summary: 'Deliveries, newest first, each with its latest 20 attempts.',
        scope: 'read',
        query: pageQuery,
        answers: { 200: responses.deliveries },
        problems: [404],
      },
      ({ params, query }) => listDeliveries(deps, params['id'] ?? '', query),
    ),
    reading(
      {
        method: 'GET',
        path: `${ONE}/deliveries/{eventId}`,
        operation: 'getDelivery',
        summary:
          'A delivery with its latest 20 attempts and what every attempt sends, but for its time and its signature.',
        scope: 'read',
        query: noQuery,
        answers: { 200: responses.deliveryWithRequest },
        problems: [404],
      },
      ({ params }) => getDelivery(deps, params['id'] ?? '', params['eventId'] ?? ''),
    ),
    acting(
      {
        method: 'POST',
        path: `${ONE}/deliveries/{eventId}/redeliver`,
        operation: 'redeliver',
        summary: 'Sends one event again, whatever became of it.',
        scope: WRITE,
        answers: { 202: responses.redelivered },
        problems: [404, 409, 503],
      },
      ({ params }) => redeliverOne(deps, params['id'] ?? '', params['eventId'] ?? ''),
    ),
    writing(
      {
        method: 'POST',
        path: `${ONE}/redeliver`,
        operation: 'redeliverSince',
        summary:
          'Sends again what was made in that time and did not arrive: exhausted, canceled or skipped. Go on with nextCursor, if there is one.',
        scope: WRITE,
        body: redeliverBody,
        answers: { 202: responses.redeliveredMany },
        problems: [404, 409],
      },
      ({ params, body }) => redeliverSince(deps, params['id'] ?? '', body),
    ),
  ];
}

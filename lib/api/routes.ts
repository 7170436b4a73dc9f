import * as v from 'valibot';
import { groupRoutes } from './groups/routes.ts';
import { makeHealth } from './health.ts';
import { makeHistory } from './history/history.ts';
import { openApiDocument } from './http/openapi.ts';
import { type Route, reading } from './http/route.ts';
import { json } from './http/types.ts';
import { makeOverview } from './jobs/overview.ts';
import { jobRoutes } from './jobs/routes.ts';
import type { ApiPorts } from './ports.ts';
import { makeRejectedList } from './rejected.ts';
import * as responses from './responses.ts';
import { historyQuery, noQuery, RANGE_DEFAULT } from './schemas.ts';
import { subscriptionRoutes } from './subscriptions/routes.ts';

/**
 * Every route there is: the router, the authorization, the checks and the OpenAPI document are made from this table.
 */
export function makeRoutes(ports: ApiPorts): readonly Route[] {
  const routes: readonly Route[] = [
    ...jobRoutes(ports),
    ...groupRoutes(ports),
    ...subscriptionRoutes(ports),
    ...serviceRoutes(ports),
    ...queueRoutes(ports),
  ];
  let document: unknown = null;
  const openApi = reading(
    {
      method: 'GET',
      path: '/v1/openapi.json',
      operation: 'getOpenApi',
      summary: 'This document.',
      permission: null,
      query: noQuery,
      responses: { 200: v.looseObject({}) },
    },
    async () => {
      document ??= openApiDocument([...routes, openApi], [...ports.apis.keys()]);
      return json(200, document);
    },
  );
  return [...routes, openApi];
}

function serviceRoutes(ports: ApiPorts): readonly Route[] {
  const health = makeHealth(ports);
  const overview = makeOverview(ports);
  const history = makeHistory(ports);
  return [
    reading(
      {
        method: 'GET',
        path: '/v1/overview',
        operation: 'getOverview',
        summary:
          'Counts by api and phase: open jobs, and the jobs submitted in the last 24 hours; ' +
          'the newest 12 of those that ended badly; denied accounts with the reasons.',
        permission: 'read',
        query: noQuery,
        responses: { 200: responses.overview },
      },
      () => overview(),
    ),
    reading(
      {
        method: 'GET',
        path: '/v1/history',
        operation: 'getHistory',
        summary:
          'Over time: jobs by how they ended, how soon their ends were seen, and what became of deliveries. ' +
          '24 hours by the hour, or 7 days by six hours.',
        permission: 'read',
        query: historyQuery,
        responses: { 200: responses.history },
      },
      ({ query }) => history(query.range ?? RANGE_DEFAULT),
    ),
    reading(
      {
        method: 'GET',
        path: '/v1/durations',
        operation: 'listDurations',
        summary: 'Learned times from submission to end, per api and operation.',
        permission: 'read',
        query: noQuery,
        responses: { 200: responses.durations },
      },
      async () => json(200, { durations: await ports.durations() }),
    ),
    reading(
      {
        method: 'GET',
        path: '/v1/health',
        operation: 'getHealth',
        summary:
          'When the last tick was, the oldest due job, queue depths, denied accounts. ' +
          'A part that could not be read is null.',
        permission: null,
        query: noQuery,
        responses: { 200: responses.health },
      },
      () => health(),
    ),
  ];
}

function queueRoutes(ports: ApiPorts): readonly Route[] {
  const rejected = makeRejectedList(ports);
  return [
    reading(
      {
        method: 'GET',
        path: '/v1/queues/rejected',
        operation: 'listRejected',
        summary:
          'The newest rejected messages that were found: id, time, reason, but never a body. ' +
          'Each read receives them from the queue and returns them at once.',
        permission: 'read',
        query: noQuery,
        responses: { 200: responses.rejected },
      },
      () => rejected(),
    ),
  ];
}

import * as v from 'valibot';
import { watchMessageSchema } from '../job/watch-message.ts';
import * as responses from './answers.ts';
import { makeHealth } from './health.ts';
import { openApiDocument } from './http/openapi.ts';
import { acting, parsing, type Route, reading } from './http/route.ts';
import { json } from './http/types.ts';
import { makeEmptyDays } from './jobs/empty-days.ts';
import { getJob, getJobs, postStop } from './jobs/jobs.ts';
import { JOBS_MAX, submit } from './jobs/submit.ts';
import type { ApiPorts } from './ports.ts';
import { jobsQuery, noQuery } from './schemas.ts';
import { listJobDeliveries } from './subscriptions/deliveries.ts';
import { subscriptionRoutes } from './subscriptions/routes.ts';

/**
 * Every route there is: the router, the authorization, the checks and the OpenAPI document are made from this table.
 */
export function makeRoutes(ports: ApiPorts): readonly Route[] {
  const routes: readonly Route[] = [...jobRoutes(ports), ...subscriptionRoutes(ports), ...serviceRoutes(ports)];
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

function jobRoutes(ports: ApiPorts): readonly Route[] {
  const empty = makeEmptyDays(ports);
  const one = '/v1/jobs/{id}';
  // For the document: what checks a message is its parser, which refuses unknown fields as well.
  const message = v.strictObject(watchMessageSchema.entries);
  const batch = v.strictObject({ jobs: v.pipe(v.array(message), v.minLength(1), v.maxLength(JOBS_MAX)) });
  return [
    parsing(
      {
        method: 'POST',
        path: '/v1/jobs',
        operation: 'submitJobs',
        summary:
          `Takes one job, or a list of up to ${JOBS_MAX}, under watch. ` +
          '400 if nothing was accepted and nothing is worth another try.',
        permission: 'jobs:write',
        body: v.union([message, batch]),
        responses: { 202: responses.submitted },
      },
      ({ body }) => submit(ports, body),
    ),
    reading(
      {
        method: 'GET',
        path: '/v1/jobs',
        operation: 'listJobs',
        summary: 'Jobs, newest first. A page may be short, even empty, and still have a nextCursor.',
        permission: 'read',
        query: jobsQuery,
        responses: { 200: responses.jobs },
      },
      ({ query }) => getJobs({ ...ports, empty }, query),
    ),
    reading(
      {
        method: 'GET',
        path: one,
        operation: 'getJob',
        summary: 'The record of a job, with its history and what it waits for.',
        permission: 'read',
        query: noQuery,
        responses: { 200: responses.job },
        problems: [404],
      },
      ({ params }) => getJob(ports, params['id'] ?? ''),
    ),
    reading(
      {
        method: 'GET',
        path: `${one}/deliveries`,
        operation: 'listJobDeliveries',
        summary: "Deliveries of the job's latest 20 events, by `seq`, to the subscriptions that there are now.",
        permission: 'read',
        query: noQuery,
        responses: { 200: responses.jobDeliveries },
        problems: [404],
      },
      ({ params }) => listJobDeliveries(ports, params['id'] ?? ''),
    ),
    acting(
      {
        method: 'POST',
        path: `${one}/stop`,
        operation: 'stopJob',
        summary: "Ends the watch, not the vendor's job. A job that has ended is answered as it is.",
        permission: 'jobs:write',
        responses: { 200: responses.job },
        problems: [404, 409],
      },
      ({ params }) => postStop(ports, params['id'] ?? ''),
    ),
  ];
}

function serviceRoutes(ports: ApiPorts): readonly Route[] {
  const health = makeHealth(ports);
  return [
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

import * as v from 'valibot';
import { watchMessageSchema } from '../job/watch-message.ts';
import { makeHealth } from './health.ts';
import { openApiDocument } from './http/openapi.ts';
import { acting, parsing, type Route, reading } from './http/route.ts';
import { json } from './http/types.ts';
import { makeEmptyDays } from './jobs/empty-days.ts';
import { getJob, getJobs, postStop } from './jobs/jobs.ts';
import { JOBS_MAX, submit } from './jobs/submit.ts';
import type { ApiDeps } from './ports.ts';
import * as responses from './responses.ts';
import { jobsQuery, noQuery } from './schemas.ts';
import { listJobDeliveries } from './subscriptions/deliveries.ts';
import { subscriptionRoutes } from './subscriptions/routes.ts';

/**
 * Every route there is: the router, the authorization, the checks and the OpenAPI document are made from this table.
 */
export function makeRoutes(deps: ApiDeps): readonly Route[] {
  const routes: readonly Route[] = [...jobRoutes(deps), ...subscriptionRoutes(deps), ...serviceRoutes(deps)];
  let document: unknown = null;
  const openApi = reading(
    {
      method: 'GET',
      path: '/v1/openapi.json',
      operation: 'getOpenApi',
      summary: 'This document.',
      scope: null,
      query: noQuery,
      answers: { 200: v.looseObject({}) },
    },
    async () => {
      document ??= openApiDocument([...routes, openApi], [...deps.apis.keys()]);
      return json(200, document);
    },
  );
  return [...routes, openApi];
}

function jobRoutes(deps: ApiDeps): readonly Route[] {
  const empty = makeEmptyDays(deps);
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
        summary: `Takes one job, or a list of up to ${JOBS_MAX}, under watch. 400 if nothing was accepted and nothing is worth another try.`,
        scope: 'jobs:write',
        body: v.union([message, batch]),
        answers: { 202: responses.submitted },
      },
      ({ body }) => submit(deps, body),
    ),
    reading(
      {
        method: 'GET',
        path: '/v1/jobs',
        operation: 'listJobs',
        summary: 'Jobs, newest first. A page may be short, even empty, and still have a nextCursor.',
        scope: 'read',
        query: jobsQuery,
        answers: { 200: responses.jobs },
      },
      ({ query }) => getJobs({ ...deps, empty }, query),
    ),
    reading(
      {
        method: 'GET',
        path: one,
        operation: 'getJob',
        summary: 'The record of a job, with its history and what it waits for.',
        scope: 'read',
        query: noQuery,
        answers: { 200: responses.job },
        problems: [404],
      },
      ({ params }) => getJob(deps, params['id'] ?? ''),
    ),
    reading(
      {
        method: 'GET',
        path: `${one}/deliveries`,
        operation: 'listJobDeliveries',
        summary: "Deliveries of the job's latest 20 events, by `seq`, to the subscriptions that there are now.",
        scope: 'read',
        query: noQuery,
        answers: { 200: responses.jobDeliveries },
        problems: [404],
      },
      ({ params }) => listJobDeliveries(deps, params['id'] ?? ''),
    ),
    acting(
      {
        method: 'POST',
        path: `${one}/stop`,
        operation: 'stopJob',
        summary: "Ends the watch, not the vendor's job. A job that has ended is answered as it is.",
        scope: 'jobs:write',
        answers: { 200: responses.job },
        problems: [404, 409],
      },
      ({ params }) => postStop(deps, params['id'] ?? ''),
    ),
  ];
}

function serviceRoutes(deps: ApiDeps): readonly Route[] {
  const health = makeHealth(deps);
  return [
    reading(
      {
        method: 'GET',
        path: '/v1/durations',
        operation: 'listDurations',
        summary: 'Learned times from submission to end, per api and operation.',
        scope: 'read',
        query: noQuery,
        answers: { 200: responses.durations },
      },
      async () => json(200, { durations: await deps.durations() }),
    ),
    reading(
      {
        method: 'GET',
        path: '/v1/health',
        operation: 'getHealth',
        summary:
          'When the last tick was, the oldest due job, queue depths, denied accounts. A part that could not be read is null.',
        scope: null,
        query: noQuery,
        answers: { 200: responses.health },
      },
      () => health(),
    ),
  ];
}

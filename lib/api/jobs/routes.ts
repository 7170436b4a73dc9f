import * as v from 'valibot';
import { groupSchema, watchMessageSchema } from '../../job/watch-message-schema.ts';
import { acting, parsing, type Route, reading } from '../http/route.ts';
import type { ApiPorts } from '../ports.ts';
import * as responses from '../responses.ts';
import { jobsQuery, noQuery } from '../schemas.ts';
import { listJobDeliveries } from '../subscriptions/deliveries.ts';
import { makeEmptyDays } from './empty-days.ts';
import { getJob, getJobs, postStop } from './jobs.ts';
import { JOBS_MAX, submit } from './submit.ts';

const ALL = '/v1/jobs';
const ONE = '/v1/jobs/{id}';

/** The jobs' side of the table of routes. */
export function jobRoutes(ports: ApiPorts): readonly Route[] {
  return [submitRoute(ports), ...readingRoutes(ports), stopRoute(ports)];
}

function submitRoute(ports: ApiPorts): Route {
  // For the document: what checks a message is its parser, which refuses unknown fields as well.
  const { entries } = watchMessageSchema;
  const message = v.strictObject({ ...entries, region: v.optional(entries.region) });
  const jobs = v.pipe(v.array(message), v.minLength(1), v.maxLength(JOBS_MAX));
  const group = v.pipe(v.optional(groupSchema), v.description('Of every job of the list that names none itself.'));
  const batch = v.strictObject({ jobs, group });
  return parsing(
    {
      method: 'POST',
      path: ALL,
      operation: 'submitJobs',
      summary:
        `Takes one job, or a list of up to ${JOBS_MAX}, under watch. ` +
        '400 if nothing was accepted and nothing is worth another try.',
      permission: 'jobs:write',
      body: v.union([message, batch]),
      responses: { 202: responses.submitted },
    },
    ({ body, caller }) => submit(ports, body, caller?.name),
  );
}

function readingRoutes(ports: ApiPorts): readonly Route[] {
  const empty = makeEmptyDays(ports);
  return [
    reading(
      {
        method: 'GET',
        path: ALL,
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
        path: ONE,
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
        path: `${ONE}/deliveries`,
        operation: 'listJobDeliveries',
        summary: "Deliveries of the job's latest 20 events, by `seq`, to the subscriptions that there are now.",
        permission: 'read',
        query: noQuery,
        responses: { 200: responses.jobDeliveries },
        problems: [404],
      },
      ({ params }) => listJobDeliveries(ports, params['id'] ?? ''),
    ),
  ];
}

function stopRoute(ports: ApiPorts): Route {
  return acting(
    {
      method: 'POST',
      path: `${ONE}/stop`,
      operation: 'stopJob',
      summary: "Ends the watch, not the vendor's job. A job that has ended is answered as it is.",
      permission: 'jobs:write',
      responses: { 200: responses.job },
      problems: [404, 409],
    },
    ({ params, caller }) => postStop(ports, params['id'] ?? '', caller?.name),
  );
}

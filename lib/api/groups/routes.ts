import { type Route, reading } from '../http/route.ts';
import type { ApiPorts } from '../ports.ts';
import * as responses from '../responses.ts';
import { noQuery, pageQuery } from '../schemas.ts';
import { getGroup, getGroups } from './groups.ts';

/** The groups' side of the table of routes: a group is made by the messages of its jobs. */
export function groupRoutes(ports: ApiPorts): readonly Route[] {
  return [
    reading(
      {
        method: 'GET',
        path: '/v1/groups',
        operation: 'listGroups',
        summary: 'Groups of jobs, newest first.',
        permission: 'read',
        query: pageQuery,
        responses: { 200: responses.groups },
      },
      ({ query }) => getGroups(ports, query),
    ),
    reading(
      {
        method: 'GET',
        path: '/v1/groups/{id+}',
        operation: 'getGroup',
        summary: 'A group with its members, in the order of their submission. The id is percent-encoded.',
        permission: 'read',
        query: noQuery,
        responses: { 200: responses.group },
        problems: [404],
      },
      ({ params }) => getGroup(ports, params['id'] ?? ''),
    ),
  ];
}

import { randomUUID } from 'node:crypto';
import type { Sample } from '../cloud.ts';
import type { JobView } from '../job-store.ts';
import type { BearerErrors, BearerInput } from '../kit/bearer-gateway.ts';
import { jsonReply, type Reply } from '../reply.ts';

/** https://docs.digitalocean.com/reference/api/digitalocean/#section/Introduction/Responses */
function failure(status: number, id: string, message: string): Reply {
  return jsonReply(status, { id, message, request_id: randomUUID() }, id);
}

const limited = () => failure(429, 'too_many_requests', 'API Rate limit exceeded.');

export const DIGITALOCEAN_ERRORS: BearerErrors = {
  unauthorized: () => failure(401, 'unauthorized', 'Unable to authenticate you.'),
  forbidden: () => failure(403, 'forbidden', 'You are not authorized to perform this operation'),
  notFound: () => failure(404, 'not_found', 'The resource you requested could not be found.'),
  invalid: () => failure(422, 'unprocessable_entity', 'The request is not valid.'),
  limited,
  throttled: (status = 429, waitMs) => {
    const reply = { ...limited(), status };
    if (waitMs === undefined) return reply;
    return { ...reply, headers: { ...reply.headers, 'retry-after': String(Math.ceil(waitMs / 1000)) } };
  },
  failed: (status, code = 'server_error', message = 'Unexpected server-side error') => failure(status, code, message),
};

/** `GET /v2/actions/{action_id}` */
export function showAction({ find }: BearerInput, [id = '']: readonly string[]) {
  const view = /^[1-9]\d{0,15}$/.test(id) ? find(id) : null;
  if (view === null) return { reply: DIGITALOCEAN_ERRORS.notFound(), views: [] };
  return { reply: jsonReply(200, { action: format(view) }, 'ok'), views: [view] };
}

function format({ job, status, step, isLastStep, beganAtMs, changedAtMs }: JobView): unknown {
  return {
    id: Number(job.jobId),
    status,
    type: job.operation ?? 'create',
    started_at: time(beganAtMs),
    completed_at: (step.ended ?? isLastStep) ? time(changedAtMs) : null,
    resource_id: Number(job.resourceId ?? 3164444),
    resource_type: job.resourceType ?? 'droplet',
    region: null,
    region_slug: 'nyc3',
  };
}

/** `2020-11-14T16:29:21Z` */
function time(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');
}

/** A Droplet's. */
export const digitaloceanSamples: readonly Sample[] = (['completed', 'errored'] as const).map((word, place) => ({
  name: `digitalocean-actions-${word === 'completed' ? 'succeeded' : 'failed'}`,
  about: word === 'completed' ? 'a token, no region, no project' : 'a failure without a reason',
  job: {
    api: 'digitalocean.actions',
    jobId: String(36_804_636 + place),
    operation: word === 'completed' ? 'create' : 'resize',
    resourceId: '3164444',
    resourceType: 'droplet',
    steps: [{ status: 'in-progress', forSeconds: 8 }, { status: word }],
  },
  expectedPhase: word === 'completed' ? 'succeeded' : 'failed',
  endsAfterSeconds: 8,
}));

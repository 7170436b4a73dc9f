import type { JobView } from '../job-store.ts';
import type { BearerErrors, BearerInput } from '../kit/bearer-gateway.ts';
import { valuesOf } from '../raw-request.ts';
import { jsonReply, type Reply } from '../reply.ts';

/** https://docs.hetzner.cloud/reference/cloud#errors */
function failure(status: number, code: string, message: string): Reply {
  return jsonReply(status, { error: { code, message, details: null } }, code);
}

const limited = () => failure(429, 'rate_limit_exceeded', 'limit of 3600 requests per hour reached');

export const HETZNER_ERRORS: BearerErrors = {
  unauthorized: () => failure(401, 'unauthorized', 'unable to authenticate'),
  forbidden: () => failure(403, 'forbidden', 'insufficient permissions for this request'),
  notFound: () => failure(404, 'not_found', 'the requested path does not exist'),
  invalid: () => failure(400, 'invalid_input', "invalid input in field 'id'"),
  limited,
  throttled: (status = 429, waitMs) => {
    const reply = { ...limited(), status };
    if (waitMs === undefined) return reply;
    return { ...reply, headers: { ...reply.headers, 'retry-after': String(Math.ceil(waitMs / 1000)) } };
  },
  failed: (status, code = 'server_error', message = 'an internal error occurred') => failure(status, code, message),
};

const PER_PAGE_MAX = 50;
const PER_PAGE = 25;

/** `GET /v1/actions/{id}` */
export function showAction({ find }: BearerInput, [id = '']: readonly string[]) {
  if (!isId(id)) return { reply: failure(404, 'not_found', 'action not found'), views: [] };
  const view = find(id);
  if (view === null) return { reply: failure(404, 'not_found', `action with ID '${id}' not found`), views: [] };
  return { reply: jsonReply(200, { action: format(view) }, 'ok'), views: [view] };
}

/** `GET /v1/actions?id=…`: unknown ids are left out; without ids there is no list since 30 January 2025. */
export function listActions({ find, query, world }: BearerInput, ids: readonly string[]) {
  const perPage = Number(valuesOf(query, 'per_page')[0] ?? PER_PAGE);
  const page = Number(valuesOf(query, 'page')[0] ?? 1);
  const isPage = [perPage, page].every((value) => Number.isInteger(value) && value >= 1) && perPage <= PER_PAGE_MAX;
  if (ids.length === 0 || ids.some((id) => !isId(id)) || !isPage) return { reply: HETZNER_ERRORS.invalid(), views: [] };
  const known = [...new Set(ids)].map(find).filter((view) => view !== null);
  const views = known.slice((page - 1) * perPage, page * perPage);
  const last = Math.max(1, Math.ceil(known.length / perPage));
  const pagination = {
    page,
    per_page: perPage,
    previous_page: page > 1 ? page - 1 : null,
    next_page: page < last ? page + 1 : null,
    last_page: last,
    total_entries: known.length,
  };
  const meta = world.options().hetznerMeta === 'full' ? { meta: { pagination } } : {};
  return { reply: jsonReply(200, { actions: views.map(format), ...meta }, 'ok'), views };
}

/** An int64; JSON's own numbers hold so many digits. */
function isId(text: string): boolean {
  return /^[1-9]\d{0,15}$/.test(text);
}

function format({ job, status, step, isLastStep, beganAtMs, changedAtMs }: JobView): unknown {
  const resource = { id: Number(job.resourceId ?? 42), type: job.resourceType ?? 'server' };
  return {
    id: Number(job.jobId),
    command: job.operation ?? 'create_server',
    status,
    progress: isLastStep ? 100 : 50,
    started: time(beganAtMs),
    finished: (step.ended ?? isLastStep) ? time(changedAtMs) : null,
    resources: [resource],
    error: step.error === undefined ? null : { code: step.error.code, message: step.error.message },
  };
}

/** `2016-01-30T23:55:00+00:00` */
function time(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, '+00:00');
}

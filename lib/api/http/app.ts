import { duplicateKey } from '../../base/duplicate-keys.ts';
import type { ApiPorts } from '../ports.ts';
import { makeRoutes } from '../routes.ts';
import type { Caller } from './auth.ts';
import { conditional } from './etag.ts';
import { invalid, problem } from './problem.ts';
import { type Match, match, type Route } from './route.ts';
import { type ApiRequest, type ApiResponse, empty } from './types.ts';

/** The largest body that is read. */
export const BODY_MAX_BYTES = 256 * 1024;

/** A browser that is led to an answer takes it for what it says that it is. */
const NOT_SNIFFED = { 'x-content-type-options': 'nosniff' };

/** The whole API as one function from request to response. It never rejects, and writes one line per request. */
export function makeApi(ports: ApiPorts): (request: ApiRequest) => Promise<ApiResponse> {
  const routes = makeRoutes(ports);
  return async (request) => {
    const beganMs = ports.clock();
    const found = match(routes, request.method === 'HEAD' ? 'GET' : request.method, request.path);
    const { response, caller } = await respond(ports, request, found);
    ports.log.info('api.request', {
      requestId: request.id,
      method: request.method,
      route: patternOf(found),
      // With its ids: who changed what is found by them. What strangers write is not repeated.
      path: caller === null ? null : request.path,
      status: response.status,
      durationMs: ports.clock() - beganMs,
      token: caller?.name ?? null,
    });
    const headers = { ...response.headers, ...NOT_SNIFFED };
    return { ...response, headers, body: request.method === 'HEAD' ? '' : response.body };
  };
}

interface Responded {
  readonly response: ApiResponse;
  readonly caller: Caller | null;
}

async function respond(ports: ApiPorts, request: ApiRequest, found: Match): Promise<Responded> {
  let caller: Caller | null = null;
  try {
    if (found.kind !== 'route') return { response: unrouted(request, found), caller };
    const admission = await admit(ports, request, found.route);
    caller = admission.caller;
    const response = admission.refusal ?? conditional(request, await run(found, request, caller));
    return { response: withPermissions(response, caller), caller };
  } catch (error) {
    ports.log.error('api.fault', { requestId: request.id, route: patternOf(found), error: describe(error) });
    const detail = 'An unexpected error occurred. The request id finds it in the log.';
    return { response: problem(500, detail, { members: { requestId: request.id } }), caller };
  }
}

function unrouted(request: ApiRequest, found: Exclude<Match, { kind: 'route' }>): ApiResponse {
  if (found.kind === 'none') return problem(404, 'There is no such path.');
  const get: readonly string[] = found.methods.includes('GET') ? ['HEAD'] : [];
  const allow = [...found.methods, ...get, 'OPTIONS'].join(', ');
  if (request.method === 'OPTIONS') return empty(204, { allow });
  return problem(405, `This path allows ${allow}.`, { headers: { allow } });
}

/** Refuses alike whatever is wrong with a token: a response that told them apart would help to guess. */
async function admit(
  ports: ApiPorts,
  request: ApiRequest,
  route: Route,
): Promise<{ caller: Caller | null; refusal: ApiResponse | null }> {
  if (route.permission === null) return { caller: null, refusal: null };
  const found = await ports.authenticate(request.headers['authorization']);
  if (found.kind === 'unavailable') {
    const refusal = problem(503, 'Tokens cannot be checked at the moment.', { headers: { 'retry-after': '5' } });
    return { caller: null, refusal };
  }
  if (found.kind === 'refused') {
    const refusal = problem(401, 'A valid bearer token is required.', { headers: { 'www-authenticate': 'Bearer' } });
    return { caller: null, refusal };
  }
  const { caller } = found;
  if (caller.permissions.includes(route.permission)) return { caller, refusal: null };
  return { caller, refusal: problem(403, `The token does not have the scope "${route.permission}".`) };
}

async function run(
  found: Extract<Match, { kind: 'route' }>,
  request: ApiRequest,
  caller: Caller | null,
): Promise<ApiResponse> {
  const { route, params } = found;
  const unknown = route.query === null ? [...request.query.keys()] : [];
  if (unknown.length > 0)
    return invalid(
      'The query is invalid',
      unknown.map((field) => ({ field, problem: 'unknown parameter' })),
    );
  const input = { params, query: request.query, headers: request.headers, caller };
  if (route.method === 'GET' || route.method === 'DELETE') return route.handle({ ...input, body: undefined });
  const body = readBody(request.body);
  return body.ok ? route.handle({ ...input, body: body.value }) : body.refusal;
}

/** Tells a caller what its token may do: a user interface then offers nothing that would be refused. */
function withPermissions(response: ApiResponse, caller: Caller | null): ApiResponse {
  if (caller === null) return response;
  return { ...response, headers: { ...response.headers, 'jobwatch-scopes': caller.permissions.join(' ') } };
}

type Body = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly refusal: ApiResponse };

function readBody(text: string | null): Body {
  if (text === null || text === '') return { ok: true, value: undefined };
  if (Buffer.byteLength(text) > BODY_MAX_BYTES) {
    return { ok: false, refusal: problem(413, `The body is larger than ${BODY_MAX_BYTES} bytes.`) };
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return {
      ok: false,
      refusal: problem(400, 'The body is not JSON.', { errors: [{ field: '', problem: 'expected JSON' }] }),
    };
  }
  const twice = duplicateKey(text);
  if (twice === null) return { ok: true, value };
  return {
    ok: false,
    refusal: invalid('The body is invalid', [{ field: twice, problem: 'appears more than once in one object' }]),
  };
}

function patternOf(found: Match): string | null {
  if (found.kind === 'route') return found.route.path;
  return found.kind === 'other_method' ? found.path : null;
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

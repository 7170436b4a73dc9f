import { duplicateKey } from '../../base/duplicate-keys.ts';
import type { ApiDeps } from '../ports.ts';
import { makeRoutes } from '../routes.ts';
import type { Caller } from './auth.ts';
import { conditional } from './etag.ts';
import { invalid, problem } from './problem.ts';
import { type Match, match, type Route } from './route.ts';
import { type ApiRequest, type ApiResponse, empty } from './types.ts';

/** The largest body that is read. */
export const BODY_MAX_BYTES = 256 * 1024;

/** The whole API as one function from request to response. It never rejects, and writes one line per request. */
export function makeApi(deps: ApiDeps): (request: ApiRequest) => Promise<ApiResponse> {
  const routes = makeRoutes(deps);
  return async (request) => {
    const beganMs = deps.now();
    const found = match(routes, request.method === 'HEAD' ? 'GET' : request.method, request.path);
    const { response, caller } = await answer(deps, request, found);
    deps.log.info('api.request', {
      requestId: request.id,
      method: request.method,
      route: patternOf(found),
      status: response.status,
      durationMs: deps.now() - beganMs,
      token: caller?.name ?? null,
    });
    return { ...response, body: request.method === 'HEAD' ? '' : response.body };
  };
}

interface Answered {
  readonly response: ApiResponse;
  readonly caller: Caller | null;
}

async function answer(deps: ApiDeps, request: ApiRequest, found: Match): Promise<Answered> {
  let caller: Caller | null = null;
  try {
    if (found.kind !== 'route') return { response: unrouted(request, found), caller };
    const gate = await admit(deps, request, found.route);
    caller = gate.caller;
    const response = gate.refusal ?? conditional(request, await run(found, request, caller));
    return { response: withScopes(response, caller), caller };
  } catch (error) {
    deps.log.error('api.fault', { requestId: request.id, route: patternOf(found), error: describe(error) });
    const detail = 'Something went wrong here. The request id finds it in the log.';
    return { response: problem(500, detail, { members: { requestId: request.id } }), caller };
  }
}

function unrouted(request: ApiRequest, found: Exclude<Match, { kind: 'route' }>): ApiResponse {
  if (found.kind === 'none') return problem(404, 'There is nothing at this path.');
  const get: readonly string[] = found.methods.includes('GET') ? ['HEAD'] : [];
  const allow = [...found.methods, ...get, 'OPTIONS'].join(', ');
  if (request.method === 'OPTIONS') return empty(204, { allow });
  return problem(405, `This path takes ${allow}.`, { headers: { allow } });
}

/** Refuses alike whatever is wrong with a token: an answer that told them apart would help to guess. */
async function admit(
  deps: ApiDeps,
  request: ApiRequest,
  route: Route,
): Promise<{ caller: Caller | null; refusal: ApiResponse | null }> {
  if (route.scope === null) return { caller: null, refusal: null };
  const found = await deps.authenticate(request.headers['authorization']);
  if (found.kind === 'unavailable') {
    const refusal = problem(503, 'Tokens can not be checked at the moment.', { headers: { 'retry-after': '5' } });
    return { caller: null, refusal };
  }
  if (found.kind === 'refused') {
    const refusal = problem(401, 'A good bearer token is needed.', { headers: { 'www-authenticate': 'Bearer' } });
    return { caller: null, refusal };
  }
  const { caller } = found;
  if (caller.scopes.includes(route.scope)) return { caller, refusal: null };
  return { caller, refusal: problem(403, `The token has no scope "${route.scope}".`) };
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
      'The query is wrong',
      unknown.map((field) => ({ field, problem: 'unknown parameter' })),
    );
  const input = { params, query: request.query, headers: request.headers, caller };
  if (route.method === 'GET' || route.method === 'DELETE') return route.handle({ ...input, body: undefined });
  const body = readBody(request.body);
  return body.ok ? route.handle({ ...input, body: body.value }) : body.refusal;
}

/** Tells a caller what its token may do: a user interface then offers nothing that would be refused. */
function withScopes(response: ApiResponse, caller: Caller | null): ApiResponse {
  if (caller === null) return response;
  return { ...response, headers: { ...response.headers, 'jobwatch-scopes': caller.scopes.join(' ') } };
}

type Body = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly refusal: ApiResponse };

function readBody(text: string | null): Body {
  if (text === null || text === '') return { ok: true, value: undefined };
  if (Buffer.byteLength(text) > BODY_MAX_BYTES) {
    return { ok: false, refusal: problem(413, `A body may have ${BODY_MAX_BYTES} bytes at most.`) };
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
    refusal: invalid('The body is wrong', [{ field: twice, problem: 'stands twice in one object' }]),
  };
}

function patternOf(found: Match): string | null {
  if (found.kind === 'route') return found.route.path;
  return found.kind === 'other_method' ? found.path : null;
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

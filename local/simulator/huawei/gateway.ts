import { decode, type RawRequest, valuesOf } from '../raw-request.ts';
import type { Reply } from '../reply.ts';
import type { Call, Visit, World } from '../world.ts';
import { findHuaweiKey, type HuaweiKey, type HuaweiUser, huaweiName, isHuaweiUser } from './credential.ts';
import { showV1Job } from './elb-v1.ts';
import { listJobs, showJob } from './elb-v3.ts';
import { iamLogin } from './iam.ts';
import { foreignProject, JOB_SERVICES } from './job-services.ts';
import { HUAWEI_ERRORS, huaweiError, IAM_ERRORS } from './reply.ts';
import type { ServiceInput } from './service.ts';
import { readSdkHmacAuthorization, type SdkHmacClaim, verifySdkHmac } from './verify-sdk-hmac.ts';

interface Route {
  readonly api: string;
  readonly action: string;
  readonly pattern: RegExp;
  /** Null: the simulator's own origin. */
  readonly host: string | null;
  readonly idParameter: string;
  readonly serve: (input: ServiceInput) => Reply;
}

const ELB_ROUTES: readonly Route[] = [
  { api: 'huawei.elb.v1', action: 'ShowJob', pattern: /^\/v1\.0\/([^/]+)\/jobs\/([^/]+)\/?$/, serve: showV1Job },
  { api: 'huawei.elb.v3', action: 'ListJobs', pattern: /^\/v3\/([^/]+)\/elb\/jobs\/?$/, serve: listJobs },
  { api: 'huawei.elb.v3', action: 'ShowJob', pattern: /^\/v3\/([^/]+)\/elb\/jobs\/([^/]+)\/?$/, serve: showJob },
].map((route) => ({ ...route, host: null, idParameter: 'job_id' }));

const SERVICE_ROUTES: readonly Route[] = JOB_SERVICES.map((service) => ({
  idParameter: '',
  ...service,
  action: 'ShowJob',
}));

/** Huawei's API gateway and, on the same port, its login. Whatever nobody else took ends here. */
export function routeHuawei(request: RawRequest, world: World, host: string | null): Call {
  const key = keyNameOf(request, world);
  const common = { errors: HUAWEI_ERRORS, key };
  if (host === null && request.method === 'POST' && /^\/v3\/auth\/tokens\/?$/.test(request.path)) {
    const answer = (visit: Visit): Reply => iamLogin(request, world, visit);
    return { ...common, errors: IAM_ERRORS, api: 'huawei.iam', action: 'CreateToken', jobIds: [], answer };
  }
  for (const { api, action, pattern, serve, idParameter, ...route } of request.method === 'GET' ? ROUTES : []) {
    const match = route.host === host ? pattern.exec(request.path) : null;
    if (!match) continue;
    const projectId = decode(match[1] ?? '');
    const named = valuesOf(request.query, idParameter);
    const inPath = match[2] === undefined ? null : decode(match[2]);
    const jobId = inPath ?? (host === null ? null : (named[0] ?? null));
    const jobIds = inPath === null ? named : [inPath];
    const answer = (visit: Visit): Reply => {
      const entry = enter(request, world, visit, api, projectId);
      if ('reply' in entry) return entry.reply;
      return serve({ world, visit, projectId, jobId, query: request.query, owner: entry.caller.owner });
    };
    return { ...common, api, action, jobIds, answer };
  }
  const message = 'The API does not exist or has not been published in the environment';
  const answer = (): Reply => huaweiError(404, 'APIGW.0101', message);
  return { ...common, api: 'huawei.unknown', action: 'unknown', jobIds: [], answer };
}

const ROUTES: readonly Route[] = [...ELB_ROUTES, ...SERVICE_ROUTES];

type Caller = HuaweiKey | HuaweiUser;
type Entry = { caller: Caller } | { reply: Reply };

function enter(request: RawRequest, world: World, visit: Visit, api: string, projectId: string): Entry {
  const claim = readSdkHmacAuthorization(request);
  const token = request.headers.get('x-auth-token');
  if (!claim && token === undefined) return { reply: unauthenticated('x-auth-token not found') };
  const entry = claim ? enterByKey(request, claim, world, visit) : enterByToken(token ?? '', world, visit, projectId);
  if ('reply' in entry) return entry;
  const { deniedApis, projects } = entry.caller;
  const isForeign = projects !== undefined && !projects.some(({ id }) => id === projectId);
  if (deniedApis.includes(api)) return { reply: unauthorized() };
  return isForeign ? { reply: api.startsWith('huawei.elb.') ? unauthorized() : foreignProject() } : entry;
}

/** More than 5 refusals in a row lock a key for 5 minutes (API Gateway FAQ, apig-faq-0003). */
function enterByKey(request: RawRequest, claim: SdkHmacClaim, world: World, visit: Visit): Entry {
  const { accessKeyId } = claim;
  const key = findHuaweiKey(world.keys, accessKeyId);
  if (!key) return { reply: unauthenticated('ak not exist') };
  if (world.keys.isLocked(accessKeyId, visit.nowMs)) {
    return { reply: unauthenticated('AK access failed to reach the limit,forbidden') };
  }
  const skewMs = world.options().skewSeconds * 1000;
  const refusal = verifySdkHmac(request, claim, { key, nowMs: visit.serviceNowMs, skewMs });
  world.counters.signature(accessKeyId, refusal === null, visit.nowMs);
  if (refusal !== null) {
    world.keys.refused(accessKeyId, visit.nowMs);
    return { reply: unauthenticated(refusal) };
  }
  world.keys.accepted(accessKeyId);
  return { caller: key };
}

function enterByToken(text: string, world: World, visit: Visit, projectId: string): Entry {
  const token = world.keys.token(text);
  if (!token || !isHuaweiUser(token.user)) return { reply: unauthenticated('decrypt token fail') };
  if (visit.nowMs >= token.expiresAtMs) return { reply: unauthenticated('token expires') };
  if (token.projectId !== null && token.projectId !== projectId) return { reply: unauthorized() };
  return { caller: token.user };
}

function keyNameOf(request: RawRequest, world: World): string {
  const claim = readSdkHmacAuthorization(request);
  if (claim) return claim.accessKeyId;
  const token = world.keys.token(request.headers.get('x-auth-token') ?? '');
  return token && isHuaweiUser(token.user) ? huaweiName(token.user) : '';
}

function unauthenticated(what: string): Reply {
  return huaweiError(401, 'APIGW.0301', `Incorrect IAM authentication information: ${what}`);
}

function unauthorized(): Reply {
  return huaweiError(403, 'APIGW.0302', 'The IAM user is not authorized to access the API');
}

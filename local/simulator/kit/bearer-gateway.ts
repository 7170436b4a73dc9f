import type { JobView, Viewer } from '../job-store.ts';
import { type RawRequest, valuesOf } from '../raw-request.ts';
import type { Reply } from '../reply.ts';
import { type Call, type CloudErrors, isPoisoned, shown, type Visit, viewerOf, type World } from '../world.ts';
import { bearerName, findToken, tokenIn } from './bearer-credential.ts';

/** What a cloud says that takes a bearer token, each in its own words. */
export interface BearerErrors extends CloudErrors {
  readonly unauthorized: () => Reply;
  readonly forbidden: () => Reply;
  readonly notFound: () => Reply;
  readonly invalid: () => Reply;
  /** No call is left. */
  readonly limited: () => Reply;
}

/** Whether a call is left to a token, and the headers that say so. */
export type Limit = (
  world: World,
  key: string,
  nowMs: number,
) => { readonly isLeft: boolean; readonly headers: Record<string, string> };

export interface BearerInput {
  readonly world: World;
  readonly visit: Visit;
  readonly query: RawRequest['query'];
  /** The job of that id, as the token may see it. */
  readonly find: (id: string) => JobView | null;
}

export interface BearerCloud {
  readonly name: string;
  readonly errors: BearerErrors;
  readonly limit: Limit;
  readonly routes: readonly BearerRoute[];
}

interface BearerRoute {
  readonly api: string;
  readonly action: string;
  /** Its group, if it has one, is the id of a job. */
  readonly pattern: RegExp;
  /** The parameter of the query that names jobs. */
  readonly idParameter?: string;
  /** The views that the answer shows are counted. */
  readonly serve: (input: BearerInput, ids: readonly string[]) => { reply: Reply; views: readonly JobView[] };
}

/** Every request needs a good token, is a GET, and leaves one call less. */
export function routeBearer(cloud: BearerCloud) {
  return (request: RawRequest, world: World, host: string | null): Call | null => {
    if (host === null) return null;
    const route = request.method === 'GET' ? cloud.routes.find(({ pattern }) => pattern.test(request.path)) : undefined;
    const inPath = route?.pattern.exec(request.path)?.[1];
    const jobIds = inPath === undefined ? valuesOf(request.query, route?.idParameter ?? '') : [inPath];
    const token = tokenIn(request);
    return {
      errors: cloud.errors,
      api: route?.api ?? `${cloud.name}.unknown`,
      action: route?.action ?? 'unknown',
      key: token === null ? '' : bearerName({ cloud: cloud.name, token }),
      jobIds,
      answer: (visit) => answer(cloud, route, { request, world, visit, jobIds, token }),
    };
  };
}

interface Asked {
  readonly request: RawRequest;
  readonly world: World;
  readonly visit: Visit;
  readonly jobIds: readonly string[];
  readonly token: string | null;
}

function answer(cloud: BearerCloud, route: BearerRoute | undefined, asked: Asked): Reply {
  const { request, world, visit, jobIds, token } = asked;
  const { errors } = cloud;
  const known = token === null ? undefined : findToken(world.keys, cloud.name, token);
  if (token !== null) {
    const name = bearerName({ cloud: cloud.name, token });
    world.counters.signature(name, known !== undefined, visit.nowMs);
  }
  if (known === undefined) return errors.unauthorized();
  const { isLeft, headers } = cloud.limit(world, bearerName(known), visit.nowMs);
  const withLimit = (reply: Reply): Reply => ({ ...reply, headers: { ...reply.headers, ...headers } });
  if (!isLeft) return withLimit(errors.limited());
  if (route === undefined) return withLimit(errors.notFound());
  if (known.deniedApis.includes(route.api)) return withLimit(errors.forbidden());
  if (jobIds.length > 1 && isPoisoned(visit, jobIds)) return withLimit(errors.invalid());
  const viewer: Viewer = viewerOf(visit, known.owner);
  const find = (id: string) => world.jobs.find(route.api, undefined, id, viewer);
  const { reply, views } = route.serve({ world, visit, query: request.query, find }, jobIds);
  shown(world, visit, views);
  return withLimit(reply);
}

import * as v from 'valibot';
import type { RawRequest } from '../raw-request.ts';
import { jsonReply, type Reply } from '../reply.ts';
import type { Visit, World } from '../world.ts';
import { findHuaweiUser, type HuaweiUser, userName } from './credential.ts';
import { iamError } from './reply.ts';

const loginSchema = v.object({
  auth: v.object({
    identity: v.object({
      methods: v.tuple([v.literal('password')]),
      password: v.object({
        user: v.object({ name: v.string(), password: v.string(), domain: v.object({ name: v.string() }) }),
      }),
    }),
    scope: v.optional(
      v.object({ project: v.optional(v.object({ id: v.optional(v.string()), name: v.optional(v.string()) })) }),
    ),
  }),
});

/**
 * `POST /v3/auth/tokens` with a password: the token is in the header `X-Subject-Token`, its end in the body.
 * https://support.huaweicloud.com/api-iam/iam_30_0001.html
 */
export function iamLogin(request: RawRequest, world: World, visit: Visit): Reply {
  const login = v.safeParse(loginSchema, parseJson(request.body.toString('utf8')));
  if (!login.success) return iamError(400, 'Bad Request', 'The request body is invalid.');
  const { identity, scope } = login.output.auth;
  const { name, password, domain } = identity.password.user;
  const user = findHuaweiUser(world.keys, domain.name, name);
  if (user) world.counters.signature(userName(user.domain, user.username), user.password === password, visit.nowMs);
  if (!user || user.password !== password) {
    return iamError(401, 'Unauthorized', 'The username or password is wrong.');
  }
  const project = findProject(user, scope?.project);
  if (project === undefined) return iamError(401, 'Unauthorized', 'The user has no access to the project.');
  const { token, expiresAtMs } = world.keys.issueToken(user, project, visit.nowMs);
  const body = {
    token: {
      methods: ['password'],
      issued_at: formatTime(visit.serviceNowMs),
      expires_at: formatTime(expiresAtMs + visit.serviceNowMs - visit.nowMs),
      user: { name, domain: { name: user.domain } },
      ...(project === null ? {} : { project: { id: project } }),
      roles: [],
      catalog: [],
    },
  };
  return jsonReply(201, body, 'ok', { 'x-subject-token': token });
}

/** Null: not bound to a project; undefined: a project that the user may not enter. */
function findProject(
  user: HuaweiUser,
  wanted: { id?: string | undefined; name?: string | undefined } | undefined,
): string | null | undefined {
  if (!wanted) return null;
  if (!user.projects) return wanted.id ?? null;
  const match = ({ id, name }: { id: string; name?: string | undefined }): boolean =>
    wanted.id === undefined ? name === wanted.name : id === wanted.id;
  return user.projects.find(match)?.id;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** IAM writes microseconds. */
function formatTime(ms: number): string {
  return new Date(ms).toISOString().replace('Z', '000Z');
}

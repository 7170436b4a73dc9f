import type { HttpRequest } from '../../base/http.ts';
import { toIso } from '../../base/time.ts';
import type { Trouble } from '../../job/observation.ts';
import { encode, encodeQuery, type Query } from '../kit/canonical.ts';
import type { AuthToken, Client, Protocol } from '../kit/client.ts';
import type { VendorDeps } from '../kit/cloud.ts';
import type { Session } from '../kit/session.ts';
import type { HuaweiAccount, HuaweiKeyAccount } from './account.ts';
import { readHuaweiFault } from './errors.ts';
import { type HuaweiIam, makeHuaweiIam } from './iam.ts';
import { signSdkHmac } from './sdk-hmac.ts';
import { type HuaweiService, publicOrigin } from './service.ts';

export type HuaweiSession = Session<HuaweiAccount>;

export interface HuaweiGet {
  readonly service: HuaweiService;
  readonly projectId: string;
  /** Before encoding. */
  readonly path: string;
  readonly query: Query;
  /** Only a request about one job can be told that the job is unknown. */
  readonly about: 'job' | 'list';
}

export type HuaweiClient = Client<HuaweiAccount, HuaweiGet>;

/** Headers that prove who makes a request: a token, or a signature of the request. */
type AuthHeaders = Readonly<Record<string, string>>;

const CONTENT_TYPE = { 'content-type': 'application/json' };

/** GET requests, signed or with the token of an IAM user. */
export function huaweiProtocol(deps: VendorDeps): Protocol<HuaweiAccount, HuaweiGet> {
  const iam = makeHuaweiIam(deps);
  return {
    authenticate: (session, get) => authenticate(iam, session, get),
    originOf,
    sign: getRequest,
    classify: (response, { about, service }) => readHuaweiFault(response, about, service.faults),
  };
}

async function authenticate(
  iam: HuaweiIam,
  session: HuaweiSession,
  { projectId }: HuaweiGet,
): Promise<AuthToken | Trouble | null> {
  const { account } = session;
  if ('accessKeyId' in account) return null;
  const login = await iam.login(account, projectId, session);
  if (login.kind !== 'token') return login;
  return { ...login, drop: () => iam.forget(account, projectId, login.token) };
}

function originOf({ account, scope }: HuaweiSession, { service }: HuaweiGet): string {
  return account.endpoints?.[scope.api] ?? publicOrigin(service, scope.region);
}

function getRequest(session: HuaweiSession, get: HuaweiGet, token: AuthToken | null, atMs: number): HttpRequest {
  const { account } = session;
  const path = get.path.split('/').map(encode).join('/');
  const url = new URL(get.query.length === 0 ? path : `${path}?${encodeQuery(get.query)}`, originOf(session, get));
  const auth = 'accessKeyId' in account ? signatureHeaders(url, account, get, atMs) : tokenHeaders(token);
  return { method: 'GET', url, headers: { ...auth, host: url.host, accept: 'application/json' } };
}

function tokenHeaders(token: AuthToken | null): AuthHeaders {
  return { ...CONTENT_TYPE, 'x-auth-token': token?.token ?? '' };
}

function signatureHeaders(url: URL, account: HuaweiKeyAccount, get: HuaweiGet, atMs: number): AuthHeaders {
  const { accessKeyId, accessKeySecret, securityToken } = account;
  const { projectId, path, query } = get;
  const sdkDate = toIso(atMs).replace(/[-:]|\.\d{3}/g, '');
  const signed: Record<string, string> = {
    ...CONTENT_TYPE,
    host: url.host,
    'x-project-id': projectId,
    'x-sdk-date': sdkDate,
  };
  if (securityToken !== undefined) signed['x-security-token'] = securityToken;
  const request = { method: 'GET', path, query, headers: signed, sdkDate, body: '', accessKeyId, accessKeySecret };
  return { ...signed, authorization: signSdkHmac(request).authorization };
}

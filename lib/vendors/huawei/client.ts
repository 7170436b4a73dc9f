import type { HttpRequest, Send } from '../../base/http.ts';
import { toIso } from '../../base/time.ts';
import type { Trouble } from '../../job/observation.ts';
import { encode, encodeQuery, type Query } from '../kit/canonical.ts';
import { type AuthToken, type Client, makeClient } from '../kit/client.ts';
import type { Session } from '../kit/session.ts';
import type { SkewedClock } from '../kit/skew.ts';
import type { HuaweiAccount, HuaweiKeyAccount } from './cloud.ts';
import { readHuaweiFault } from './errors.ts';
import type { HuaweiIam } from './iam.ts';
import { signSdkHmac } from './sdk-hmac.ts';

export interface HuaweiDeps {
  readonly send: Send;
  readonly skew: SkewedClock;
  readonly iam: HuaweiIam;
}

export type HuaweiSession = Session<HuaweiAccount>;

interface HuaweiGet {
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

/** Makes GET requests of ELB, signed or with the token of an IAM user. */
export function makeHuaweiClient(deps: HuaweiDeps, api: string): HuaweiClient {
  return makeClient<HuaweiAccount, HuaweiGet>(deps, {
    authenticate: (session, get) => authenticate(deps.iam, session, get),
    originOf: (session) => originOf(api, session),
    sign: (session, get, token, atMs) => getRequest(originOf(api, session), session, get, token, atMs),
    classify: (response, get) => readHuaweiFault(response, get.about),
  });
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

function originOf(api: string, { account, scope }: HuaweiSession): string {
  return account.endpoints?.[api] ?? `https://elb.${scope.region}.myhuaweicloud.com`;
}

function getRequest(
  origin: string,
  { account }: HuaweiSession,
  get: HuaweiGet,
  token: AuthToken | null,
  atMs: number,
): HttpRequest {
  const path = get.path.split('/').map(encode).join('/');
  const url = new URL(get.query.length === 0 ? path : `${path}?${encodeQuery(get.query)}`, origin);
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

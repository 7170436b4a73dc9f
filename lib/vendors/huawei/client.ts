import type { HttpRequest, HttpResponse, Send } from '../../base/http.ts';
import { type Clock, toIso } from '../../base/time.ts';
import type { Trouble } from '../../job/observation.ts';
import type { HuaweiKeyAccount, HuaweiUserAccount } from '../account.ts';
import { encode, encodeQuery, type Query } from '../kit/canonical.ts';
import { type Meaning, refusesKey } from '../kit/faults.ts';
import { type Reply, replyOfFault, replyOfSuccess } from '../kit/reply.ts';
import { noteFailure, type Session, UNASKED } from '../kit/session.ts';
import { makeSkewedClock } from '../kit/skew.ts';
import { readHuaweiFault } from './errors.ts';
import type { HuaweiIam } from './iam.ts';
import { signSdkHmac } from './sdk-hmac.ts';

export interface HuaweiDeps {
  readonly send: Send;
  readonly clock: Clock;
  readonly iam: HuaweiIam;
}

export type HuaweiSession = Session<HuaweiKeyAccount | HuaweiUserAccount>;

interface HuaweiGet {
  /** Before encoding. */
  readonly path: string;
  readonly query: Query;
  /** Only a request about one job can be told that the job is unknown. */
  readonly about: 'job' | 'list';
}

export type HuaweiApi = (session: HuaweiSession, projectId: string, get: HuaweiGet) => Promise<Reply>;

/** Headers that prove who asks. `token` is null where they are a signature. */
interface Proof {
  readonly kind: 'proof';
  readonly headers: Readonly<Record<string, string>>;
  readonly token: string | null;
}

const CONTENT_TYPE = { 'content-type': 'application/json' };

/**
 * Makes GET requests of ELB, signed or with the token of an IAM user. Asks `session.spend` before every request. A
 * refused time or a refused token is tried once more, once in a call; a refused key never: Huawei locks it.
 */
export function makeHuaweiApi(deps: HuaweiDeps, api: string): HuaweiApi {
  const clock = makeSkewedClock(deps.clock);

  async function prove(
    session: HuaweiSession,
    projectId: string,
    get: HuaweiGet,
    atMs: number,
  ): Promise<Proof | Trouble> {
    const { account } = session;
    if ('accessKeyId' in account) return signatureProof(urlOf(api, session, get), account, projectId, get, atMs);
    const login = await deps.iam.login(account, projectId, session);
    if (login.kind !== 'token') return login;
    return { kind: 'proof', headers: { ...CONTENT_TYPE, 'x-auth-token': login.token }, token: login.token };
  }

  async function attempt(session: HuaweiSession, projectId: string, get: HuaweiGet): Promise<Reply> {
    const provedAtMs = clock.now();
    const proof = await prove(session, projectId, get, provedAtMs);
    if (proof.kind !== 'proof') return proof;
    if (!(await session.spend())) return UNASKED;
    const answer = await deps.send(getRequest(urlOf(api, session, get), proof));
    if (answer.kind === 'failure') return noteFailure(session, answer);
    if (answer.status === 200) return replyOfSuccess(answer);
    const { fault, meaning, retryAfterMs } = readHuaweiFault(answer, get.about);
    if (refusesKey(meaning)) session.tally.keyRefusals += 1;
    const isMended = mend(session, projectId, { meaning, proof, provedAtMs, headers: answer.headers });
    return isMended ? attempt(session, projectId, get) : replyOfFault(meaning, fault, retryAfterMs);
  }

  /** Whether another attempt may go better. A call of many requests is refused twice at most: refusals lock the key. */
  function mend(session: HuaweiSession, projectId: string, refusal: Refusal): boolean {
    const { meaning, proof, provedAtMs, headers } = refusal;
    const { account, tally } = session;
    if (!refusesKey(meaning)) return false;
    const isFirst = tally.keyRefusals === 1;
    if (proof.token !== null && 'username' in account) {
      deps.iam.forget(account, projectId, proof.token);
      return isFirst;
    }
    return isFirst && meaning === 'clock' && clock.correct(headers, provedAtMs);
  }

  return attempt;
}

interface Refusal {
  readonly meaning: Meaning;
  readonly proof: Proof;
  readonly provedAtMs: number;
  readonly headers: HttpResponse['headers'];
}

function urlOf(api: string, { account, scope }: HuaweiSession, get: HuaweiGet): URL {
  const origin = account.endpoints?.[api] ?? `https://elb.${scope.region}.myhuaweicloud.com`;
  const path = get.path.split('/').map(encode).join('/');
  return new URL(get.query.length === 0 ? path : `${path}?${encodeQuery(get.query)}`, origin);
}

function signatureProof(url: URL, account: HuaweiKeyAccount, projectId: string, get: HuaweiGet, atMs: number): Proof {
  const { accessKeyId, accessKeySecret, securityToken } = account;
  const sdkDate = toIso(atMs).replace(/[-:]|\.\d{3}/g, '');
  const signed: Record<string, string> = {
    ...CONTENT_TYPE,
    host: url.host,
    'x-project-id': projectId,
    'x-sdk-date': sdkDate,
  };
  if (securityToken !== undefined) signed['x-security-token'] = securityToken;
  const { path, query } = get;
  const request = { method: 'GET', path, query, headers: signed, sdkDate, body: '', accessKeyId, accessKeySecret };
  return { kind: 'proof', headers: { ...signed, authorization: signSdkHmac(request).authorization }, token: null };
}

function getRequest(url: URL, proof: Proof): HttpRequest {
  return { method: 'GET', url, headers: { ...proof.headers, host: url.host, accept: 'application/json' } };
}

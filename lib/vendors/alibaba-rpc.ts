import type { AlibabaAccount } from '../account.ts';
import type { HttpAnswer, HttpRequest, Send } from '../http.ts';
import { type Clock, toIso } from '../time.ts';
import { signAcs3 } from './acs3.ts';
import { readAlibabaFault } from './alibaba-errors.ts';
import { encodeQuery, type Query, sha256Hex } from './canonical.ts';
import { refusesKey } from './faults.ts';
import { type Reply, replyOfFault, replyOfSuccess } from './reply.ts';
import { noteFailure, type Session, UNASKED } from './session.ts';
import { makeSkewedClock } from './skew.ts';

export interface AlibabaDeps {
  readonly send: Send;
  readonly clock: Clock;
  /** A text that never repeats: the gateway refuses a nonce that it has seen. */
  readonly nonce: () => string;
}

/** A product of Alibaba Cloud; its public end points are `<host>.<region>.aliyuncs.com`. */
interface AlibabaProduct {
  readonly api: string;
  readonly host: string;
  readonly version: string;
}

export type AlibabaSession = Session<AlibabaAccount>;

export type AlibabaRpc = (session: AlibabaSession, action: string, query: Query) => Promise<Reply>;

/**
 * Makes signed calls in the RPC style: POST, parameters in the query, no body. Asks `session.spend` before every
 * request. A used nonce is tried once more, and so is a refused time, once in a call.
 */
export function makeAlibabaRpc(deps: AlibabaDeps, product: AlibabaProduct): AlibabaRpc {
  const clock = makeSkewedClock(deps.clock);

  async function attempt(session: AlibabaSession, action: string, query: Query, mayRepeat: boolean): Promise<Reply> {
    if (!(await session.spend())) return UNASKED;
    const signedAtMs = clock.now();
    const answer = await deps.send(signedRequest(product, session, action, query, signedAtMs, deps.nonce()));
    if (answer.kind === 'failure') return noteFailure(session, answer);
    if (answer.status === 200) return replyOfSuccess(answer);
    const { fault, meaning, retryAfterMs } = readAlibabaFault(answer);
    if (refusesKey(meaning)) session.tally.keyRefusals += 1;
    if (meaning === 'nonce' && mayRepeat) return attempt(session, action, query, false);
    const isMended = meaning === 'clock' && mendClock(session, answer, signedAtMs);
    return isMended ? attempt(session, action, query, mayRepeat) : replyOfFault(meaning, fault, retryAfterMs);
  }

  /** Whether a new signature would bear another time. A call of many requests is refused twice at most. */
  function mendClock({ tally }: AlibabaSession, answer: HttpAnswer, signedAtMs: number): boolean {
    return tally.keyRefusals === 1 && clock.correct(answer.headers, signedAtMs);
  }

  return (session, action, query) => attempt(session, action, query, true);
}

function signedRequest(
  product: AlibabaProduct,
  session: AlibabaSession,
  action: string,
  query: Query,
  signedAtMs: number,
  nonce: string,
): HttpRequest {
  const { account, scope } = session;
  const { accessKeyId, accessKeySecret, securityToken } = account;
  const origin = account.endpoints?.[product.api] ?? `https://${product.host}.${scope.region}.aliyuncs.com`;
  const url = new URL(`/?${encodeQuery(query)}`, origin);
  const headers: Record<string, string> = {
    host: url.host,
    'x-acs-action': action,
    'x-acs-version': product.version,
    'x-acs-date': toIso(signedAtMs).replace(/\.\d{3}Z$/, 'Z'),
    'x-acs-signature-nonce': nonce,
    'x-acs-content-sha256': sha256Hex(''),
  };
  if (securityToken !== undefined) {
    headers['x-acs-accesskey-id'] = accessKeyId;
    headers['x-acs-security-token'] = securityToken;
  }
  const { authorization } = signAcs3({ method: 'POST', headers, query, body: '', accessKeyId, accessKeySecret });
  return { method: 'POST', url, headers: { ...headers, accept: 'application/json', authorization }, body: '' };
}

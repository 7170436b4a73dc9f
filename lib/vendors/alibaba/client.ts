import type { HttpRequest, HttpResponse, Send } from '../../base/http.ts';
import { type Clock, toIso } from '../../base/time.ts';
import type { AlibabaAccount } from '../account.ts';
import { encodeQuery, type Query, sha256Hex } from '../kit/canonical.ts';
import { type Meaning, refusesKey } from '../kit/faults.ts';
import { type Reply, replyOfFault, replyOfSuccess } from '../kit/reply.ts';
import { noteFailure, type Session, UNASKED } from '../kit/session.ts';
import { makeSkewedClock } from '../kit/skew.ts';
import { signAcs3 } from './acs3.ts';
import { readAlibabaFault } from './errors.ts';

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

/** A used nonce may be mended once for each request; a refused time once in a call, since refusals may lock the key. */
interface Mends {
  readonly nonce: boolean;
}

/**
 * Makes signed calls in the RPC style: POST, parameters in the query, no body. Asks `session.spend` before every
 * request; a refused time and a used nonce are each tried once more.
 */
export function makeAlibabaRpc(deps: AlibabaDeps, product: AlibabaProduct): AlibabaRpc {
  const clock = makeSkewedClock(deps.clock);

  async function attempt(session: AlibabaSession, action: string, query: Query, mends: Mends): Promise<Reply> {
    if (!(await session.spend())) return UNASKED;
    const signedAtMs = clock.now();
    const answer = await deps.send(signedRequest(product, session, action, query, signedAtMs, deps.nonce()));
    if (answer.kind === 'failure') return noteFailure(session, answer);
    if (answer.status === 200) return replyOfSuccess(answer);
    const { fault, meaning, retryAfterMs } = readAlibabaFault(answer);
    if (refusesKey(meaning)) session.tally.keyRefusals += 1;
    const next = mend(session, meaning, { answer, signedAtMs }, mends);
    return next === null ? replyOfFault(meaning, fault, retryAfterMs) : attempt(session, action, query, next);
  }

  /** What is still mendable after this fault; null if another attempt would meet it again. */
  function mend({ tally }: AlibabaSession, meaning: Meaning, refused: Refused, mends: Mends): Mends | null {
    if (meaning === 'nonce') return mends.nonce ? { nonce: false } : null;
    const isFirst = meaning === 'clock' && tally.keyRefusals === 1;
    return isFirst && clock.correct(refused.answer.headers, refused.signedAtMs) ? mends : null;
  }

  return (session, action, query) => attempt(session, action, query, { nonce: true });
}

interface Refused {
  readonly answer: HttpResponse;
  readonly signedAtMs: number;
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

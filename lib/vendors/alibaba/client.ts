import type { HttpRequest, Send } from '../../base/http.ts';
import { toIso } from '../../base/time.ts';
import { encodeQuery, type Query, sha256Hex } from '../kit/canonical.ts';
import { makeClient } from '../kit/client.ts';
import type { RequestResult } from '../kit/request-result.ts';
import type { Session } from '../kit/session.ts';
import type { SkewedClock } from '../kit/skew.ts';
import { signAcs3 } from './acs3.ts';
import type { AlibabaAccount } from './cloud.ts';
import { readAlibabaFault } from './errors.ts';

export interface AlibabaDeps {
  readonly send: Send;
  readonly skew: SkewedClock;
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

export type AlibabaRpc = (session: AlibabaSession, action: string, query: Query) => Promise<RequestResult>;

interface Rpc {
  readonly action: string;
  readonly query: Query;
}

/** Makes signed calls in the RPC style: POST, parameters in the query, no body. */
export function makeAlibabaRpc(deps: AlibabaDeps, product: AlibabaProduct): AlibabaRpc {
  const client = makeClient<AlibabaAccount, Rpc>(deps, {
    authenticate: async () => null,
    originOf: (session) => originOf(product, session),
    sign: (session, rpc, _token, atMs) => signedRequest(product, session, rpc, atMs, deps.nonce()),
    classify: readAlibabaFault,
  });
  return (session, action, query) => client(session, { action, query });
}

function originOf({ api, host }: AlibabaProduct, { account, scope }: AlibabaSession): string {
  return account.endpoints?.[api] ?? `https://${host}.${scope.region}.aliyuncs.com`;
}

function signedRequest(
  product: AlibabaProduct,
  session: AlibabaSession,
  { action, query }: Rpc,
  signedAtMs: number,
  nonce: string,
): HttpRequest {
  const { accessKeyId, accessKeySecret, securityToken } = session.account;
  const url = new URL(`/?${encodeQuery(query)}`, originOf(product, session));
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

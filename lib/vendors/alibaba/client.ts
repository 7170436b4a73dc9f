import type { HttpRequest } from '../../base/http.ts';
import { toIso } from '../../base/time.ts';
import { encodeQuery, type Query, sha256Hex } from '../kit/canonical.ts';
import type { Client, Protocol } from '../kit/client.ts';
import type { VendorDeps } from '../kit/cloud.ts';
import type { Session } from '../kit/session.ts';
import type { AlibabaAccount } from './account.ts';
import { signAcs3 } from './acs3.ts';
import { readAlibabaFault } from './errors.ts';

/** A product of Alibaba Cloud; its public end points are `<host>.<region>.aliyuncs.com`. */
interface AlibabaProduct {
  readonly host: string;
  readonly version: string;
}

export type AlibabaSession = Session<AlibabaAccount>;

/** A call in the RPC style. */
interface Rpc {
  readonly product: AlibabaProduct;
  readonly action: string;
  readonly query: Query;
}

export type AlibabaClient = Client<AlibabaAccount, Rpc>;

/** Signed calls in the RPC style: POST, parameters in the query, no body. */
export function alibabaProtocol({ nonce }: Pick<VendorDeps, 'nonce'>): Protocol<AlibabaAccount, Rpc> {
  return {
    authenticate: async () => null,
    originOf,
    sign: (session, rpc, _token, atMs) => signedRequest(session, rpc, atMs, nonce()),
    classify: readAlibabaFault,
  };
}

function originOf({ account, scope }: AlibabaSession, { product }: Rpc): string {
  return account.endpoints?.[scope.api] ?? `https://${product.host}.${scope.region}.aliyuncs.com`;
}

function signedRequest(session: AlibabaSession, rpc: Rpc, signedAtMs: number, nonce: string): HttpRequest {
  const { product, action, query } = rpc;
  const { accessKeyId, accessKeySecret, securityToken } = session.account;
  const url = new URL(`/?${encodeQuery(query)}`, originOf(session, rpc));
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

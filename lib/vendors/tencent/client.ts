import type { HttpRequest } from '../../base/http.ts';
import type { Client, Protocol } from '../kit/client.ts';
import type { FaultRow } from '../kit/faults.ts';
import type { Session } from '../kit/session.ts';
import type { TencentAccount } from './account.ts';
import { holdsError, readTencentFault } from './errors.ts';
import { signTc3 } from './tc3.ts';

export type TencentSession = Session<TencentAccount>;

/** One action of a product; its public end point is `<product>.tencentcloudapi.com`. */
export interface TencentCall {
  readonly product: string;
  readonly version: string;
  readonly action: string;
  /** JSON as it is sent. */
  readonly body: string;
  /** Codes of the product's own, such as that of an unknown id. */
  readonly faults?: readonly FaultRow[];
}

export type TencentClient = Client<TencentAccount, TencentCall>;

const CONTENT_TYPE = 'application/json; charset=utf-8';

export function tencentProtocol(): Protocol<TencentAccount, TencentCall> {
  return {
    authenticate: async () => null,
    originOf,
    sign: (session, call, _token, atMs) => signedRequest(session, call, atMs),
    holdsFault: holdsError,
    classify: (response, { faults }) => readTencentFault(response, faults),
  };
}

function signedRequest(session: TencentSession, call: TencentCall, atMs: number): HttpRequest {
  const { account, scope } = session;
  const { product, version, action, body } = call;
  const url = new URL('/', originOf(session, call));
  const timestamp = Math.floor(atMs / 1000);
  const { secretId, secretKey, token } = account;
  const signed = { 'content-type': CONTENT_TYPE, host: url.host, 'x-tc-action': action.toLowerCase() };
  const { authorization } = signTc3({ service: product, headers: signed, body, timestamp, secretId, secretKey });
  const headers: Record<string, string> = {
    ...signed,
    'x-tc-action': action,
    'x-tc-version': version,
    'x-tc-timestamp': String(timestamp),
    'x-tc-region': scope.region,
    'x-tc-language': 'en-US',
    accept: 'application/json',
    authorization,
  };
  if (token !== undefined) headers['x-tc-token'] = token;
  return { method: 'POST', url, headers, body };
}

/** Finance regions are closed: their end points name them. */
function originOf({ account, scope }: TencentSession, { product }: TencentCall): string {
  const { region } = scope;
  const place = region.endsWith('-fsi') ? `${product}.${region}` : product;
  return account.endpoints?.[scope.api] ?? `https://${place}.tencentcloudapi.com`;
}

import {
  canonicalHeaders,
  canonicalQuery,
  encode,
  hmacSha256Hex,
  type Query,
  type Signed,
  sha256Hex,
} from '../kit/canonical.ts';

const ALGORITHM = 'SDK-HMAC-SHA256';

interface SdkHmacRequest {
  readonly method: string;
  /** Before encoding, e.g. `/v3/7b77/elb/jobs`. */
  readonly path: string;
  readonly query: Query;
  /** The headers to sign. */
  readonly headers: Readonly<Record<string, string>>;
  /** `YYYYMMDDTHHMMSSZ`: the value of X-Sdk-Date, which must be among the headers. */
  readonly sdkDate: string;
  readonly body: string;
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
}

/**
 * Signs a request as Huawei Cloud's API request signing guide says. The path that is signed always ends in `/`,
 * whatever the path on the wire does. There is no nonce: the same request in the same second has the same signature.
 * https://support.huaweicloud.com/devg-apisign
 */
export function signSdkHmac(request: SdkHmacRequest): Signed {
  const headers = canonicalHeaders(request.headers);
  const path = request.path.split('/').map(encode).join('/');
  const canonical = [
    request.method,
    path.endsWith('/') ? path : `${path}/`,
    canonicalQuery(request.query),
    headers.text,
    headers.names,
    sha256Hex(request.body),
  ].join('\n');
  const canonicalHash = sha256Hex(canonical);
  const signature = hmacSha256Hex(request.accessKeySecret, `${ALGORITHM}\n${request.sdkDate}\n${canonicalHash}`);
  const access = `Access=${request.accessKeyId}`;
  const authorization = `${ALGORITHM} ${access}, SignedHeaders=${headers.names}, Signature=${signature}`;
  return { canonicalHash, signature, authorization };
}

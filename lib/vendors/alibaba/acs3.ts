import {
  canonicalHeaders,
  canonicalQuery,
  hmacSha256Hex,
  type Query,
  type Signed,
  sha256Hex,
} from '../kit/canonical.ts';

const ALGORITHM = 'ACS3-HMAC-SHA256';

interface Acs3Request {
  readonly method: string;
  /** The headers to sign: host, content-type if sent, every x-acs-*. */
  readonly headers: Readonly<Record<string, string>>;
  readonly query: Query;
  readonly body: string;
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
}

/**
 * Signs a request in the RPC style (path `/`) as Alibaba Cloud's "V3 request structure and signature mechanism" says.
 * Pure: date and nonce are among the headers.
 * https://help.aliyun.com/zh/sdk/product-overview/v3-request-structure-and-signature
 */
export function signAcs3(request: Acs3Request): Signed {
  const headers = canonicalHeaders(request.headers);
  const canonical = [
    request.method,
    '/',
    canonicalQuery(request.query),
    headers.text,
    headers.names,
    sha256Hex(request.body),
  ].join('\n');
  const canonicalHash = sha256Hex(canonical);
  const signature = hmacSha256Hex(request.accessKeySecret, `${ALGORITHM}\n${canonicalHash}`);
  const credential = `Credential=${request.accessKeyId}`;
  const authorization = `${ALGORITHM} ${credential},SignedHeaders=${headers.names},Signature=${signature}`;
  return { canonicalHash, signature, authorization };
}

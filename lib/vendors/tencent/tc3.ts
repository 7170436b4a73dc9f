import { createHmac } from 'node:crypto';
import { toIso } from '../../base/time.ts';
import { canonicalHeaders, type Signed, sha256Hex } from '../kit/canonical.ts';

const ALGORITHM = 'TC3-HMAC-SHA256';

interface Tc3Request {
  /** The product, whatever host stands for it. */
  readonly service: string;
  /** The headers to sign, their values as they are signed. */
  readonly headers: Readonly<Record<string, string>>;
  /** Byte for byte as it is sent. */
  readonly body: string;
  /** UNIX seconds, the value of X-TC-Timestamp. Its date counts in UTC. */
  readonly timestamp: number;
  readonly secretId: string;
  readonly secretKey: string;
}

/**
 * Signs a `POST /` as Tencent Cloud's "Signature method v3" says.
 * https://www.tencentcloud.com/document/product/597/34545
 */
export function signTc3({ service, headers, body, timestamp, secretId, secretKey }: Tc3Request): Signed {
  const { text, names } = canonicalHeaders(headers);
  const canonicalHash = sha256Hex(['POST', '/', '', text, names, sha256Hex(body)].join('\n'));
  const date = toIso(timestamp * 1000).slice(0, 10);
  const scope = `${date}/${service}/tc3_request`;
  const key = [date, service, 'tc3_request'].reduce<string | Buffer>(hmac, `TC3${secretKey}`);
  const signature = hmac(key, [ALGORITHM, timestamp, scope, canonicalHash].join('\n')).toString('hex');
  const authorization = `${ALGORITHM} Credential=${secretId}/${scope}, SignedHeaders=${names}, Signature=${signature}`;
  return { canonicalHash, signature, authorization };
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { encode, type RawRequest } from '../raw-request.ts';
import type { AlibabaKey } from './credential.ts';

/**
 * The server's side of ACS3-HMAC-SHA256, written from the description and not from any client.
 * https://help.aliyun.com/zh/sdk/product-overview/v3-request-structure-and-signature
 */

export interface Refusal {
  readonly status: number;
  readonly code: string;
  readonly message: string;
}

export interface Acs3Rules {
  readonly find: (accessKeyId: string) => AlibabaKey | undefined;
  readonly nowMs: number;
  readonly skewMs: number;
  readonly mismatchStatus: number;
}

export interface Acs3Signature {
  readonly canonical: string;
  readonly canonicalHash: string;
  readonly signature: string;
}

/** Who a request says it comes from; null if it is not signed this way. */
export function readAcs3Authorization(
  request: RawRequest,
): { accessKeyId: string; signedHeaders: string[]; signature: string } | null {
  const match = /^ACS3-HMAC-SHA256 Credential=([^,\s]+),\s*SignedHeaders=([^,\s]+),\s*Signature=([0-9a-f]{64})$/.exec(
    request.headers.get('authorization') ?? '',
  );
  if (!match) return null;
  return { accessKeyId: match[1] ?? '', signedHeaders: (match[2] ?? '').split(';'), signature: match[3] ?? '' };
}

/** What the signature must be. The query is decoded and encoded again: clients may leave `* ( )` bare in the URL. */
export function acs3Signature(request: RawRequest, signedHeaders: readonly string[], secret: string): Acs3Signature {
  const names = [...signedHeaders].sort();
  // By name, not by the joined text: `JobIds.1` comes before `JobIds.10`, but `JobIds.1=` after `JobIds.10=`.
  const pairs = [...request.query].sort(([a], [b]) => compare(a, b));
  const query = pairs.map(([name, value]) => `${encode(name)}=${encode(value)}`);
  const headers = names.map((name) => `${name}:${request.headers.get(name) ?? ''}\n`).join('');
  const canonical = [request.method, '/', query.join('&'), headers, names.join(';'), sha256(request.body)].join('\n');
  const canonicalHash = sha256(canonical);
  const signature = createHmac('sha256', secret).update(`ACS3-HMAC-SHA256\n${canonicalHash}`).digest('hex');
  return { canonical, canonicalHash, signature };
}

/** Everything but the nonce, whose memory is the caller's. */
export function verifyAcs3(request: RawRequest, rules: Acs3Rules): { key: AlibabaKey } | { refusal: Refusal } {
  const claim = readAcs3Authorization(request);
  if (!claim) return refuse(400, 'IncompleteSignature', 'The request signature does not conform to Aliyun standards.');
  const early = checkDate(request, rules) ?? checkSignedHeaders(request, claim.signedHeaders);
  if (early) return early;
  const key = rules.find(claim.accessKeyId);
  if (!key) return refuse(404, 'InvalidAccessKeyId.NotFound', 'Specified access key is not found.');
  if (!key.active) return refuse(400, 'InvalidAccessKeyId.Inactive', 'Specified access key is disabled.');
  const expected = acs3Signature(request, claim.signedHeaders, key.accessKeySecret);
  const bodyMatches = request.headers.get('x-acs-content-sha256') === sha256(request.body);
  if (!bodyMatches || !isSame(expected.signature, claim.signature)) {
    const shown = expected.canonical.replaceAll('\n', '\\n');
    const message =
      `Specified signature is not matched with our calculation. ` +
      `server StringToSign is [ACS3-HMAC-SHA256\\n${expected.canonicalHash}], server CanonicalRequest is [${shown}].`;
    return refuse(rules.mismatchStatus, 'SignatureDoesNotMatch', message);
  }
  return checkSecurityToken(request, key, rules.nowMs) ?? { key };
}

function checkDate(request: RawRequest, rules: Acs3Rules): { refusal: Refusal } | null {
  const text = request.headers.get('x-acs-date') ?? '';
  const atMs = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(atMs)) {
    return refuse(400, 'InvalidTimeStamp.Format', 'Specified time stamp or date value is not well formatted.');
  }
  if (Math.abs(rules.nowMs - atMs) <= rules.skewMs) return null;
  return refuse(400, 'InvalidTimeStamp.Expired', 'Specified time stamp or date value is expired.');
}

/** `host`, a content type that is sent, and every `x-acs-` header must be signed, and what is signed must be there. */
function checkSignedHeaders(request: RawRequest, signed: readonly string[]): { refusal: Refusal } | null {
  const always = [
    'host',
    'x-acs-action',
    'x-acs-version',
    'x-acs-date',
    'x-acs-signature-nonce',
    'x-acs-content-sha256',
  ];
  const sent = [...request.headers.keys()].filter((name) => name.startsWith('x-acs-') || name === 'content-type');
  const missing = [...always, ...sent].find((name) => !signed.includes(name)) ?? absent(request, signed);
  if (missing === undefined) return null;
  return refuse(400, 'IncompleteSignature', `The header ${missing} must be sent and signed.`);
}

function absent(request: RawRequest, signed: readonly string[]): string | undefined {
  return signed.find((name) => !request.headers.has(name));
}

function checkSecurityToken(request: RawRequest, key: AlibabaKey, nowMs: number): { refusal: Refusal } | null {
  const token = request.headers.get('x-acs-security-token');
  if (key.securityToken === undefined && token === undefined) return null;
  if (token === undefined) {
    return refuse(400, 'MissingSecurityToken', 'SecurityToken is mandatory for this action.');
  }
  if (token !== key.securityToken || request.headers.get('x-acs-accesskey-id') !== key.accessKeyId) {
    const message = 'Specified SecurityToken mismatch with the AccessKey.';
    return refuse(400, 'InvalidSecurityToken.MismatchWithAccessKey', message);
  }
  if (key.securityTokenExpiresAt === undefined || nowMs < Date.parse(key.securityTokenExpiresAt)) return null;
  return refuse(400, 'InvalidSecurityToken.Expired', 'Specified SecurityToken is expired.');
}

function refuse(status: number, code: string, message: string): { refusal: Refusal } {
  return { refusal: { status, code, message } };
}

function sha256(data: string | Buffer): string {
  return createHash('sha256').update(data).digest('hex');
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

function isSame(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));
}

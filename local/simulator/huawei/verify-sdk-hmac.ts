import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { decode, encode, type RawRequest } from '../raw-request.ts';
import type { HuaweiKey } from './credential.ts';

/**
 * The server's side of SDK-HMAC-SHA256, written from the description and not from any client.
 * https://support.huaweicloud.com/devg-apisign/api-sign-algorithm.html
 */

export interface SdkHmacRules {
  readonly key: HuaweiKey;
  readonly nowMs: number;
  readonly skewMs: number;
}

export interface SdkHmacClaim {
  readonly accessKeyId: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
}

/** Who a request says it comes from; null if it is not signed this way. */
export function readSdkHmacAuthorization(request: RawRequest): SdkHmacClaim | null {
  const match = /^SDK-HMAC-SHA256 Access=([^,\s]+),\s*SignedHeaders=([^,\s]+),\s*Signature=([0-9a-f]{64})$/.exec(
    request.headers.get('authorization') ?? '',
  );
  if (!match) return null;
  return { accessKeyId: match[1] ?? '', signedHeaders: (match[2] ?? '').split(';'), signature: match[3] ?? '' };
}

/** What the signature must be. The canonical path ends in a slash whether or not the sent one does. */
export function sdkHmacSignature(
  request: RawRequest,
  signedHeaders: readonly string[],
  secret: string,
): { canonicalHash: string; signature: string } {
  const names = [...signedHeaders].sort();
  const canonical = [
    request.method,
    canonicalPath(request.path),
    canonicalQuery(request.query),
    names.map((name) => `${name}:${request.headers.get(name) ?? ''}\n`).join(''),
    names.join(';'),
    request.headers.get('x-sdk-content-sha256') ?? sha256(request.body),
  ].join('\n');
  const canonicalHash = sha256(canonical);
  const toSign = `SDK-HMAC-SHA256\n${request.headers.get('x-sdk-date') ?? ''}\n${canonicalHash}`;
  return { canonicalHash, signature: createHmac('sha256', secret).update(toSign).digest('hex') };
}

/** Null if the request is good, else what the gateway says after `Incorrect IAM authentication information: `. */
export function verifySdkHmac(request: RawRequest, claim: SdkHmacClaim, rules: SdkHmacRules): string | null {
  const mismatch = 'verify aksk signature fail';
  const sent = request.headers.get('x-sdk-date') ?? '';
  const atMs = parseSdkDate(sent);
  if (atMs === null || !claim.signedHeaders.includes('x-sdk-date')) return mismatch;
  if (Math.abs(rules.nowMs - atMs) > rules.skewMs) {
    return `signature expired, signature time:${sent},server time:${formatSdkDate(rules.nowMs)}`;
  }
  if (claim.signedHeaders.some((name) => !request.headers.has(name))) return mismatch;
  const payload = request.headers.get('x-sdk-content-sha256');
  if (payload !== undefined && payload !== 'UNSIGNED-PAYLOAD' && payload !== sha256(request.body)) return mismatch;
  const { signature } = sdkHmacSignature(request, claim.signedHeaders, rules.key.accessKeySecret);
  if (!timingSafeEqual(Buffer.from(signature), Buffer.from(claim.signature))) return mismatch;
  return checkSecurityToken(request, rules);
}

function checkSecurityToken(request: RawRequest, { key, nowMs }: SdkHmacRules): string | null {
  const token = request.headers.get('x-security-token');
  if (key.securityToken !== token) return 'verify aksk signature fail';
  if (key.securityTokenExpiresAt === undefined || nowMs < Date.parse(key.securityTokenExpiresAt)) return null;
  return 'security token expires';
}

function canonicalPath(path: string): string {
  const encoded = path
    .split('/')
    .map((segment) => encode(decode(segment)))
    .join('/');
  return encoded.endsWith('/') ? encoded : `${encoded}/`;
}

function canonicalQuery(query: RawRequest['query']): string {
  return [...query]
    .sort(([nameA, valueA], [nameB, valueB]) => compare(nameA, nameB) || compare(valueA, valueB))
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .join('&');
}

function parseSdkDate(text: string): number | null {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text);
  if (!match) return null;
  const [, year, month, day, hour, minute, second] = match;
  const ms = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(ms) ? null : ms;
}

function formatSdkDate(ms: number): string {
  return new Date(ms).toISOString().replace(/[-:]|\.\d+/g, '');
}

function sha256(data: string | Buffer): string {
  return createHash('sha256').update(data).digest('hex');
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { RawRequest } from '../raw-request.ts';
import type { TencentKey } from './credential.ts';

/**
 * The server's side of TC3-HMAC-SHA256, from the description alone.
 * https://www.tencentcloud.com/document/product/597/34545
 */
export interface Tc3Claim {
  readonly secretId: string;
  readonly date: string;
  readonly service: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
}

const FORM =
  /^TC3-HMAC-SHA256 Credential=([^/\s]+)\/(\d{4}-\d\d-\d\d)\/([a-z0-9]+)\/tc3_request, ?SignedHeaders=([^,\s]+), ?Signature=([0-9a-f]{64})$/;

export function readTc3Authorization(request: RawRequest): Tc3Claim | null {
  const match = FORM.exec(request.headers.get('authorization') ?? '');
  if (match === null) return null;
  const [, secretId = '', date = '', service = '', signedHeaders = '', signature = ''] = match;
  return { secretId, date, service, signedHeaders: signedHeaders.split(';'), signature };
}

export interface Tc3Rules {
  readonly key: TencentKey;
  readonly nowMs: number;
  readonly skewMs: number;
  /** Whose host was called. */
  readonly service: string;
}

/** The code of the refusal; null if the request is good. */
export function verifyTc3(request: RawRequest, claim: Tc3Claim, rules: Tc3Rules): string | null {
  const timestamp = request.headers.get('x-tc-timestamp') ?? '';
  if (!/^\d{10}$/.test(timestamp)) return 'AuthFailure.SignatureFailure';
  const signedMs = Number(timestamp) * 1000;
  if (Math.abs(rules.nowMs - signedMs) > rules.skewMs) return 'AuthFailure.SignatureExpire';
  const isRightScope = claim.service === rules.service && claim.date === new Date(signedMs).toISOString().slice(0, 10);
  const isWhole = ['content-type', 'host'].every((name) => claim.signedHeaders.includes(name));
  if (!isRightScope || !isWhole) return 'AuthFailure.SignatureFailure';
  const right = Buffer.from(tc3Signature(request, claim, rules.key.secretKey));
  if (!timingSafeEqual(right, Buffer.from(claim.signature))) return 'AuthFailure.SignatureFailure';
  return rules.key.token === request.headers.get('x-tc-token') ? null : 'AuthFailure.TokenFailure';
}

function tc3Signature(request: RawRequest, claim: Tc3Claim, secretKey: string): string {
  const value = (name: string) => (request.headers.get(name) ?? '').trim().toLowerCase();
  const headers = [...claim.signedHeaders].sort();
  const lines = headers.map((name) => `${name}:${value(name)}\n`).join('');
  const canonical = `POST\n/\n\n${lines}\n${headers.join(';')}\n${sha256(request.body)}`;
  const scope = `${claim.date}/${claim.service}/tc3_request`;
  const toSign = `TC3-HMAC-SHA256\n${request.headers.get('x-tc-timestamp') ?? ''}\n${scope}\n${sha256(canonical)}`;
  const dateKey = createHmac('sha256', `TC3${secretKey}`).update(claim.date).digest();
  const serviceKey = createHmac('sha256', dateKey).update(claim.service).digest();
  const signingKey = createHmac('sha256', serviceKey).update('tc3_request').digest();
  return createHmac('sha256', signingKey).update(toSign).digest('hex');
}

function sha256(data: string | Buffer): string {
  return createHash('sha256').update(data).digest('hex');
}

import { createHash, createHmac } from 'node:crypto';

/** What both clouds' signatures are made of: RFC 3986 encoding, canonical texts, SHA-256. */

/** Names and values before encoding, in the order of the URL; a name may stand more than once. */
export type Query = readonly (readonly [name: string, value: string])[];

export interface Signed {
  /** SHA-256 of the canonical request in hex: what the vendors print when signatures differ. */
  readonly canonicalHash: string;
  readonly signature: string;
  /** The whole `Authorization` header. */
  readonly authorization: string;
}

/** RFC 3986: everything but letters, digits and `-._~` becomes `%XX` of its UTF-8 bytes. */
export function encode(text: string): string {
  const escaped = encodeURIComponent(text.toWellFormed());
  return escaped.replace(/[!'()*]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** The query as it goes into the URL: encoded, in the order given, without `?`. */
export function encodeQuery(query: Query): string {
  return query.map(([name, value]) => `${encode(name)}=${encode(value)}`).join('&');
}

/** The query as it is signed: sorted by name, then by value. */
export function canonicalQuery(query: Query): string {
  return encodeQuery([...query].sort(([a, x], [b, y]) => compare(a, b) || compare(x, y)));
}

/** `text`: one line for each header, sorted, each ended by a newline; `names`: the signed names joined by `;`. */
export function canonicalHeaders(headers: Readonly<Record<string, string>>): { text: string; names: string } {
  const lines = Object.entries(headers)
    .map(([name, value]) => [name.toLowerCase(), value.trim()] as const)
    .sort(([a], [b]) => compare(a, b));
  return {
    text: lines.map(([name, value]) => `${name}:${value}\n`).join(''),
    names: lines.map(([name]) => name).join(';'),
  };
}

export function sha256Hex(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

export function hmacSha256Hex(secret: string, text: string): string {
  return createHmac('sha256', secret).update(text).digest('hex');
}

/** By UTF-16 code units, as both vendors' SDKs sort; never by locale. */
function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

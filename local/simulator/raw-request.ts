import type { IncomingMessage } from 'node:http';

/** A request as it came: what a signature was made of. */
export interface RawRequest {
  readonly method: string;
  /** The path as sent, still encoded. */
  readonly path: string;
  /** Decoded pairs, in the order sent. */
  readonly query: readonly (readonly [string, string])[];
  /** Lower-case names; repeated headers joined by `,`. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Buffer;
}

const BODY_BYTES_MAX = 4 * 1024 * 1024;

/** Reads the whole request; null if its body is larger than 4 MiB. Rejects if the client goes away. */
export async function readRawRequest(message: IncomingMessage): Promise<RawRequest | null> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of message) {
    const part = Buffer.from(chunk);
    bytes += part.length;
    if (bytes > BODY_BYTES_MAX) return null;
    chunks.push(part);
  }
  return makeRawRequest(message.method ?? 'GET', message.url ?? '/', message.rawHeaders, Buffer.concat(chunks));
}

/** `rawHeaders` alternates names and values, as Node gives them. */
export function makeRawRequest(method: string, url: string, rawHeaders: readonly string[], body: Buffer): RawRequest {
  const mark = url.indexOf('?');
  const headers = new Map<string, string>();
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = (rawHeaders[index] ?? '').toLowerCase();
    const value = (rawHeaders[index + 1] ?? '').trim();
    const before = headers.get(name);
    headers.set(name, before === undefined ? value : `${before},${value}`);
  }
  return {
    method,
    path: mark < 0 ? url : url.slice(0, mark),
    query: mark < 0 ? [] : decodePairs(url.slice(mark + 1)),
    headers,
    body,
  };
}

/** `a=b&c=d`, percent-decoded, `+` as a space: the form of a query and of an urlencoded body alike. */
export function decodePairs(encoded: string): (readonly [string, string])[] {
  return encoded
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair) => {
      const equals = pair.indexOf('=');
      const name = equals < 0 ? pair : pair.slice(0, equals);
      return [decode(name.replaceAll('+', ' ')), equals < 0 ? '' : decode(pair.slice(equals + 1).replaceAll('+', ' '))];
    });
}

/** Percent-decoding that leaves a malformed text as it is: its signature will not match, which is answer enough. */
export function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** RFC 3986: everything but letters, digits and `-_.~` is escaped. */
export function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** The values of one query parameter, in the order sent. */
export function valuesOf(pairs: readonly (readonly [string, string])[], name: string): string[] {
  return pairs.filter(([key]) => key === name).map(([, value]) => value);
}

/** `JobIds.1=a&JobIds.2=b` → `['a', 'b']`, by number. */
export function flatArray(params: readonly (readonly [string, string])[], name: string): string[] {
  return params
    .map(([key, value]) => ({ index: indexIn(key, name), value }))
    .filter(({ index }) => index > 0)
    .sort((a, b) => a.index - b.index)
    .map(({ value }) => value);
}

function indexIn(key: string, name: string): number {
  if (!key.startsWith(`${name}.`)) return 0;
  const digits = key.slice(name.length + 1);
  return /^[1-9]\d{0,5}$/.test(digits) ? Number(digits) : 0;
}

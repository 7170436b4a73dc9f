import { createHash } from 'node:crypto';
import { MASK } from './redact.ts';

/** A robot's URL is its credential: whole it lies with the secrets, and is shown as its origin and its last four. */

const SHOWN_CHARS = 4;
/** Shorter parts of a path are words, and no part of a credential. */
const TOKEN_MIN_CHARS = 8;

/** `https://oapi.dingtalk.com/…c0de`. */
export function maskedUrl(url: string): string {
  const parsed = URL.parse(url);
  if (parsed === null) return MASK;
  const secret = `${parsed.pathname}${parsed.search}`.slice(1);
  const last = [...secret].slice(-SHOWN_CHARS).join('');
  return `${parsed.origin}/${MASK}${secret.length > 2 * SHOWN_CHARS ? last : ''}`;
}

export function isMasked(url: string): boolean {
  return url.includes(MASK) || /%E2%80%A6/i.test(url);
}

/** What a robot is known by where its URL may not be: subscriptions of one robot share its pace. */
export function robotId(url: string): string {
  return createHash('sha256').update(url).digest('hex').slice(0, 32);
}

/** The parts of a URL that may be a credential. */
export function secretsOfUrl(url: URL): readonly string[] {
  const segments = url.pathname.split('/').filter((segment) => segment.length >= TOKEN_MIN_CHARS);
  const values = [...url.searchParams.values()].filter((value) => value.length >= SHOWN_CHARS);
  const plain = segments.map(decoded);
  return [url.href, `${url.pathname}${url.search}`, url.search.slice(1), ...segments, ...plain, ...values].filter(
    (secret) => secret.length >= SHOWN_CHARS,
  );
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

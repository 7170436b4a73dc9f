import { createHash, timingSafeEqual } from 'node:crypto';
import * as v from 'valibot';
import type { Log } from '../../base/log.ts';
import type { Clock } from '../../base/time.ts';

/** What a token may do. Callers, the stored list of tokens and the header of answers call these `scopes`. */
export const PERMISSIONS = ['read', 'jobs:write', 'subscriptions:write'] as const;
export type Permission = (typeof PERMISSIONS)[number];

/** Who makes a request. The name goes into the log, the token never does. */
export interface Caller {
  readonly name: string;
  readonly permissions: readonly Permission[];
}

/** What the store of tokens gives. `unavailable` is the store's own trouble: nothing is known about any token. */
export type TokensLookup =
  | { readonly kind: 'found'; readonly text: string }
  | { readonly kind: 'absent'; readonly reason: string }
  | { readonly kind: 'unavailable'; readonly reason: string };

export type ReadTokens = () => Promise<TokensLookup>;

export type Authentication =
  | { readonly kind: 'caller'; readonly caller: Caller }
  | { readonly kind: 'refused' }
  | { readonly kind: 'unavailable' };

/** Takes the `Authorization` header as it came. */
export type Authenticate = (authorization: string | undefined) => Promise<Authentication>;

interface TokenEntry extends Caller {
  readonly hash: Buffer;
}

const FOUND_FOR_MS = 60_000;
/** An unreachable store is read again soon, but not once for every request. */
const UNAVAILABLE_FOR_MS = 2_000;

const tokenList = v.array(
  v.strictObject({
    name: v.pipe(v.string(), v.minLength(1), v.maxLength(100)),
    sha256: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/, 'expected 64 lower-case hex digits')),
    scopes: v.array(v.picklist(PERMISSIONS)),
  }),
);

/**
 * Knows callers by their bearer tokens. The list is kept for a minute. A list that is absent or malformed lets nobody
 * in: a half-read list could hold a token that was meant to be taken away.
 */
export function makeAuthenticate(ports: { readTokens: ReadTokens; clock: Clock; log: Log }): Authenticate {
  let kept: { tokens: readonly TokenEntry[] | null; untilMs: number } | null = null;
  let reading: Promise<readonly TokenEntry[] | null> | null = null;

  async function read(): Promise<readonly TokenEntry[] | null> {
    const lookup = await ports.readTokens();
    const tokens = entriesOf(lookup, ports.log);
    kept = { tokens, untilMs: ports.clock() + (tokens === null ? UNAVAILABLE_FOR_MS : FOUND_FOR_MS) };
    return tokens;
  }

  async function current(): Promise<readonly TokenEntry[] | null> {
    if (kept !== null && ports.clock() < kept.untilMs) return kept.tokens;
    reading ??= read().finally(() => {
      reading = null;
    });
    return reading;
  }

  return async (authorization) => {
    const tokens = await current();
    if (tokens === null) return { kind: 'unavailable' };
    const caller = find(tokens, bearer(authorization));
    return caller === null ? { kind: 'refused' } : { kind: 'caller', caller };
  };
}

function entriesOf(lookup: TokensLookup, log: Log): readonly TokenEntry[] | null {
  if (lookup.kind !== 'found') {
    log.error('api.tokens', { reason: lookup.reason });
    return lookup.kind === 'absent' ? [] : null;
  }
  const parsed = parseTokens(lookup.text);
  if (parsed.ok) return parsed.tokens;
  log.error('api.tokens', { reason: parsed.reason });
  return [];
}

/** The reason names the field and never repeats a value. */
export function parseTokens(text: string): { ok: true; tokens: readonly TokenEntry[] } | { ok: false; reason: string } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { ok: false, reason: 'the list of tokens is not JSON' };
  }
  const result = v.safeParse(tokenList, value);
  if (!result.success) {
    const issue = result.issues[0];
    return {
      ok: false,
      reason: `${v.getDotPath(issue) ?? 'the list of tokens'}: expected ${issue.expected ?? 'another value'}`,
    };
  }
  const tokens = result.output.map(({ name, scopes, sha256 }) => ({
    name,
    permissions: scopes,
    hash: Buffer.from(sha256, 'hex'),
  }));
  return { ok: true, tokens };
}

/** The scheme's name knows no case. https://www.rfc-editor.org/rfc/rfc9110#section-11.1 */
function bearer(authorization: string | undefined): string | null {
  const match = /^Bearer +(jw_[\x21-\x7e]{1,256})$/i.exec(authorization ?? '');
  return match?.[1] ?? null;
}

/**
 * Looks at every entry, also after a match and for a token that is none: how long it takes says nothing about the list.
 */
function find(tokens: readonly TokenEntry[], token: string | null): Caller | null {
  const hash = createHash('sha256')
    .update(token ?? '')
    .digest();
  let found: Caller | null = null;
  for (const entry of tokens) {
    if (timingSafeEqual(entry.hash, hash) && token !== null)
      found = { name: entry.name, permissions: entry.permissions };
  }
  return found;
}

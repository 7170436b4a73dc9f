import * as v from 'valibot';
import type { ApiTable } from '../job/api-facts.ts';
import { keyFingerprint } from '../job/identity.ts';
import { CLOUDS } from './clouds.ts';
import type { AnyCloud } from './kit/cloud.ts';
import { type Account, BEARER, cloudOf } from './kit/credentials.ts';
import type { KeyRules } from './vendor.ts';

export { type Account, cloudOf } from './kit/credentials.ts';

/** What the store of accounts holds under a name. `version` changes whenever the secret was written anew. */
export type AccountLookup =
  | { readonly kind: 'found'; readonly account: Account; readonly version: string }
  | { readonly kind: 'absent'; readonly reason: string; readonly version: null }
  | { readonly kind: 'malformed'; readonly reason: string; readonly version: string };

/** Names the key of an account: the same access key in two accounts is one key to the vendor. */
export function keyOf(account: Account, { identity }: KeyRules): string {
  return keyFingerprint(account.vendor, ...identity(account));
}

export type ParsedAccount =
  | { readonly ok: true; readonly account: Account }
  | { readonly ok: false; readonly reason: string };

/**
 * Reads a stored credential set. The reason of a refusal names the field and what was expected of it, never a value:
 * it is logged and sent in `jobwatch.account.denied`.
 */
export function parseAccount(text: string, apis: ApiTable, clouds = CLOUDS): ParsedAccount {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { ok: false, reason: 'the account is not JSON' };
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { ok: false, reason: 'the account is not a JSON object' };
  }
  const cloud = cloudMeantBy(value, clouds);
  if (typeof cloud === 'string') return { ok: false, reason: cloud };
  const schema = cloud.schemaFor(value);
  const result = v.safeParse(schema, value, { abortPipeEarly: true });
  if (result.success) return withKnownEndpoints(result.output, apis);
  return { ok: false, reason: problemOf(result.issues[0], Object.keys(schema.entries)) };
}

/** A text: why it is none. */
function cloudMeantBy(value: object, clouds: readonly AnyCloud[]): AnyCloud | string {
  const [withToken, others] = [true, false].map((takes) => clouds.filter(({ takesBearer }) => takesBearer === takes));
  const vendor = 'vendor' in value ? value.vendor : null;
  const isBearer = vendor === BEARER && (withToken ?? []).length > 0;
  const name = isBearer ? ('cloud' in value ? value.cloud : null) : vendor;
  const known = (isBearer ? withToken : others) ?? [];
  const names = [...known.map((cloud) => cloud.name), ...(isBearer || withToken?.length === 0 ? [] : [BEARER])];
  return known.find((cloud) => cloud.name === name) ?? `${isBearer ? 'cloud' : 'vendor'}: expected ${listed(names)}`;
}

/** For people: `"a", "b" or "c"`. */
function listed(names: readonly string[]): string {
  const quoted = names.map((name) => `"${name}"`);
  return quoted.join(', ').replace(/, ([^,]*)$/, ' or $1');
}

function withKnownEndpoints(account: Account, apis: ApiTable): ParsedAccount {
  const own = cloudOf(account);
  const isKnown = Object.keys(account.endpoints ?? {}).every((api) => apis.get(api)?.cloud === own);
  if (isKnown) return { ok: true, account };
  const names = [...apis.values()].filter(({ cloud }) => cloud === own).map(({ api }) => api);
  return { ok: false, reason: `endpoints: expected names out of ${names.join(', ')}` };
}

/** A field's name is shown only if it is one of ours: a secret may have been pasted in its place. */
function problemOf(issue: v.BaseIssue<unknown>, fields: readonly string[]): string {
  const [field = ''] = (v.getDotPath(issue) ?? '').split('.');
  if (!fields.includes(field)) return `an unknown field, expected only ${fields.join(', ')}`;
  if (issue.received === 'undefined') return `${field}: missing`;
  return `${field}: ${issue.type === 'check' ? issue.message : `expected ${EXPECTED[issue.type] ?? 'another value'}`}`;
}

const EXPECTED: Readonly<Record<string, string>> = {
  string: 'text',
  min_length: 'text that is not empty',
  max_length: 'shorter text',
  record: 'an object of api and origin',
};

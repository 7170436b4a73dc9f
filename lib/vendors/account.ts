import * as v from 'valibot';
import type { ApiTable, CloudName } from '../job/api-facts.ts';
import { keyFingerprint } from '../job/identity.ts';
import { ALIBABA, type AlibabaAccount } from './alibaba/cloud.ts';
import { HUAWEI, type HuaweiAccount } from './huawei/cloud.ts';
import type { Cloud } from './kit/cloud.ts';

/** The credentials of an account, and where its calls go. */
export type Account = AlibabaAccount | HuaweiAccount;

/** What the store of accounts holds under a name. `version` changes whenever the secret was written anew. */
export type AccountLookup =
  | { readonly kind: 'found'; readonly account: Account; readonly version: string }
  | { readonly kind: 'absent'; readonly reason: string; readonly version: null }
  | { readonly kind: 'malformed'; readonly reason: string; readonly version: string };

/** An account goes to its own cloud only. */
const CLOUDS: Readonly<Record<CloudName, Cloud<Account>>> = { alibaba: ALIBABA, huawei: HUAWEI };

export function cloudOf({ vendor }: Account): Cloud<Account> {
  return CLOUDS[vendor];
}

/** Names the key of an account: the same access key in two accounts is one key to the vendor. */
export function keyOf(account: Account): string {
  return keyFingerprint(account.vendor, ...cloudOf(account).keyIdentity(account));
}

export type ParsedAccount =
  | { readonly ok: true; readonly account: Account }
  | { readonly ok: false; readonly reason: string };

/**
 * Reads a stored credential set. The reason of a refusal names the field and what was expected of it, never a value:
 * it is logged and sent in `jobwatch.account.denied`.
 */
export function parseAccount(text: string, apis: ApiTable): ParsedAccount {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { ok: false, reason: 'the account is not JSON' };
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { ok: false, reason: 'the account is not a JSON object' };
  }
  const cloud = Object.values(CLOUDS).find(({ name }) => 'vendor' in value && value.vendor === name);
  if (cloud === undefined) return { ok: false, reason: `vendor: expected ${NAMES}` };
  const schema = cloud.schemaFor(value);
  const result = v.safeParse(schema, value, { abortPipeEarly: true });
  if (result.success) return withKnownEndpoints(result.output, apis);
  return { ok: false, reason: problemOf(result.issues[0], Object.keys(schema.entries)) };
}

const NAMES = Object.keys(CLOUDS)
  .map((name) => `"${name}"`)
  .join(' or ');

function withKnownEndpoints(account: Account, apis: ApiTable): ParsedAccount {
  const isKnown = Object.keys(account.endpoints ?? {}).every((api) => apis.get(api)?.cloud === account.vendor);
  if (isKnown) return { ok: true, account };
  const names = [...apis.values()].filter(({ cloud }) => cloud === account.vendor).map(({ api }) => api);
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

import * as v from 'valibot';
import type { ApiTable } from '../job/api-facts.ts';

/** Where an account's calls go instead of the vendor's public end points: api → origin. */
export type Endpoints = Readonly<Record<string, string>>;

interface KeyPair {
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  readonly securityToken?: string | undefined;
}

export interface AlibabaAccount extends KeyPair {
  readonly vendor: 'alibaba';
  readonly endpoints?: Endpoints | undefined;
}

export interface HuaweiKeyAccount extends KeyPair {
  readonly vendor: 'huawei';
  readonly endpoints?: Endpoints | undefined;
}

/** An IAM user that logs in for an X-Auth-Token. */
export interface HuaweiUserAccount {
  readonly vendor: 'huawei';
  readonly iamEndpoint: string;
  readonly domain: string;
  readonly username: string;
  readonly password: string;
  readonly endpoints?: Endpoints | undefined;
}

export type Account = AlibabaAccount | HuaweiKeyAccount | HuaweiUserAccount;

/** What the store of accounts answers. `version` changes whenever the secret was written anew. */
export type AccountLookup =
  | { readonly kind: 'found'; readonly account: Account; readonly version: string }
  | { readonly kind: 'absent'; readonly reason: string; readonly version: null }
  | { readonly kind: 'malformed'; readonly reason: string; readonly version: string };

const secret = v.pipe(v.string(), v.minLength(1), v.maxLength(8192));
const plain = v.pipe(v.string(), v.minLength(1), v.maxLength(512));
const origin = v.pipe(
  v.string(),
  v.check(isAllowedOrigin, 'expected https://host[:port] without a path (http: only for a loopback address)'),
);
const endpoints = v.optional(v.record(v.string(), origin));
const keyPair = { accessKeyId: plain, accessKeySecret: secret, securityToken: v.optional(secret) };

const alibaba = v.strictObject({ vendor: v.literal('alibaba'), ...keyPair, endpoints });
const huaweiKey = v.strictObject({ vendor: v.literal('huawei'), ...keyPair, endpoints });
const huaweiUser = v.strictObject({
  vendor: v.literal('huawei'),
  iamEndpoint: origin,
  domain: plain,
  username: plain,
  password: secret,
  endpoints,
});

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
  const schema = schemaFor(value);
  if (schema === null) return { ok: false, reason: 'vendor: expected "alibaba" or "huawei"' };
  const result = v.safeParse(schema, value, { abortPipeEarly: true });
  if (result.success) return withKnownEndpoints(result.output, apis);
  return { ok: false, reason: problemOf(result.issues[0], Object.keys(schema.entries)) };
}

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

function schemaFor(value: object): typeof alibaba | typeof huaweiKey | typeof huaweiUser | null {
  if ('vendor' in value && value.vendor === 'alibaba') return alibaba;
  if (!('vendor' in value && value.vendor === 'huawei')) return null;
  return USER_FIELDS.some((field) => field in value) ? huaweiUser : huaweiKey;
}

const USER_FIELDS = ['iamEndpoint', 'domain', 'username', 'password'];

function isAllowedOrigin(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, pathname, search, hash, username, password } = new URL(text);
  if (pathname !== '/' || `${search}${hash}${username}${password}` !== '') return false;
  return protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname));
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname);
}

import * as v from 'valibot';

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
export type Cloud = Account['vendor'];

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

/**
 * Reads a stored credential set. The reason of a refusal names the field and what was expected of it, never a value:
 * it is logged and sent in `jobwatch.account.denied`.
 */
export function parseAccount(text: string): { ok: true; account: Account } | { ok: false; reason: string } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { ok: false, reason: 'the account is not JSON' };
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { ok: false, reason: 'the account is not a JSON object' };
  }
  const result = v.safeParse(schemaFor(value), value, { abortPipeEarly: true });
  if (result.success) return { ok: true, account: result.output };
  const issue = result.issues[0];
  const field = v.getDotPath(issue) ?? 'the account';
  const expected = issue.type === 'check' ? issue.message : `expected ${issue.expected ?? 'another value'}`;
  return { ok: false, reason: `${field}: ${expected}` };
}

function schemaFor(value: object): typeof alibaba | typeof huaweiKey | typeof huaweiUser {
  if ('vendor' in value && value.vendor === 'alibaba') return alibaba;
  if ('vendor' in value && value.vendor === 'huawei') return 'iamEndpoint' in value ? huaweiUser : huaweiKey;
  return alibaba;
}

function isAllowedOrigin(text: string): boolean {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    return false;
  }
  if (text !== url.origin && text !== `${url.origin}/`) return false;
  if (url.protocol === 'https:') return true;
  return url.protocol === 'http:' && isLoopback(url.hostname);
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname);
}

import * as v from 'valibot';

/** What the credentials of every cloud are made of. */

/** The credentials of an account, and where its calls go. Only its own cloud knows what else is in it. */
export type Account = {
  /** The cloud's name, or `bearer`. */
  readonly vendor: string;
  readonly endpoints?: Endpoints | undefined;
  readonly [field: string]: unknown;
};

/** The cloud that an account is of: a bearer token is of the one that it names. */
export function cloudOf({ vendor, cloud }: Account): string {
  return vendor === BEARER && typeof cloud === 'string' ? cloud : vendor;
}

/** What the accounts of every cloud say to be that takes a bearer token, beside the cloud's name. */
export const BEARER = 'bearer';

// Types, not interfaces: an interface is no `Account`, since it may be extended by fields of any type.
export type KeyPair = {
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  readonly securityToken?: string | undefined;
};

/** Where an account's calls go instead of the vendor's public end points: api → origin. */
export type Endpoints = Readonly<Record<string, string>>;

export const secret = v.pipe(v.string(), v.minLength(1), v.maxLength(8192));
export const plain = v.pipe(v.string(), v.minLength(1), v.maxLength(512));
export const origin = v.pipe(
  v.string(),
  v.check(isAllowedOrigin, 'expected https://host[:port] without a path (http: only for a loopback address)'),
);
export const endpoints = v.optional(v.record(v.string(), origin));
export const keyPair = { accessKeyId: plain, accessKeySecret: secret, securityToken: v.optional(secret) };

export function kindOfKeyPair({ securityToken }: KeyPair): string {
  return securityToken === undefined ? 'access key' : 'temporary key';
}

function isAllowedOrigin(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, pathname, search, hash, username, password } = new URL(text);
  if (pathname !== '/' || `${search}${hash}${username}${password}` !== '') return false;
  return protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname));
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname);
}

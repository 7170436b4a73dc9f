import type { LookupAddress } from 'node:dns';
import ipaddr from 'ipaddr.js';
import { errorCode } from '../../base/error.ts';
import type { HttpFailure } from '../../base/http.ts';
import { makeResolve, type Resolve } from './resolve.ts';
import type { Guard } from './send.ts';

export interface AddressGuardOptions {
  /** Ranges, as `10.0.0.0/8`, that may be reached all the same; inside them `http:` and any port are allowed too. */
  readonly allowedCidrs: readonly string[];
  readonly resolve?: Resolve;
}

export interface AddressGuard {
  /**
   * What is wrong with a webhook's URL, in words; empty if nothing is. Names are not looked up: they are checked at
   * every attempt, when the answer counts. `http:` and ports of a name are refused here only if no range is allowed at
   * all.
   */
  readonly checkUrl: (text: string) => readonly string[];
  /** Looks the name up once and gives its addresses if every one of them may be reached. */
  readonly guard: Guard;
}

type Address = ipaddr.IPv4 | ipaddr.IPv6;
type Range = [Address, number];

const URL_MAX_CHARS = 2000;

/**
 * Webhooks' URLs come from outside: nothing in them may make jobwatch call what only jobwatch can reach.
 * Allowed is `https:` on port 443 of public unicast addresses.
 * https://cheatsheetseries.owasp.org/cheatsheets/Server_Side_Request_Forgery_Prevention_Cheat_Sheet.html
 */
export function makeAddressGuard(options: AddressGuardOptions): AddressGuard {
  const allowed: readonly Range[] = options.allowedCidrs.map((cidr) => ipaddr.parseCIDR(cidr));
  const resolve = options.resolve ?? makeResolve();
  return {
    checkUrl: (text) => problemsOf(text, allowed),
    guard: async (url) => {
      const literal = literalOf(url);
      const problems = [...partProblems(url), ...(literal === null ? [] : addressProblems(url, literal, allowed))];
      if (problems.length > 0) return blocked(url, problems.join('; '));
      const addresses = await resolved(url, literal, resolve);
      if (!Array.isArray(addresses)) return addresses;
      const found = addresses.flatMap(({ address }) => addressProblems(url, parseAddress(address), allowed));
      return found[0] === undefined ? { kind: 'addresses', addresses } : blocked(url, found[0]);
    },
  };
}

async function resolved(url: URL, literal: Address | null, resolve: Resolve): Promise<LookupAddress[] | HttpFailure> {
  if (literal !== null) return [{ address: literal.toString(), family: literal.kind() === 'ipv4' ? 4 : 6 }];
  try {
    const addresses = await resolve(url.hostname);
    if (addresses.length > 0) return [...addresses];
    return { kind: 'failure', error: 'connect', code: 'ENOTFOUND', reason: `${url.hostname} has no address` };
  } catch (error) {
    const code = errorCode(error);
    const reason = `the name ${url.hostname} was not found: ${code ?? 'unknown error'}`;
    return { kind: 'failure', error: 'connect', code, reason };
  }
}

function problemsOf(text: string, allowed: readonly Range[]): readonly string[] {
  if (text.length > URL_MAX_CHARS) return [`the URL is longer than ${URL_MAX_CHARS} characters`];
  const url = URL.parse(text);
  if (url === null) return ['this is not an absolute URL'];
  const literal = literalOf(url);
  if (literal !== null) return [...partProblems(url), ...addressProblems(url, literal, allowed)];
  return [...partProblems(url), ...(allowed.length === 0 ? schemeProblems(url) : [])];
}

/** What is wrong wherever the host may be. The parser has put every spelling of an IPv4 address into the dotted one. */
function partProblems(url: URL): string[] {
  const problems: string[] = [];
  if (url.protocol !== 'https:' && url.protocol !== 'http:') problems.push('the scheme has to be https');
  if (url.username !== '' || url.password !== '') problems.push('the URL may not hold a user name or a password');
  if (url.hash !== '' || url.href.endsWith('#')) problems.push('the URL may not have a fragment');
  if (url.hostname === '') problems.push('the URL has no host');
  return problems;
}

function schemeProblems(url: URL): string[] {
  const problems: string[] = [];
  if (url.protocol === 'http:') problems.push('the scheme has to be https');
  if (url.port !== '') problems.push('the port has to be 443');
  return problems;
}

function addressProblems(url: URL, address: Address | null, allowed: readonly Range[]): string[] {
  if (address === null) return ['the host has an address that is not understood'];
  if (allowed.some((range) => contains(range, address))) return [];
  return [...(isPublic(address) ? [] : ['the address is not a public one']), ...schemeProblems(url)];
}

function contains([base, bits]: Range, address: Address): boolean {
  return base.kind() === address.kind() && address.match(base, bits);
}

/**
 * IANA hands out global unicast from this range alone; what lies outside (IPv4-compatible `::/96`, say) has no name in
 * ipaddr.js.
 */
const GLOBAL_UNICAST_V6: Range = ipaddr.parseCIDR('2000::/3');
/** The 6bone's, given back in 2006 (RFC 3701), and the 2d00–3fff blocks, which were never given to anybody. */
const UNASSIGNED_V6: readonly Range[] = ['2d00::/8', '2e00::/7', '3000::/4'].map((cidr) => ipaddr.parseCIDR(cidr));

/**
 * Public unicast: in no special-purpose range. Forms that carry an IPv4 address (6to4, Teredo, NAT64) are refused
 * whatever they carry: the gateway that would unpack them is not ours to trust.
 * https://www.iana.org/assignments/iana-ipv4-special-registry/
 * https://www.iana.org/assignments/iana-ipv6-special-registry/
 */
function isPublic(address: Address): boolean {
  if (address.range() !== 'unicast') return false;
  if (address.kind() === 'ipv4') return true;
  return contains(GLOBAL_UNICAST_V6, address) && !UNASSIGNED_V6.some((range) => contains(range, address));
}

/** The address that a URL names outright; null if its host is a name. */
function literalOf(url: URL): Address | null {
  if (url.hostname.startsWith('[')) return parseAddress(url.hostname.slice(1, -1));
  return ipaddr.IPv4.isValidFourPartDecimal(url.hostname) ? ipaddr.IPv4.parse(url.hostname) : null;
}

/** IPv4-mapped forms (`::ffff:10.0.0.1`) become the IPv4 address that they are. */
function parseAddress(text: string): Address | null {
  return ipaddr.isValid(text) ? ipaddr.process(text) : null;
}

function blocked(url: URL, reason: string): HttpFailure {
  return { kind: 'failure', error: 'blocked', code: null, reason: `${url.host} may not be called: ${reason}` };
}

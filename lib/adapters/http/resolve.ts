import type { LookupAddress } from 'node:dns';
import { Resolver } from 'node:dns/promises';
import { errorCode } from '../../base/error.ts';

/** All addresses of a name. Rejects with the resolver's code if there are none. */
export type Resolve = (hostname: string) => Promise<readonly LookupAddress[]>;

/** Of one question to one server; there is a second try, which waits for twice as long. */
const TIMEOUT_MS = 1500;
const TRIES = 2;

const LOOPBACK: readonly LookupAddress[] = [
  { address: '127.0.0.1', family: 4 },
  { address: '::1', family: 6 },
];

/**
 * Names as DNS knows them, IPv4 first. The system's own look-up keeps one of the process's four threads for as long as
 * a zone's servers like to be silent, beyond every time-out of ours; this one keeps none. `/etc/hosts` and search
 * domains are not read; `localhost` is the loopback address (RFC 6761).
 * https://nodejs.org/api/dns.html#implementation-considerations Rejects if neither question was answered with an
 * address. `servers`: as `127.0.0.1:5353`; else the system's.
 */
export function makeResolve(servers?: readonly string[]): Resolve {
  const resolver = new Resolver({ timeout: TIMEOUT_MS, tries: TRIES });
  if (servers !== undefined) resolver.setServers(servers);
  return async (hostname) => {
    if (/^(.+\.)?localhost\.?$/i.test(hostname)) return LOOPBACK;
    const answers = await Promise.allSettled([resolver.resolve4(hostname), resolver.resolve6(hostname)]);
    const found = answers.flatMap((answer, index) =>
      answer.status === 'fulfilled' ? answer.value.map((address) => ({ address, family: index === 0 ? 4 : 6 })) : [],
    );
    if (found.length > 0) return found;
    const reasons: unknown[] = answers.flatMap((answer) => (answer.status === 'rejected' ? [answer.reason] : []));
    // That it has no address of one kind says nothing; what kept the other question from an answer does.
    throw reasons.find((reason) => errorCode(reason) !== 'ENODATA') ?? reasons[0];
  };
}

import { errorCode } from '../../lib/base/error.ts';
import { usage } from '../exit.ts';

/** Where jobwatch is, and why it is not to be reached there. */

/**
 * The address without `/v1` and what follows. Throws a usage error for what is none, and for one that would show the
 * token to others. What was given is not repeated: it may hold a password, or be the token in the wrong place.
 */
export function baseUrl(text: string | null): string {
  if (text === null || text.trim() === '')
    throw usage(
      'Where is jobwatch? Set JOBWATCH_URL, --url or a profile to the HttpApiUrl of the stack; "jobwatch init" asks for it.',
    );
  const url = URL.parse(text);
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:'))
    throw usage(
      "jobwatch's URL (--url, JOBWATCH_URL or the profile) is not a URL: use the HttpApiUrl of the stack, https://….",
    );
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '')
    throw usage("jobwatch's URL has a user, a query or a fragment: use the HttpApiUrl of the stack as it is.");
  const isLoopback = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(url.hostname);
  if (url.protocol === 'http:' && !isLoopback)
    throw usage(`${url.origin} is not encrypted, so anybody on the network could read the token: use https.`);
  return `${url.origin}${url.pathname.replace(/\/+$/, '').replace(/\/v1$/, '')}`;
}

/** Node's words for a request that failed, and for an answer that broke off. */
const ON_THE_WAY = /^(fetch failed|terminated)$/;

export interface Failure {
  readonly reason: string;
  /** Whether another try may go better. */
  readonly mayPass: boolean;
}

/**
 * OpenSSL's names for a certificate that is not trusted, out of date or another host's.
 * https://nodejs.org/api/tls.html#x509-certificate-error-codes
 */
const CERTIFICATE =
  /CERT|SELF_SIGNED|UNABLE_TO_|^(HOSTNAME_MISMATCH|INVALID_CA|INVALID_PURPOSE|PATH_LENGTH_EXCEEDED|CRL_.*)$/;

/**
 * Why no answer came. null: that is not trouble of the network, and trying again would not help. `fetch` makes a
 * TypeError of all that happens on the way and hides it in the cause. https://fetch.spec.whatwg.org/#fetch-method
 */
export function reasonOf(error: unknown, limitMs: number): Failure | null {
  if (!(error instanceof Error)) return null;
  if (error.name === 'TimeoutError')
    return { reason: `there was no answer within ${Math.ceil(limitMs / 1000)} s`, mayPass: true };
  const { cause } = error;
  if (!(error instanceof TypeError && (cause instanceof Error || ON_THE_WAY.test(error.message)))) return null;
  const code = errorCode(cause);
  if (code !== null && CERTIFICATE.test(code))
    return {
      reason: `its certificate is not trusted (${code}); NODE_EXTRA_CA_CERTS=ca.pem adds your own certificate authority`,
      mayPass: false,
    };
  return { reason: code ?? (cause instanceof Error ? cause.message : error.message), mayPass: true };
}

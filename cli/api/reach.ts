import { errorCode } from '../../lib/base/error.ts';
import { usage } from '../exit.ts';

/** Where jobwatch is, and why it is not to be reached there. */

/**
 * The address without `/v1` and what follows. Throws a usage error for what is none, and for one that would show the
 * token to others. What was given is not repeated: it may hold a password, or be the token in the wrong place.
 */
export function baseUrl(text: string | null): string {
  if (text === null || text.trim() === '')
    throw usage('Where is jobwatch? Set JOBWATCH_URL, --url or a profile to the HttpApiUrl of the stack.');
  const url = URL.parse(text);
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:'))
    throw usage(
      "jobwatch's URL (--url, JOBWATCH_URL or the profile) is not a URL: use the HttpApiUrl of the stack, https://….",
    );
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '')
    throw usage("jobwatch's URL has a user, a query or a fragment: use the HttpApiUrl of the stack as it is.");
  const isLoopback = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(url.hostname);
  if (url.protocol === 'http:' && !isLoopback)
    throw usage(`${url.origin} is not encrypted and would show the token to anybody on the way: use https.`);
  return `${url.origin}${url.pathname.replace(/\/+$/, '').replace(/\/v1$/, '')}`;
}

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

/** `fetch` hides what happened in the cause. */
export function reasonOf(error: unknown, limitMs: number): Failure {
  if (!(error instanceof Error)) return { reason: 'the request failed', mayPass: true };
  if (error.name === 'TimeoutError') return { reason: `there was no answer within ${limitMs / 1000} s`, mayPass: true };
  const { cause } = error;
  const code = errorCode(cause);
  if (code !== null && CERTIFICATE.test(code))
    return {
      reason:
        `its certificate is not trusted (${code}); ` +
        'NODE_EXTRA_CA_CERTS=ca.pem adds a certificate authority of your own',
      mayPass: false,
    };
  if (code !== null) return { reason: code, mayPass: true };
  return { reason: cause instanceof Error ? cause.message : error.message, mayPass: true };
}

/** The port through which vendors are polled and webhooks are called. `adapters/http/send.ts` is the real one. */

export interface HttpRequest {
  readonly method: 'GET' | 'POST';
  readonly url: URL;
  /** Header names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface HttpResponse {
  readonly kind: 'response';
  readonly status: number;
  /** Header names in lower case; repeated headers joined by `, `. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * No whole response arrived. `code` is the system's own word if there is one (`ECONNREFUSED`, `CERT_HAS_EXPIRED`).
 * `connect`: there was no connection, not even in time (`ETIMEDOUT`), so nothing was sent; after `timeout` and `reset`
 * the server may have received the request.
 */
export interface HttpFailure {
  readonly kind: 'failure';
  readonly error: 'connect' | 'timeout' | 'reset' | 'too_large' | 'tls' | 'blocked';
  readonly code: string | null;
  readonly reason: string;
}

/** Never rejects. Follows no redirects. One time-out from connect to last byte; the response's size is bounded. */
export type Send = (request: HttpRequest) => Promise<HttpResponse | HttpFailure>;

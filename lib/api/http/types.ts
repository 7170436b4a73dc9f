/** A request as the API sees it, whoever carried it here. */
export interface ApiRequest {
  /** The carrier's own id of the request: what an unexpected fault is found by in the log. */
  readonly id: string;
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  /** Header names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** The body as text; null where none was sent. */
  readonly body: string | null;
}

export interface ApiResponse {
  readonly status: number;
  /** Header names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** The body is base64 of what is sent. */
  readonly isBase64?: true;
}

/** Responses change from one request to the next and hold what only the token's owner may read. */
const UNCACHED = { 'cache-control': 'no-store' };

export function json(status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): ApiResponse {
  return {
    status,
    headers: { 'content-type': 'application/json', ...UNCACHED, ...headers },
    body: JSON.stringify(value),
  };
}

export function empty(status: number, headers: Readonly<Record<string, string>> = {}): ApiResponse {
  return { status, headers: { ...UNCACHED, ...headers }, body: '' };
}

import { names } from './http/etag.ts';
import { problem } from './http/problem.ts';
import type { ApiRequest, ApiResponse } from './http/types.ts';

/** A file of the console as the build leaves it. */
export interface ConsoleFile {
  /** `/` for the page itself, else `/assets/<name>-<hash>.<ending>`. */
  readonly path: string;
  readonly contentType: string;
  /** Base64 of the gzipped content. */
  readonly gzip: string;
  /** A hash of the content. */
  readonly hash: string;
}

/**
 * The page may load what lies beside it and ask the API that serves it: nothing else, nothing inline, and nobody may
 * frame it.
 */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

export const CONSOLE_HEADERS = {
  'content-security-policy': POLICY,
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
  'referrer-policy': 'no-referrer',
  'strict-transport-security': 'max-age=31536000',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
} as const;

/**
 * Serves the console: public files without any data; the token is asked for by the page. `gunzip` takes and gives
 * base64, for the few callers that take no gzip. null: the path is none of the console's.
 */
export function makeConsole(
  files: readonly ConsoleFile[],
  gunzip: (gzip: string) => string,
): (request: Pick<ApiRequest, 'method' | 'path' | 'headers'>) => ApiResponse | null {
  const byPath = new Map(files.map((file) => [file.path, file]));
  return ({ method, path, headers }) => {
    const file = byPath.get(path);
    if (file === undefined) return path === '/' || path.startsWith('/assets/') ? absent() : null;
    if (method !== 'GET' && method !== 'HEAD') {
      return problem(405, 'This path allows GET, HEAD.', { headers: { ...CONSOLE_HEADERS, allow: 'GET, HEAD' } });
    }
    return respond(file, headers, method === 'HEAD', gunzip);
  };
}

function respond(
  file: ConsoleFile,
  headers: ApiRequest['headers'],
  isHead: boolean,
  gunzip: (gzip: string) => string,
): ApiResponse {
  const etag = `W/"${file.hash}"`;
  const common = {
    ...CONSOLE_HEADERS,
    'cache-control': file.path === '/' ? 'no-cache' : 'public, max-age=31536000, immutable',
    etag,
    vary: 'accept-encoding',
  };
  if (names(headers['if-none-match'], etag)) return { status: 304, headers: common, body: '' };
  const zipped = takesGzip(headers['accept-encoding']);
  const described = { ...common, 'content-type': file.contentType, ...(zipped ? { 'content-encoding': 'gzip' } : {}) };
  if (isHead) return { status: 200, headers: described, body: '' };
  return { status: 200, headers: described, body: zipped ? file.gzip : gunzip(file.gzip), isBase64: true };
}

/** https://www.rfc-editor.org/rfc/rfc9110#section-12.5.3 */
function takesGzip(header: string | undefined): boolean {
  const codings = (header ?? '').toLowerCase().split(',');
  return codings.some((coding) => {
    const [name = '', weight = 'q=1', ...others] = coding.split(';').map((part) => part.trim());
    return (name === 'gzip' || name === '*') && others.length === 0 && SOME_WEIGHT.test(weight);
  });
}

/** Above 0; three digits at most. https://www.rfc-editor.org/rfc/rfc9110#section-12.4.2 */
const SOME_WEIGHT = /^q=(1(\.0{0,3})?|0\.(?!0{1,3}$)\d{1,3})$/;

function absent(): ApiResponse {
  return problem(404, 'The console has no such file.', { headers: CONSOLE_HEADERS });
}

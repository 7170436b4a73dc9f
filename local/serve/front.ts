import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Authenticate } from '../../lib/api/http/auth.ts';
import type { BeforeRoutes } from '../triggers/http.ts';
import type { Disk } from './disk.ts';

export interface FrontOptions {
  readonly authenticate: Authenticate;
  /** The page of `GET /metrics`. */
  readonly metrics: () => Promise<string>;
  readonly disk: () => Disk | null;
}

/** Requests at the same time: each of those that wait takes memory. API Gateway has a limit of its own in AWS. */
const REQUESTS_MAX = 200;

/** What is answered before a route is looked for: the metrics, a full disk, and too many at a time. */
export function makeFront({ authenticate, metrics, disk }: FrontOptions): BeforeRoutes {
  let underWay = 0;
  return async (request, response) => {
    if (underWay >= REQUESTS_MAX) {
      response.setHeader('retry-after', '1');
      return problem(response, 429, 'Too many requests', `At most ${REQUESTS_MAX} are answered at the same time.`);
    }
    underWay += 1;
    response.once('close', () => {
      underWay -= 1;
    });
    const path = (request.url ?? '').split('?')[0];
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    if (isRead && path === '/metrics') return answerMetrics(request, response, authenticate, metrics);
    if (isRead && path === '/v1/health') return answerFull(response, disk());
    return false;
  };
}

/** Health is the API's to answer while something can be stored. */
function answerFull(response: ServerResponse, disk: Disk | null): boolean {
  if (!disk?.isFull) return false;
  return problem(
    response,
    503,
    'The disk is full',
    `${disk.freeBytes} bytes are left where the data lies: nothing can be stored. Jobs go on when there is room.`,
  );
}

async function answerMetrics(
  request: IncomingMessage,
  response: ServerResponse,
  authenticate: Authenticate,
  metrics: () => Promise<string>,
): Promise<boolean> {
  const known = await authenticate(request.headers.authorization);
  if (known.kind === 'unavailable') return problem(response, 503, 'Unavailable', 'The list of tokens can not be read.');
  if (known.kind === 'refused') {
    response.setHeader('www-authenticate', 'Bearer');
    return problem(response, 401, 'Unauthorized', 'Expected "Authorization: Bearer jw_…".');
  }
  if (!known.caller.permissions.includes('read'))
    return problem(response, 403, 'Forbidden', 'The token needs the scope read.');
  const body = await metrics();
  response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8', 'cache-control': 'no-store' });
  response.end(body);
  return true;
}

function problem(response: ServerResponse, status: number, title: string, detail: string): true {
  response.writeHead(status, { 'content-type': 'application/problem+json', 'cache-control': 'no-store' });
  response.end(JSON.stringify({ type: 'about:blank', title, status, detail }));
  return true;
}

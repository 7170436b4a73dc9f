import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { ACCOUNT_ID } from '../template/physical.ts';
import { isFields } from '../template/values.ts';
import type { RouteMatch } from './http-route.ts';

/**
 * Payload format 2.0:
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
export function apiEvent(request: IncomingMessage, url: URL, body: Buffer, match: RouteMatch<unknown>): unknown {
  const now = Date.now();
  const isText = isTextType(request.headers['content-type']);
  const { cookie, ...headers } = request.headers;
  const joined = Object.entries(headers).map(([name, value]) => [
    name,
    Array.isArray(value) ? value.join(',') : (value ?? ''),
  ]);
  const query = queryOf(url);
  return {
    version: '2.0',
    routeKey: match.route.key,
    rawPath: url.pathname,
    rawQueryString: url.search.slice(1),
    ...(cookie === undefined ? {} : { cookies: cookie.split(/; */) }),
    headers: Object.fromEntries(joined),
    ...(query === null ? {} : { queryStringParameters: query }),
    ...(Object.keys(match.parameters).length === 0 ? {} : { pathParameters: match.parameters }),
    requestContext: {
      accountId: ACCOUNT_ID,
      apiId: 'local',
      domainName: request.headers.host ?? '',
      domainPrefix: 'local',
      http: {
        method: request.method,
        path: url.pathname,
        protocol: `HTTP/${request.httpVersion}`,
        sourceIp: request.socket.remoteAddress ?? '',
        userAgent: request.headers['user-agent'] ?? '',
      },
      requestId: randomUUID(),
      routeKey: match.route.key,
      stage: '$default',
      time: new Date(now).toUTCString(),
      timeEpoch: now,
    },
    ...(body.length === 0 ? {} : { body: body.toString(isText ? 'utf8' : 'base64') }),
    isBase64Encoded: body.length > 0 && !isText,
  };
}

/** Whatever is not plainly text comes in base64, forms included. */
function isTextType(contentType: string | undefined): boolean {
  return /^(text\/|application\/(json|javascript|xml|[\w.-]+\+(json|xml))\b)/i.test(contentType ?? '');
}

/** Repeated names are joined by commas; null if there is no query. */
function queryOf(url: URL): Record<string, string> | null {
  const names = [...new Set(url.searchParams.keys())];
  if (names.length === 0) return null;
  return Object.fromEntries(names.map((name) => [name, url.searchParams.getAll(name).join(',')]));
}

/** A result without `statusCode` is the body of a 200, as JSON. */
export function sendApiResponse(response: ServerResponse, payload: unknown): void {
  if (!isFields(payload) || payload['statusCode'] === undefined) {
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(payload));
    return;
  }
  const headers = isFields(payload['headers']) ? payload['headers'] : {};
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, String(value));
  if (Array.isArray(payload['cookies'])) response.setHeader('set-cookie', payload['cookies'].map(String));
  if (!response.hasHeader('content-type')) response.setHeader('content-type', 'text/plain;charset=UTF-8');
  const body = payload['body'] === undefined ? '' : String(payload['body']);
  response.statusCode = Number(payload['statusCode']);
  response.end(payload['isBase64Encoded'] === true ? Buffer.from(body, 'base64') : body);
}

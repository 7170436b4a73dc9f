import type { IncomingMessage, ServerResponse } from 'node:http';
import { type LocalServer, listen, readBody, sendJson } from '../gateway/http-server.ts';
import type { InvokeResult } from '../runtime/instance.ts';
import { apiEvent, sendApiResponse } from './http-event.ts';
import { matchRoute, type Route } from './http-route.ts';

/** Answers whether it has answered the request itself. */
export type BeforeRoutes = (request: IncomingMessage, response: ServerResponse) => Promise<boolean>;

export interface HttpTrigger<Target> {
  readonly routes: readonly Route<Target>[];
  readonly invoke: (target: Target, event: unknown) => Promise<InvokeResult>;
  readonly port: number;
  readonly address: string;
  readonly before?: BeforeRoutes;
  readonly onError: (error: unknown) => void;
}

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html */
const BODY_MAX_BYTES = 10 * 1024 * 1024;

/** Serves the routes of an HTTP API; its errors have the words of API Gateway. */
export function startHttpTrigger<Target>(options: HttpTrigger<Target>): Promise<LocalServer> {
  const { routes, invoke, port, address, before, onError } = options;
  return listen(
    async (request: IncomingMessage, response: ServerResponse) => {
      if (before && (await before(request, response))) return;
      const url = new URL(request.url ?? '/', 'http://127.0.0.1');
      const match = matchRoute(routes, request.method ?? 'GET', url.pathname);
      if (!match) return sendJson(response, 404, { message: 'Not Found' });
      const body = await readBody(request, BODY_MAX_BYTES);
      if (!body) return sendJson(response, 413, { message: 'Request Entity Too Large' });
      const result = await invoke(match.route.target, apiEvent(request, url, body, match));
      if (result.ok) return sendApiResponse(response, result.payload);
      onError(result.error);
      return sendFailure(response, result.error.errorType);
    },
    { port, address },
  );
}

function sendFailure(response: ServerResponse, errorType: string): void {
  const isBusy = errorType === 'Sandbox.Timedout' || errorType === 'TooManyRequestsException';
  sendJson(response, isBusy ? 503 : 500, { message: isBusy ? 'Service Unavailable' : 'Internal Server Error' });
}

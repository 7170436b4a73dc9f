import type { IncomingMessage, ServerResponse } from 'node:http';
import { listen, readBody, sendJson } from '../gateway/http-server.ts';
import { isCallbackPath } from '../services/durable-callbacks.ts';
import type { Workflows } from '../services/workflows.ts';
import type { EventQueue } from '../triggers/event-queue.ts';
import type { Engine } from './sqs.ts';
import { serveCallback } from './workflows.ts';

/** https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const EVENT_MAX_BYTES = 1024 * 1024;

/**
 * Lambda's callbacks of durable functions, and its asynchronous Invoke, for the functions that have a queue:
 * https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
 */
export function startLambda(queues: ReadonlyMap<string, EventQueue>, workflows: Workflows): Promise<Engine> {
  return listen(async (request, response) => {
    if (isCallbackPath(request.url ?? '')) return await serveCallback(request, response, workflows);
    const name = functionNameIn(request.url ?? '');
    const queue = queues.get(name ?? '');
    const type = request.headers['x-amz-invocation-type'];
    const body = await readBody(request, EVENT_MAX_BYTES);
    const event = body === null ? null : parse(body);
    if (request.method !== 'POST' || name === null)
      return refuse(response, 404, 'UnknownOperationException', 'only Invoke is served here');
    if (type !== 'Event')
      return refuse(response, 400, 'InvalidParameterValueException', 'only the type Event is served here');
    if (!queue)
      return refuse(response, 404, 'ResourceNotFoundException', `${name} is no function that takes events here`);
    if (body === null) return refuse(response, 413, 'RequestTooLargeException', 'the event is too long');
    if (event === null) return refuse(response, 400, 'InvalidRequestContentException', 'the event is no JSON');
    queue.add(event.value);
    response.writeHead(202).end();
  });
}

/** The function of an Invoke; null for another path. */
export function functionNameIn(path: NonNullable<IncomingMessage['url']>): string | null {
  const encoded = /^\/2015-03-31\/functions\/([^/?]+)\/invocations$/.exec(path)?.[1];
  return encoded === undefined ? null : decodeURIComponent(encoded);
}

/** As Lambda's REST API tells errors, unlike the JSON protocols of the others. */
export function refuse(response: ServerResponse, status: number, code: string, message: string): void {
  response.setHeader('x-amzn-errortype', code);
  sendJson(response, status, { Type: 'User', Message: message });
}

function parse(body: Buffer): { value: unknown } | null {
  try {
    return { value: body.length === 0 ? {} : JSON.parse(body.toString('utf8')) };
  } catch {
    // Lambda refuses such an event as well.
    return null;
  }
}

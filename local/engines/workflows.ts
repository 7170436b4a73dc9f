import type { IncomingMessage, ServerResponse } from 'node:http';
import { listen, readBody, sendJson } from '../gateway/http-server.ts';
import { answerDurable } from '../services/durable-callbacks.ts';
import type { EventBus } from '../services/event-bus.ts';
import { answerStepFunctions } from '../services/step-functions.ts';
import type { Answer, ServiceRequest, Workflows } from '../services/workflows.ts';
import type { Engine } from './sqs.ts';

const BODY_MAX_BYTES = 1024 * 1024;

/** Step Functions and EventBridge, as far as jobwatch calls them, on one port. */
export function startServices(workflows: Workflows, bus: EventBus): Promise<Engine> {
  return listen((request, response) =>
    serve(request, response, (one) =>
      one.target?.startsWith('AWSEvents.') ? bus.answer(one) : answerStepFunctions(workflows, one),
    ),
  );
}

/** A callback of a durable function, which is Lambda's. */
export function serveCallback(request: IncomingMessage, response: ServerResponse, workflows: Workflows): Promise<void> {
  return serve(request, response, (one) => answerDurable(workflows, one));
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  answer: (request: ServiceRequest) => Answer,
): Promise<void> {
  const body = await readBody(request, BODY_MAX_BYTES);
  if (body === null) return sendJson(response, 413, { __type: 'RequestTooLargeException' });
  const { 'x-amz-target': target, 'content-type': contentType = '' } = request.headers;
  const {
    status,
    headers,
    body: text,
  } = answer({
    path: request.url ?? '',
    target: target === undefined ? null : String(target),
    contentType,
    body: body.toString('utf8'),
  });
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(text);
}

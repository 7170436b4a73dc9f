import {
  Agent,
  request as httpRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import { functionNameIn, refuse } from '../engines/lambda.ts';
import { callbackActionIn } from '../services/durable-callbacks.ts';
import { protocols, type Service } from './aws-json.ts';
import { type LocalServer, listen, readBody, sendJson } from './http-server.ts';

export interface Call {
  readonly service: Service;
  /** E.g. `ReceiveMessage`. */
  readonly action: string;
  /** The function that an Invoke names; null for all other calls. */
  readonly functionName: string | null;
  /** The access key id of the request, up to a dot: each function has its own. */
  readonly caller: string;
  /** What follows the dot; null: nothing. */
  readonly callerKey: string | null;
  readonly body: Buffer;
}

export interface GatewayOptions {
  readonly service: Service;
  /** The engine's address. */
  readonly target: string;
  /** Told of every call; a text answer refuses the call with AccessDenied and that message. */
  readonly admit: (call: Call) => string | null;
  /** Added to what the engine is sent. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Puts another body in the place of the call's own. */
  readonly alter?: (call: Call) => Buffer;
  /** Told of an answer that came when its caller had gone already. */
  readonly onOrphan?: (call: Call, answer: Buffer) => void;
}

interface EngineAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

const BODY_MAX_BYTES = 17 * 1024 * 1024;

/**
 * Stands in front of an engine, so that every request of every function is seen: forwards it, or refuses it as IAM
 * would.
 */
export async function startGateway(options: GatewayOptions): Promise<LocalServer> {
  const { service, target, admit, alter, onOrphan } = options;
  const agent = new Agent({ keepAlive: true });
  const engine = new URL(target);
  const server = await listen(async (request, response) => {
    const body = await readBody(request, BODY_MAX_BYTES);
    if (!body) return sendJson(response, 413, { __type: 'RequestEntityTooLarge', message: 'the request is too long' });
    const functionName = service === 'lambda' ? functionNameIn(request.url ?? '') : null;
    const action = callbackActionIn(request.url ?? '') ?? (functionName === null ? actionOf(request) : 'Invoke');
    const call = { service, action, functionName, ...callerOf(request), body };
    const refusal = admit(call);
    if (refusal !== null) return deny(response, service, refusal);
    Object.assign(request.headers, options.headers);
    const answer = await forward(request, alter ? alter(call) : body, engine, agent);
    if (response.closed) onOrphan?.(call, answer.body);
    else pass(response, answer);
  });
  return {
    url: server.url,
    async close() {
      await server.close();
      agent.destroy();
    },
  };
}

function deny(response: ServerResponse, service: Service, message: string): void {
  const code = 'AccessDeniedException';
  if (service === 'lambda') refuse(response, 403, code, message);
  else sendJson(response, 400, { __type: code, message }, protocols[service].contentType);
}

function actionOf(request: IncomingMessage): string {
  return String(request.headers['x-amz-target'] ?? 'unknown').replace(/^.*\./, '');
}

function callerOf(request: IncomingMessage): Pick<Call, 'caller' | 'callerKey'> {
  const found = /Credential=([^/,.]+)(?:\.([^/,]+))?/.exec(request.headers.authorization ?? '');
  return { caller: found?.[1] ?? 'unknown', callerKey: found?.[2] ?? null };
}

async function forward(request: IncomingMessage, body: Buffer, engine: URL, agent: Agent): Promise<EngineAnswer> {
  const headers = { ...request.headers, host: engine.host, 'content-length': body.length };
  // DynamoDB Local keeps a database for each access key, but all functions are to see the same one.
  if (headers.authorization)
    headers.authorization = headers.authorization.replace(/Credential=[^/,]+/, 'Credential=local');
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const upstream = httpRequest(
      engine,
      { agent, method: request.method ?? 'POST', path: request.url ?? '/', headers },
      resolve,
    );
    upstream.once('error', reject);
    upstream.end(body);
  });
  return {
    status: answer.statusCode ?? 502,
    headers: answer.headers,
    body: (await readBody(answer, BODY_MAX_BYTES)) ?? Buffer.alloc(0),
  };
}

function pass(response: ServerResponse, { status, headers, body }: EngineAnswer): void {
  const { 'transfer-encoding': _, connection: __, 'keep-alive': ___, ...kept } = headers;
  response.writeHead(status, { ...kept, 'content-length': body.length }).end(body);
}

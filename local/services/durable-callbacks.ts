import { type Answer, refusal, type ServiceRequest, type Workflows } from './workflows.ts';

const PATH = /^\/2025-12-01\/durable-execution-callbacks\/([^/?]+)\/(succeed|fail|heartbeat)$/;
const ID = /^[A-Za-z0-9+/]{1,1024}={0,2}$/;
const RESULT_MAX_BYTES = 262_144;
const ERROR_FIELDS = new Set(['ErrorMessage', 'ErrorType', 'ErrorData', 'StackTrace']);

export function isCallbackPath(path: string): boolean {
  return PATH.test(path);
}

/** `SendDurableExecutionCallbackSuccess` and its like; null for another path. */
export function callbackActionIn(path: string): string | null {
  const verb = PATH.exec(path)?.[2];
  if (verb === undefined) return null;
  return `SendDurableExecutionCallback${{ succeed: 'Success', fail: 'Failure', heartbeat: 'Heartbeat' }[verb]}`;
}

/**
 * The part of Lambda that closes callbacks of durable functions, as its API's reference says:
 * https://docs.aws.amazon.com/lambda/latest/api/API_SendDurableExecutionCallbackSuccess.html
 */
export function answerDurable(workflows: Workflows, { path, body }: ServiceRequest): Answer {
  const [, encoded = '', verb] = PATH.exec(path) ?? [];
  const id = decodeURIComponent(encoded);
  if (verb === undefined || !ID.test(id))
    return refusal(400, 'InvalidParameterValueException', 'CallbackId is not valid');
  if (Buffer.byteLength(body) > RESULT_MAX_BYTES) return refusal(413, 'RequestTooLargeException', 'at most 256 kB');
  const failure = verb === 'fail' ? failureIn(body) : null;
  if (verb === 'fail' && failure === null)
    return refusal(400, 'InvalidParameterValueException', 'the error is not an ErrorObject');
  const state = workflows.stateOf('durable', id);
  if (state === 'unknown' || state === 'gone')
    return refusal(404, 'ResourceNotFoundException', 'the callback does not exist');
  if (state === 'closed') return refusal(400, 'CallbackTimeoutException', 'the callback has run out or was closed');
  if (verb === 'heartbeat') workflows.beat('durable', id);
  else workflows.close('durable', id, failure ?? { kind: 'success', output: body });
  return { status: 200, headers: {}, body: '' };
}

function failureIn(body: string) {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return null;
  }
  if (typeof value !== 'object' || value === null) return null;
  if (Object.keys(value).some((name) => !ERROR_FIELDS.has(name))) return null;
  const { ErrorType = '', ErrorData = '' } = value as Record<string, unknown>;
  return { kind: 'failure' as const, error: String(ErrorType), cause: String(ErrorData) };
}

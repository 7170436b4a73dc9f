import type { CallbackApi, CallbackReply } from '../../job/callback-api.ts';
import type { CallbackKind } from '../../job/callbacks.ts';
import type { AwsAnswer, AwsRequest, SignedCall } from './signed-call.ts';

/** What a call says, the token apart. */
type Said =
  | { readonly verb: 'succeed'; readonly output: string }
  | { readonly verb: 'fail'; readonly error: string; readonly cause: string }
  | { readonly verb: 'heartbeat' };

/** Tasks of Step Functions and callbacks of durable functions, in the function's own region. */
export function makeCallbackApi(call: SignedCall): CallbackApi {
  const say = async (kind: CallbackKind, token: string, said: Said): Promise<CallbackReply> => {
    const service = SERVICES[kind];
    // A call that may have been taken is not repeated: the second answer would tell of the first.
    return replyOf(await call({ ...service.request(token, said), repeatable: false }), service.closed);
  };
  return {
    succeed: (kind, token, output) => say(kind, token, { verb: 'succeed', output }),
    fail: (kind, token, { error, cause }) => say(kind, token, { verb: 'fail', error, cause }),
    beat: (kind, token) => say(kind, token, { verb: 'heartbeat' }),
  };
}

interface Service {
  readonly request: (token: string, said: Said) => Omit<AwsRequest, 'repeatable'>;
  /** Errors after which no call helps: closed, run out, or never there. */
  readonly closed: ReadonlySet<string>;
}

const SERVICES: Readonly<Record<CallbackKind, Service>> = {
  stepfunctions: {
    request: taskRequest,
    // https://docs.aws.amazon.com/step-functions/latest/apireference/API_SendTaskSuccess.html
    closed: new Set(['TaskTimedOut', 'TaskDoesNotExist', 'InvalidToken']),
  },
  durable: {
    request: callbackRequest,
    // https://docs.aws.amazon.com/lambda/latest/api/API_SendDurableExecutionCallbackSuccess.html
    closed: new Set(['CallbackTimeoutException', 'InvalidParameterValueException', 'ResourceNotFoundException']),
  },
};

function taskRequest(taskToken: string, said: Said): Omit<AwsRequest, 'repeatable'> {
  const ask = (action: string, input: object) => ({
    service: 'states' as const,
    path: '/',
    headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': `AWSStepFunctions.${action}` },
    body: JSON.stringify({ taskToken, ...input }),
  });
  if (said.verb === 'heartbeat') return ask('SendTaskHeartbeat', {});
  if (said.verb === 'succeed') return ask('SendTaskSuccess', { output: said.output });
  return ask('SendTaskFailure', { error: said.error, cause: said.cause });
}

function callbackRequest(id: string, said: Said): Omit<AwsRequest, 'repeatable'> {
  const ask = (verb: string, body: string, type: string) => ({
    service: 'lambda' as const,
    path: `/2025-12-01/durable-execution-callbacks/${encodeURIComponent(id)}/${verb}`,
    headers: { 'content-type': type },
    body,
  });
  if (said.verb === 'heartbeat') return ask('heartbeat', '', 'application/json');
  if (said.verb === 'succeed') return ask('succeed', said.output, 'application/octet-stream');
  const failure = { ErrorType: said.error, ErrorMessage: `The job ended as ${said.error}.`, ErrorData: said.cause };
  return ask('fail', JSON.stringify(failure), 'application/json');
}

function replyOf({ error, status, failure }: AwsAnswer, closed: ReadonlySet<string>): CallbackReply {
  if (error === null) return { kind: 'done' };
  if (closed.has(error)) return { kind: 'closed', status, code: error };
  const isUnclear = failure === null ? (status ?? 0) >= 500 : failure !== 'connect' && failure !== 'tls';
  return { kind: 'failed', status, code: error, isUnclear, isTimeout: failure === 'timeout' };
}

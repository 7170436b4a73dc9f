import { isFields } from '../template/values.ts';
import { type Answer, refusal, type ServiceRequest, type Workflows } from './workflows.ts';

const TOKEN_MAX = 2048;
const OUTPUT_MAX_BYTES = 262_144;
const ERROR_MAX = 256;
const CAUSE_MAX = 32_768;

/**
 * The part of Step Functions that closes tasks, as its API's reference says:
 * https://docs.aws.amazon.com/step-functions/latest/apireference/API_SendTaskSuccess.html
 */
export function answerStepFunctions(workflows: Workflows, { target, contentType, body }: ServiceRequest): Answer {
  const action = /^AWSStepFunctions\.(SendTask(?:Success|Failure|Heartbeat))$/.exec(target ?? '')?.[1];
  if (action === undefined || contentType !== 'application/x-amz-json-1.0')
    return refusal(400, 'UnknownOperationException', 'no such operation');
  const input = parse(body);
  const token = input?.['taskToken'];
  if (input === null || typeof token !== 'string' || token.length < 1 || token.length > TOKEN_MAX)
    return refusal(400, 'ValidationException', 'taskToken: 1 to 2048 characters');
  const wrong = WRONG[action]?.(input) ?? null;
  if (wrong !== null) return wrong;
  switch (workflows.stateOf('stepfunctions', token)) {
    case 'unknown':
      return refusal(400, 'InvalidToken', 'Invalid Token');
    case 'gone':
      return refusal(400, 'TaskDoesNotExist', 'Task does not exist');
    case 'closed':
      return refusal(400, 'TaskTimedOut', 'Task Timed Out: Provided task does not exist anymore');
    default:
  }
  if (action === 'SendTaskHeartbeat') workflows.beat('stepfunctions', token);
  else if (action === 'SendTaskSuccess')
    workflows.close('stepfunctions', token, { kind: 'success', output: String(input['output']) });
  else {
    const { error = null, cause = null } = input;
    workflows.close('stepfunctions', token, { kind: 'failure', error: String(error), cause: String(cause) });
  }
  return { status: 200, headers: {}, body: '{}' };
}

type Check = (input: Readonly<Record<string, unknown>>) => Answer | null;

const WRONG: Readonly<Record<string, Check>> = {
  SendTaskSuccess: ({ taskToken: _, output, ...others }) => {
    if (typeof output !== 'string' || Object.keys(others).length > 0)
      return refusal(400, 'ValidationException', 'output: required');
    const isJson = parseAny(output) !== undefined && Buffer.byteLength(output) <= OUTPUT_MAX_BYTES;
    return isJson ? null : refusal(400, 'InvalidOutput', 'Invalid Output: not JSON of at most 262144 bytes');
  },
  SendTaskFailure: ({ taskToken: _, error = '', cause = '', ...others }) => {
    const isGood = typeof error === 'string' && typeof cause === 'string' && Object.keys(others).length === 0;
    if (isGood && error.length <= ERROR_MAX && cause.length <= CAUSE_MAX) return null;
    return refusal(400, 'ValidationException', 'error: at most 256, cause: at most 32768 characters');
  },
  SendTaskHeartbeat: ({ taskToken: _, ...others }) =>
    Object.keys(others).length === 0 ? null : refusal(400, 'ValidationException', 'unknown member'),
};

function parse(body: string): Readonly<Record<string, unknown>> | null {
  const value = parseAny(body);
  return isFields(value) ? value : null;
}

function parseAny(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

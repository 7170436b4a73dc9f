import { protocols } from '../gateway/aws-json.ts';
import { isLoopback, listen, readBody, sendJson } from '../gateway/http-server.ts';
import { parameterArn } from '../template/physical.ts';
import { type Fields, isFields } from '../template/values.ts';
import type { Parameter, ParameterStore, ParameterType } from './parameters.ts';
import type { Engine } from './sqs.ts';

/**
 * SSM refuses.
 * https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameter.html#API_GetParameter_Errors
 */
class SsmError extends Error {
  override readonly name = 'SsmError';
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

type Operation = (input: Fields, store: ParameterStore) => unknown;

/** From the gateway, where a key is asked for. */
export const CALLER_KEY_HEADER = 'x-caller-key';
const NAMES_MAX = 10;
const BODY_MAX_BYTES = 1024 * 1024;

/** Parameter Store over AWS JSON 1.1, as far as this system and its tools call it. */
export function startSsm(store: ParameterStore, callerKey: string | null = null): Promise<Engine> {
  return listen(async (request, response) => {
    // It gives real keys to whoever asks: a page in a browser, led here by a name of its own, is not to be one.
    if (!isLoopback(request.headers.host)) return sendJson(response, 403, { message: 'the Host is not this machine' });
    if (callerKey !== null && request.headers[CALLER_KEY_HEADER] !== callerKey)
      return sendJson(response, 403, { message: 'the key of the caller is wrong' });
    const body = await readBody(request, BODY_MAX_BYTES);
    const action = String(request.headers['x-amz-target'] ?? '').replace('AmazonSSM.', '');
    try {
      sendJson(response, 200, run(action, body?.toString('utf8') ?? '', store), protocols.ssm.contentType);
    } catch (error) {
      if (!(error instanceof SsmError)) throw error;
      sendJson(response, 400, { __type: error.code, message: error.message }, protocols.ssm.contentType);
    }
  });
}

function run(action: string, body: string, store: ParameterStore): unknown {
  const operation = operations[action];
  if (!operation) throw new SsmError('UnknownOperationException', `${action} is not served here`);
  const input: unknown = JSON.parse(body);
  if (!isFields(input)) throw new SsmError('SerializationException', 'the body is no object');
  return operation(input, store);
}

const operations: Readonly<Record<string, Operation>> = {
  GetParameter(input, store) {
    const parameter = store.get(nameIn(input['Name']));
    if (!parameter) throw new SsmError('ParameterNotFound', `${String(input['Name'])} is not there`);
    return { Parameter: shown(parameter, input) };
  },
  GetParameters(input, store) {
    const names = Array.isArray(input['Names']) ? input['Names'].map(nameIn) : [];
    if (names.length < 1 || names.length > NAMES_MAX)
      throw new SsmError('ValidationException', `Names: expected 1 to ${NAMES_MAX}`);
    const found = names.map((name) => store.get(name)).filter((parameter) => parameter !== null);
    return {
      Parameters: found.map((parameter) => shown(parameter, input)),
      InvalidParameters: names.filter((name) => !store.get(name)),
    };
  },
  GetParametersByPath(input, store) {
    const all = store.below(nameIn(input['Path']), input['Recursive'] === true);
    const start = Number(input['NextToken'] ?? 0);
    const end = start + Math.min(Number(input['MaxResults'] ?? NAMES_MAX), NAMES_MAX);
    const more = end < all.length ? { NextToken: String(end) } : {};
    return { Parameters: all.slice(start, end).map((parameter) => shown(parameter, input)), ...more };
  },
  PutParameter(input, store) {
    const name = nameIn(input['Name']);
    const earlier = store.get(name);
    if (earlier && input['Overwrite'] !== true)
      throw new SsmError('ParameterAlreadyExists', `${name} is there already`);
    const type = isType(input['Type']) ? input['Type'] : earlier?.type;
    if (!type || typeof input['Value'] !== 'string')
      throw new SsmError('ValidationException', 'Type and Value are required');
    // Each write names its key: without one it is AWS's own, whatever the version before had.
    const keyId = typeof input['KeyId'] === 'string' ? input['KeyId'] : null;
    return { Version: store.put(name, input['Value'], type, keyId), Tier: 'Standard' };
  },
  DeleteParameter(input, store) {
    if (!store.remove(nameIn(input['Name'])))
      throw new SsmError('ParameterNotFound', `${String(input['Name'])} is not there`);
    return {};
  },
};

function nameIn(value: unknown): string {
  if (typeof value === 'string' && value !== '') return value;
  throw new SsmError('ValidationException', 'a parameter needs a name');
}

function isType(value: unknown): value is ParameterType {
  return value === 'String' || value === 'StringList' || value === 'SecureString';
}

/**
 * Without WithDecryption a SecureString comes as cipher text, here a stand-in for one, so that a forgotten flag shows
 * before AWS does.
 */
function shown({ name, type, value, version, modifiedAtMs }: Parameter, input: Fields): unknown {
  const isSealed = type === 'SecureString' && input['WithDecryption'] !== true;
  const content = isSealed ? `sealed:${Buffer.from(value).toString('base64').split('').reverse().join('')}` : value;
  return {
    Name: name,
    Type: type,
    Value: content,
    Version: version,
    LastModifiedDate: modifiedAtMs / 1000,
    ARN: parameterArn(name),
    DataType: 'text',
  };
}

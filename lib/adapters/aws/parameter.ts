import * as v from 'valibot';
import type { AwsRequest, SignedCall } from './signed-call.ts';

/** A decrypted parameter; null: there is none. */
export type ReadParameter = (name: string) => Promise<Parameter | null>;

/** The decrypted parameters that there are, by name; at most ten names. */
export type ReadParameters = (names: readonly string[]) => Promise<ReadonlyMap<string, Parameter>>;

interface Parameter {
  readonly value: string;
  readonly version: string;
}

/** https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameters.html */
export const PARAMETERS_MAX = 10;

const parameter = v.object({ Name: v.string(), Value: v.string(), Version: v.number() });
const manySchema = v.object({ Parameters: v.array(parameter) });
const answerSchema = v.object({ Parameter: v.object({ Value: v.string(), Version: v.number() }) });

/**
 * SSM's GetParameter. Rejects with an error that bears AWS's name for what went wrong, and nothing of the answer.
 * https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameter.html
 */
export function makeReadParameter(call: SignedCall): ReadParameter {
  return async (name) => {
    const { error, body } = await call(requestOf('GetParameter', { Name: name }));
    if (error === 'ParameterNotFound') return null;
    if (error !== null) throw new ParameterError('GetParameter', error);
    const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), answerSchema), body);
    if (!parsed.success) throw new ParameterError('GetParameter', MALFORMED);
    const { Value, Version } = parsed.output.Parameter;
    return { value: Value, version: String(Version) };
  };
}

/**
 * SSM's GetParameters: up to ten for one of the requests that its quota counts. What is wrong with one of them may fail
 * them all. https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameters.html
 */
export function makeReadParameters(call: SignedCall): ReadParameters {
  return async (names) => {
    const { error, body } = await call(requestOf('GetParameters', { Names: names }));
    if (error !== null) throw new ParameterError('GetParameters', error);
    const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), manySchema), body);
    if (!parsed.success) throw new ParameterError('GetParameters', MALFORMED);
    const { Parameters } = parsed.output;
    return new Map(Parameters.map(({ Name, Value, Version }) => [Name, { value: Value, version: String(Version) }]));
  };
}

const MALFORMED = 'a malformed answer';

function requestOf(action: string, input: Readonly<Record<string, unknown>>): AwsRequest {
  return {
    service: 'ssm',
    path: '/',
    headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': `AmazonSSM.${action}` },
    body: JSON.stringify({ ...input, WithDecryption: true }),
    repeatable: true,
  };
}

/** The parameter could not be read; `code` says why. */
export class ParameterError extends Error {
  override readonly name = 'ParameterError';
  readonly code: string;

  constructor(action: string, code: string) {
    super(`SSM's ${action} failed: ${code}`);
    this.code = code;
  }
}

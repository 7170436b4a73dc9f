import * as v from 'valibot';
import type { SignedCall } from './signed-call.ts';

/** A decrypted parameter; null: there is none. */
export type ReadParameter = (name: string) => Promise<{ readonly value: string; readonly version: string } | null>;

const answerSchema = v.object({ Parameter: v.object({ Value: v.string(), Version: v.number() }) });

/**
 * SSM's GetParameter. Rejects with an error that bears AWS's name for what went wrong, and nothing of the answer.
 * https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameter.html
 */
export function makeReadParameter(call: SignedCall): ReadParameter {
  return async (name) => {
    const { error, body } = await call({
      service: 'ssm',
      path: '/',
      headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': 'AmazonSSM.GetParameter' },
      body: JSON.stringify({ Name: name, WithDecryption: true }),
      repeatable: true,
    });
    if (error === 'ParameterNotFound') return null;
    if (error !== null) throw new ParameterError(error);
    const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), answerSchema), body);
    if (!parsed.success) throw new ParameterError('a malformed answer');
    const { Value, Version } = parsed.output.Parameter;
    return { value: Value, version: String(Version) };
  };
}

/** The parameter could not be read; `code` says why. */
export class ParameterError extends Error {
  override readonly name = 'ParameterError';
  readonly code: string;

  constructor(code: string) {
    super(`SSM's GetParameter failed: ${code}`);
    this.code = code;
  }
}

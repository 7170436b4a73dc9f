import type { ReadTokens } from '../../api/http/auth.ts';
import { ParameterError, type ReadParameter } from './parameter.ts';

/**
 * The hashes of the API's tokens: the parameter `/jobwatch/<stage>/api-tokens` in SSM Parameter Store. Never rejects.
 */
export function makeReadTokens(readParameter: ReadParameter, stage: string): ReadTokens {
  const name = `/jobwatch/${stage}/api-tokens`;
  return async () => {
    try {
      const parameter = await readParameter(name);
      if (parameter === null) return { kind: 'absent', reason: `there is no parameter ${name}` };
      return { kind: 'found', text: parameter.value };
    } catch (error) {
      const code = error instanceof ParameterError ? error.code : error instanceof Error ? error.name : 'unknown error';
      return { kind: 'unavailable', reason: `the parameter ${name} can't be read: ${code}` };
    }
  };
}

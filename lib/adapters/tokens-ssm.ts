import { GetParameterCommand, ParameterNotFound, type SSMClient } from '@aws-sdk/client-ssm';
import type { ReadTokens } from '../api/auth.ts';

/** The hashes of the API's tokens: the parameter `/jobwatch/<stage>/api-tokens` in SSM Parameter Store. Never rejects. */
export function makeReadTokens(client: SSMClient, stage: string): ReadTokens {
  const name = `/jobwatch/${stage}/api-tokens`;
  return async () => {
    try {
      const answer = await client.send(new GetParameterCommand({ Name: name, WithDecryption: true }));
      return { kind: 'found', text: answer.Parameter?.Value ?? '' };
    } catch (error) {
      if (error instanceof ParameterNotFound) return { kind: 'absent', reason: `there is no parameter ${name}` };
      const code = error instanceof Error ? error.name : 'unknown error';
      return { kind: 'unavailable', reason: `the parameter ${name} can't be read: ${code}` };
    }
  };
}

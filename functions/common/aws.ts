import { setTimeout as sleep } from 'node:timers/promises';
import { fromEnv } from '@aws-sdk/credential-provider-env';
import { makeInvoke } from '../../lib/adapters/aws/invoke-lambda.ts';
import { makeReadParameter, makeReadParameters } from '../../lib/adapters/aws/parameter.ts';
import { makeSignedCall } from '../../lib/adapters/aws/signed-call.ts';
import { makeSend } from '../../lib/adapters/http/send.ts';

/** One try. */
const TIMEOUT_MS = 5000;
/** Ten SecureStrings of 8 kB each, of which every character is escaped. */
const ANSWER_MAX_BYTES = 600_000;

type Variables = Readonly<Record<string, string | undefined>>;

/** Calls of AWS without a client of the SDK; region and keys are what Lambda has set. */
export function awsCall(environment: Variables, tries?: number) {
  return makeSignedCall({
    send: makeSend({ timeoutMs: TIMEOUT_MS, maxBytes: ANSWER_MAX_BYTES }),
    credentials: fromEnv(),
    region: environment['AWS_REGION'] ?? '',
    environment,
    clock: Date.now,
    sleep: (ms) => sleep(ms),
    random: Math.random,
    tries,
  });
}

/** What is called of SSM and Lambda. */
export function awsCalls(environment: Variables) {
  const call = awsCall(environment);
  return {
    readParameter: makeReadParameter(call),
    readParameters: makeReadParameters(call),
    invokeSelf: makeInvoke(call, environment['AWS_LAMBDA_FUNCTION_NAME'] ?? ''),
  };
}

import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { SQSClient } from '@aws-sdk/client-sqs';
import type { ReadParameter, ReadParameters } from '../../lib/adapters/aws/parameter.ts';
import type { SignedCall } from '../../lib/adapters/aws/signed-call.ts';
import type { Random } from '../../lib/base/random.ts';
import type { Clock } from '../../lib/base/time.ts';

export interface Clients {
  /** One try, for what must not be told twice without a word in a record. */
  readonly call: SignedCall;
  readonly sqs: SQSClient;
  readonly dynamodb: DynamoDBClient;
  readonly readParameter: ReadParameter;
}

/**
 * The same client without the SDK's logging (`loggerMiddleware` of `@aws-sdk/core`). Nobody listens to it, and still it
 * copies every request and answer, leaving out the sensitive fields: a tenth of the CPU of a tick and more.
 */
export function unlogged<Client extends { middlewareStack: { remove(name: string): boolean } }>(
  client: Client,
): Client {
  client.middlewareStack.remove('loggerMiddleware');
  return client;
}

/** Time and chance, which the core takes as arguments. */
export interface Runtime {
  readonly clock: Clock;
  /** Milliseconds of a clock that never jumps. */
  readonly mono: () => number;
  readonly random: Random;
  readonly sleep: (ms: number) => Promise<void>;
  /** A text that is never the same twice. */
  readonly nonce: () => string;
}

/** What `watch` needs beside the others. */
export interface WatchClients extends Omit<Clients, 'readParameter'> {
  readonly readParameters: ReadParameters;
  /** Puts an event on the function's own queue. Null if it was taken, else why not. */
  readonly invokeSelf: (event: unknown) => Promise<string | null>;
}

/** What of Lambda's context the functions use. */
export interface LambdaContext {
  getRemainingTimeInMillis(): number;
}

import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SQSClient } from '@aws-sdk/client-sqs';
import { awsCall, awsCalls } from './aws.ts';
import { type Runtime, unlogged, type WatchClients } from './clients.ts';

/** The clients and the time of `watch` and `wake`, as Lambda has them. */
export function watchRuntime(environment: Readonly<Record<string, string | undefined>>): {
  readonly clients: WatchClients;
  readonly runtime: Runtime;
} {
  const clients = {
    sqs: unlogged(new SQSClient({})),
    dynamodb: unlogged(new DynamoDBClient({})),
    call: awsCall(environment, 1),
    ...awsCalls(environment),
  };
  const runtime = {
    clock: Date.now,
    mono: () => performance.now(),
    random: Math.random,
    nonce: randomUUID,
    sleep: (ms: number) => sleep(ms),
  };
  return { clients, runtime };
}

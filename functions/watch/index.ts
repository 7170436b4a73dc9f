import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SQSClient } from '@aws-sdk/client-sqs';
import middy from '@middy/core';
import { awsCall, awsCalls } from '../common/aws.ts';
import { unlogged } from '../common/clients.ts';
import { readEnvironment } from '../common/environment.ts';
import { watchEnvironment } from './environment.ts';
import { watchFunction } from './wiring.ts';

const environment = readEnvironment('watch', watchEnvironment, process.env);
const clients = {
  sqs: unlogged(new SQSClient({})),
  dynamodb: unlogged(new DynamoDBClient({})),
  call: awsCall(process.env, 1),
  ...awsCalls(process.env),
};
const runtime = {
  clock: Date.now,
  mono: () => performance.now(),
  random: Math.random,
  nonce: randomUUID,
  sleep: (ms: number) => sleep(ms),
};

export const handler = middy(watchFunction(environment, clients, runtime));

import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { files as consoleFiles } from 'virtual:console-files';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SQSClient } from '@aws-sdk/client-sqs';
import middy from '@middy/core';
import { awsCall, awsCalls } from '../common/aws.ts';
import { unlogged } from '../common/clients.ts';
import { readEnvironment } from '../common/environment.ts';
import { apiEnvironment } from './environment.ts';
import { apiFunction } from './wiring.ts';

const environment = readEnvironment('api', apiEnvironment, process.env);
const clients = {
  sqs: unlogged(new SQSClient({})),
  dynamodb: unlogged(new DynamoDBClient({})),
  call: awsCall(process.env, 1),
  ...awsCalls(process.env),
};
const runtime = {
  clock: Date.now,
  random: Math.random,
  sleep: (ms: number) => sleep(ms),
  randomBytes,
  consoleFiles,
};

export const handler = middy(apiFunction(environment, clients, runtime));

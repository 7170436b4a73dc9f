import { setTimeout as sleep } from 'node:timers/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SQSClient } from '@aws-sdk/client-sqs';
import middy from '@middy/core';
import { awsCall } from '../common/aws.ts';
import { unlogged } from '../common/clients.ts';
import { readEnvironment } from '../common/environment.ts';
import { deliverEnvironment } from './environment.ts';
import { deliverFunction } from './wiring.ts';

const environment = readEnvironment('deliver', deliverEnvironment, process.env);
const clients = {
  sqs: unlogged(new SQSClient({})),
  dynamodb: unlogged(new DynamoDBClient({})),
  call: awsCall(process.env, 1),
};
const runtime = { clock: Date.now, random: Math.random, sleep: (ms: number) => sleep(ms) };

/** Calls webhooks, a batch of the deliveries queue at a time. */
export const handler = middy(deliverFunction(environment, clients, runtime));

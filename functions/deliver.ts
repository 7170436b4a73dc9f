import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SQSClient } from '@aws-sdk/client-sqs';
import middy from '@middy/core';
import { readEnvironment } from '../lib/config.ts';
import { unlogged } from './wiring/clients.ts';
import { deliverFunction } from './wiring/deliver.ts';

const environment = readEnvironment('deliver', process.env);
const clients = { sqs: unlogged(new SQSClient({})), dynamodb: unlogged(new DynamoDBClient({})) };

/** Calls webhooks, a batch of the deliveries queue at a time. */
export const handler = middy(deliverFunction(environment, clients, { clock: Date.now, random: Math.random }));

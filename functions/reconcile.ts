import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SQSClient } from '@aws-sdk/client-sqs';
import middy from '@middy/core';
import { readEnvironment } from '../lib/config.ts';
import { unlogged } from './wiring/clients.ts';
import { reconcileFunction } from './wiring/reconcile.ts';

const environment = readEnvironment('reconcile', process.env);
const clients = { sqs: unlogged(new SQSClient({})), dynamodb: unlogged(new DynamoDBClient({})) };

export const handler = middy(reconcileFunction(environment, clients, { clock: Date.now }));

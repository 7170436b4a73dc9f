import { setTimeout as sleep } from 'node:timers/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SQSClient } from '@aws-sdk/client-sqs';
import middy from '@middy/core';
import { unlogged } from '../common/clients.ts';
import { readEnvironment } from '../common/environment.ts';
import { reconcileEnvironment } from './environment.ts';
import { reconcileFunction } from './wiring.ts';

const environment = readEnvironment('reconcile', reconcileEnvironment, process.env);
const clients = { sqs: unlogged(new SQSClient({})), dynamodb: unlogged(new DynamoDBClient({})) };
const runtime = { clock: Date.now, random: Math.random, sleep: (ms: number) => sleep(ms) };

export const handler = middy(reconcileFunction(environment, clients, runtime));

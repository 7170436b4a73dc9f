import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SQSClient } from '@aws-sdk/client-sqs';
import middy from '@middy/core';
import { makeAddressGuard } from '../lib/adapters/address-guard.ts';
import { makeDeliveryStore } from '../lib/adapters/deliveries-dynamodb.ts';
import { makeBury, makeDeliveriesQueue } from '../lib/adapters/deliveries-sqs.ts';
import { makeSend } from '../lib/adapters/http.ts';
import { makeLog } from '../lib/adapters/log.ts';
import { makeMetrics } from '../lib/adapters/metrics.ts';
import { makeSecretStore } from '../lib/adapters/secrets-dynamodb.ts';
import { makeSubscriptionStore } from '../lib/adapters/subscriptions-dynamodb.ts';
import { readEnvironment } from '../lib/config.ts';
import { makeDeliver } from '../lib/deliver.ts';
import { makeBatch } from '../lib/deliver-batch.ts';
import { measureLog } from '../lib/measure.ts';
import { measureDeliveries, measureSubscriptions } from '../lib/measure-deliver.ts';
import { makeTell } from '../lib/outbox.ts';
import { unlogged } from './wiring/clients.ts';

const env = readEnvironment('deliver', process.env);
const [dynamo, sqs, clock, metrics] = [
  unlogged(new DynamoDBClient({})),
  unlogged(new SQSClient({})),
  Date.now,
  makeMetrics(env.STAGE),
];
const log = measureLog(makeLog('deliver'), metrics);
const subscriptions = measureSubscriptions(makeSubscriptionStore(dynamo, env.SUBSCRIPTIONS_TABLE), metrics);
const store = makeDeliveryStore({ client: dynamo, table: env.DELIVERIES_TABLE, clock });
const deliveries = measureDeliveries(store, metrics);
const secrets = makeSecretStore(dynamo, env.SECRETS_TABLE);
const { send: sendMessages, hide } = makeDeliveriesQueue(sqs, env.DELIVERIES_QUEUE_URL);
const bury = makeBury(sqs, env.DEAD_DELIVERIES_QUEUE_URL);
const tell = makeTell({ subscriptions, deliveries, send: sendMessages, clock });
const { guard } = makeAddressGuard({ allowedCidrs: env.WEBHOOK_ALLOWED_CIDRS });
const send = makeSend({ timeoutMs: env.WEBHOOK_TIMEOUT_MS, maxBytes: 16_384, truncate: true, guard });
const ports = { subscriptions, deliveries, secrets, send, hide, bury, tell, clock, random: Math.random, log };
const settings = { stage: env.STAGE, waitsSeconds: env.RETRY_SCHEDULE_SECONDS, timeoutMs: env.WEBHOOK_TIMEOUT_MS };

export const handler = middy(metrics.around(makeBatch(makeDeliver(ports, settings), log)));

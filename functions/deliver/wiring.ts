import { makeCallbackApi } from '../../lib/adapters/aws/callbacks.ts';
import { makeLog } from '../../lib/adapters/aws/log.ts';
import { makeMetrics } from '../../lib/adapters/aws/metrics.ts';
import { makePutEvent } from '../../lib/adapters/aws/put-events.ts';
import { makeCallbackTokens } from '../../lib/adapters/dynamodb/callback-tokens.ts';
import { makeDeliveryStore } from '../../lib/adapters/dynamodb/deliveries.ts';
import { makeSecretStore } from '../../lib/adapters/dynamodb/secrets.ts';
import { makeSlotStore } from '../../lib/adapters/dynamodb/slots.ts';
import { makeSubscriptionStore } from '../../lib/adapters/dynamodb/subscriptions.ts';
import { makeUnreadable } from '../../lib/adapters/dynamodb/unreadable.ts';
import { makeAddressGuard } from '../../lib/adapters/http/address-guard.ts';
import { makeSend } from '../../lib/adapters/http/send.ts';
import { makeDeadLetter, makeDeliveriesQueue } from '../../lib/adapters/sqs/deliveries.ts';
import { makeBatch } from '../../lib/deliver/batch.ts';
import { makeDeliver } from '../../lib/deliver/deliver.ts';
import { makePublish } from '../../lib/deliver/outbox.ts';
import { makeCallback } from '../../lib/deliver/sinks/callback.ts';
import { makeEventBridge } from '../../lib/deliver/sinks/eventbridge.ts';
import type { Sink } from '../../lib/deliver/sinks/sink.ts';
import { makeWebhook } from '../../lib/deliver/sinks/webhook.ts';
import { CALLBACK_KINDS } from '../../lib/job/callbacks.ts';
import { measureDeliveries, measureSubscriptions } from '../../lib/metrics/deliver.ts';
import { measureLog } from '../../lib/metrics/log.ts';
import type { Clients, Runtime } from '../common/clients.ts';
import type { DeliverEnvironment } from './environment.ts';

/** What is read of an endpoint's answer. */
const ANSWER_MAX_BYTES = 16_384;

/** What a message may take on top of its call: a turn behind quick calls, reads and writes. */
const MESSAGE_MARGIN_MS = 15_000;

/** The `deliver` function: what is known of endpoints outlives a batch. */
export function deliverFunction(
  environment: DeliverEnvironment,
  clients: Omit<Clients, 'readParameter'>,
  { clock, random, sleep }: Pick<Runtime, 'clock' | 'random' | 'sleep'>,
) {
  const { dynamodb, sqs } = clients;
  const metrics = makeMetrics(environment.STAGE);
  const log = measureLog(makeLog('deliver'), metrics);
  const unreadable = makeUnreadable(log, clock);
  const subscriptionStore = makeSubscriptionStore(dynamodb, environment.SUBSCRIPTIONS_TABLE, unreadable);
  const subscriptions = measureSubscriptions(subscriptionStore, metrics);
  const reading = { client: dynamodb, clock, random, sleep, unreadable };
  const store = makeDeliveryStore({ ...reading, table: environment.DELIVERIES_TABLE });
  const deliveries = measureDeliveries(store, metrics);
  const { send: sendMessages, delay, receive, remove } = makeDeliveriesQueue(sqs, environment.DELIVERIES_QUEUE_URL);
  const { guard, checkUrl } = makeAddressGuard({ allowedCidrs: environment.WEBHOOK_ALLOWED_CIDRS });
  const timeoutMs = environment.WEBHOOK_TIMEOUT_MS;
  const consoleUrl = environment.CONSOLE_URL;
  const secrets = makeSecretStore(dynamodb, environment.SECRETS_TABLE);
  const send = makeSend({ timeoutMs, maxBytes: ANSWER_MAX_BYTES, truncate: true, guard });
  const ports = {
    subscriptions,
    deliveries,
    sinks: new Map<string, Sink>([
      ['webhook', makeWebhook({ send, secrets, clock, checkUrl, consoleUrl })],
      ...awsSinks(environment, clients, clock),
    ]),
    slots: makeSlotStore({ client: dynamodb, table: environment.STATE_TABLE }),
    delay,
    deadLetter: makeDeadLetter(sqs, environment.DEAD_DELIVERIES_QUEUE_URL),
    publish: makePublish({ subscriptions, deliveries, send: sendMessages, clock }),
    clock,
    random,
    log,
  };
  const settings = { stage: environment.STAGE, waitsSeconds: environment.RETRY_SCHEDULE_SECONDS, timeoutMs };
  const options = {
    others: { receive, remove, sleep, log },
    messageMs: timeoutMs + MESSAGE_MARGIN_MS,
    callMs: timeoutMs,
  };
  return metrics.around(makeBatch(makeDeliver(ports, settings), ports, options));
}

/** What goes to services of AWS. */
function awsSinks(
  environment: Pick<DeliverEnvironment, 'EVENT_BUS_ARN' | 'SECRETS_TABLE'>,
  { dynamodb, call }: Pick<Clients, 'dynamodb' | 'call'>,
  clock: Runtime['clock'],
): readonly (readonly [string, Sink])[] {
  const { EVENT_BUS_ARN: busArn, SECRETS_TABLE: table } = environment;
  const callbacks = {
    api: makeCallbackApi(call),
    readToken: makeCallbackTokens(dynamodb, table, clock).read,
    clock,
  };
  return [
    ...CALLBACK_KINDS.map((kind) => [kind, makeCallback(callbacks, kind)] as const),
    ['eventbridge', makeEventBridge({ putEvent: busArn === null ? null : makePutEvent(call, busArn), clock })],
  ];
}

import { gunzipSync } from 'node:zlib';
import { makeLog } from '../../lib/adapters/aws/log.ts';
import { makePutEvent } from '../../lib/adapters/aws/put-events.ts';
import { makeReadTokens } from '../../lib/adapters/aws/tokens.ts';
import { makeCallbackTokens } from '../../lib/adapters/dynamodb/callback-tokens.ts';
import { makeDeliveryStore } from '../../lib/adapters/dynamodb/deliveries.ts';
import { makeDeliveryOutcomes } from '../../lib/adapters/dynamodb/delivery-outcomes.ts';
import { makeDurationStore } from '../../lib/adapters/dynamodb/durations.ts';
import { makeEmptyDaysStore } from '../../lib/adapters/dynamodb/empty-days.ts';
import { makeGroupStore } from '../../lib/adapters/dynamodb/groups.ts';
import { makeIdempotencyStore } from '../../lib/adapters/dynamodb/idempotency.ts';
import { makeJobStore } from '../../lib/adapters/dynamodb/jobs.ts';
import { makeSecretStore } from '../../lib/adapters/dynamodb/secrets.ts';
import { makeSlotStore } from '../../lib/adapters/dynamodb/slots.ts';
import { makeStateStore } from '../../lib/adapters/dynamodb/state.ts';
import { makeSubscriptionStore } from '../../lib/adapters/dynamodb/subscriptions.ts';
import { makeUnreadable } from '../../lib/adapters/dynamodb/unreadable.ts';
import { makeAddressGuard } from '../../lib/adapters/http/address-guard.ts';
import { makeSend } from '../../lib/adapters/http/send.ts';
import { makeDeliveriesQueue } from '../../lib/adapters/sqs/deliveries.ts';
import { depthOf, makePendingSender } from '../../lib/adapters/sqs/pending.ts';
import { makeRejectedQueue } from '../../lib/adapters/sqs/rejected.ts';
import { type ConsoleFile, makeConsole } from '../../lib/api/console.ts';
import { makeHealthFacts } from '../../lib/api/health-facts.ts';
import { makeApi } from '../../lib/api/http/app.ts';
import { makeAuthenticate } from '../../lib/api/http/auth.ts';
import { behindGateway } from '../../lib/api/http/gateway.ts';
import { makeRandomId } from '../../lib/api/http/ids.ts';
import { summarize } from '../../lib/cadence/durations.ts';
import { makeCloseCallbacks } from '../../lib/deliver/callbacks.ts';
import { makePublish } from '../../lib/deliver/outbox.ts';
import { makeEventBridge } from '../../lib/deliver/sinks/eventbridge.ts';
import type { Sink } from '../../lib/deliver/sinks/sink.ts';
import { makeWebhook } from '../../lib/deliver/sinks/webhook.ts';
import { makeSecret } from '../../lib/deliver/sinks/webhook-signature.ts';
import { API_FACTS } from '../../lib/vendors/registry.ts';
import type { Clients, Runtime } from '../common/clients.ts';
import type { ApiEnvironment } from './environment.ts';

/** What is read of an endpoint's answer to a test. */
const ANSWER_MAX_BYTES = 16_384;

export interface ApiRuntime extends Pick<Runtime, 'clock' | 'random' | 'sleep'> {
  readonly randomBytes: (size: number) => Uint8Array;
  readonly consoleFiles: readonly ConsoleFile[];
}

/** The `api` function: everything under `/v1`, and the console at `/`. */
export function apiFunction(environment: ApiEnvironment, clients: Clients, runtime: ApiRuntime) {
  const { clock, random, sleep, randomBytes, consoleFiles } = runtime;
  const { dynamodb: client, sqs, readParameter, call } = clients;
  const busArn = environment.EVENT_BUS_ARN;
  const log = makeLog('api');
  const secrets = makeSecretStore(client, environment.SECRETS_TABLE);
  const unreadable = makeUnreadable(log, clock);
  const dynamodb = { client, clock, random, sleep, unreadable };
  const jobs = makeJobStore({ ...dynamodb, table: environment.JOBS_TABLE });
  const state = makeStateStore({ ...dynamodb, table: environment.STATE_TABLE });
  const { guard, checkUrl } = makeAddressGuard({ allowedCidrs: environment.WEBHOOK_ALLOWED_CIDRS });
  const send = makeSend({
    timeoutMs: environment.WEBHOOK_TIMEOUT_MS,
    maxBytes: ANSWER_MAX_BYTES,
    truncate: true,
    guard,
  });
  const consoleUrl = environment.CONSOLE_URL;
  const queueUrls = {
    pending: environment.PENDING_QUEUE_URL,
    rejected: environment.REJECTED_QUEUE_URL,
    deliveries: environment.DELIVERIES_QUEUE_URL,
    deadDeliveries: environment.DEAD_DELIVERIES_QUEUE_URL,
  };
  const subscriptions = makeSubscriptionStore(client, environment.SUBSCRIPTIONS_TABLE, unreadable);
  const deliveries = makeDeliveryStore({ ...dynamodb, table: environment.DELIVERIES_TABLE });
  const sendDeliveries = makeDeliveriesQueue(sqs, environment.DELIVERIES_QUEUE_URL).send;
  const durations = makeDurationStore({ client, table: environment.DURATIONS_TABLE, clock, log });
  const api = makeApi({
    stage: environment.STAGE,
    apis: API_FACTS,
    jobs,
    groups: makeGroupStore({ ...dynamodb, table: environment.GROUPS_TABLE }),
    emptyDays: makeEmptyDaysStore(client, environment.STATE_TABLE),
    pending: makePendingSender(sqs, environment.PENDING_QUEUE_URL),
    rejected: makeRejectedQueue(sqs, environment.REJECTED_QUEUE_URL),
    subscriptions,
    secrets,
    deliveries: { ...deliveries, ...makeDeliveryOutcomes({ ...dynamodb, table: environment.DELIVERIES_TABLE }) },
    idempotency: makeIdempotencyStore(client, environment.STATE_TABLE),
    sendDeliveries,
    publish: makePublish({ subscriptions, deliveries, send: sendDeliveries, clock }),
    callbacks: {
      kinds: environment.CALLBACK_KINDS,
      keep: makeCallbackTokens(client, environment.SECRETS_TABLE, clock).keep,
      close: makeCloseCallbacks({ deliveries, send: sendDeliveries, clock }),
    },
    sinks: new Map<string, Sink>([
      ['webhook', makeWebhook({ send, secrets, clock, checkUrl, consoleUrl })],
      ['eventbridge', makeEventBridge({ putEvent: busArn === null ? null : makePutEvent(call, busArn), clock })],
    ]),
    slots: makeSlotStore({ client, table: environment.STATE_TABLE }),
    durations: async () => summarize(await durations.read(), clock()),
    health: makeHealthFacts({
      state,
      jobs,
      subscriptions,
      unreadable: unreadable.count,
      depthOf: (url) => depthOf(sqs, url),
      queueUrls,
      clock,
    }),
    authenticate: makeAuthenticate({ readTokens: makeReadTokens(readParameter, environment.STAGE), clock, log }),
    makeSecret: () => makeSecret(randomBytes),
    randomId: makeRandomId(randomBytes),
    clock,
    log,
  });
  const page = makeConsole(consoleFiles, (gzip) => gunzipSync(Buffer.from(gzip, 'base64')).toString('base64'));
  return behindGateway(async (request) => page(request) ?? api(request));
}

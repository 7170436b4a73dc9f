import { makeAccounts } from '../../lib/adapters/aws/accounts.ts';
import { makeCallbackApi } from '../../lib/adapters/aws/callbacks.ts';
import { makeLog } from '../../lib/adapters/aws/log.ts';
import { makeMetrics } from '../../lib/adapters/aws/metrics.ts';
import { makeCallbackTokens } from '../../lib/adapters/dynamodb/callback-tokens.ts';
import { makeDeliveryStore } from '../../lib/adapters/dynamodb/deliveries.ts';
import { makeDurationStore } from '../../lib/adapters/dynamodb/durations.ts';
import { makeGroupStore } from '../../lib/adapters/dynamodb/groups.ts';
import { makeJobStore } from '../../lib/adapters/dynamodb/jobs.ts';
import { makeKnownJobs } from '../../lib/adapters/dynamodb/known-jobs.ts';
import { makeStateStore } from '../../lib/adapters/dynamodb/state.ts';
import { makeSubscriptionStore } from '../../lib/adapters/dynamodb/subscriptions.ts';
import { makeUnreadable } from '../../lib/adapters/dynamodb/unreadable.ts';
import { makeSend } from '../../lib/adapters/http/send.ts';
import { makeDeliveriesQueue } from '../../lib/adapters/sqs/deliveries.ts';
import { makePending } from '../../lib/adapters/sqs/pending.ts';
import { makeRejected } from '../../lib/adapters/sqs/rejected.ts';
import { makeAdmission } from '../../lib/admission/admission.ts';
import { makeKeyBreaker } from '../../lib/admission/key-breaker.ts';
import { makePace } from '../../lib/admission/pace.ts';
import { makeCloseCallbacks } from '../../lib/deliver/callbacks.ts';
import { makePublish } from '../../lib/deliver/outbox.ts';
import { deniedEvent } from '../../lib/events/event.ts';
import { measureLog } from '../../lib/metrics/log.ts';
import { measureKeys, measureLateness, measurePublish, measureVendors } from '../../lib/metrics/watch.ts';
import { API_FACTS, makeVendors } from '../../lib/vendors/registry.ts';
import { makeHeartbeats } from '../../lib/watch/callbacks/heartbeats.ts';
import { makeLeader } from '../../lib/watch/wake/leader.ts';
import { makeWatch } from '../../lib/watch/watch.ts';
import type { Runtime, WatchClients } from './clients.ts';
import type { CommonWatchEnvironment } from './watch-environment.ts';

/** A vendor's response of the largest list page is well below this. */
const RESPONSE_MAX_BYTES = 1_000_000;
const SCOPE_IN_FLIGHT_MAX = 10;
/** Beyond a call's own time, what its writes may take before a probe counts as given up. */
const PROBE_MARGIN_MS = 8000;

/**
 * What `watch` and `wake` are both made of: everything that outlives an invocation (pace, refusals, connections) is made
 * once.
 */
export function composeWatch(
  name: 'watch' | 'wake',
  watchSeconds: number,
  environment: CommonWatchEnvironment,
  clients: Omit<WatchClients, 'invokeSelf'>,
  runtime: Runtime,
) {
  const { clock, mono, random, nonce, sleep } = runtime;
  const stage = environment.STAGE;
  const metrics = makeMetrics(stage);
  const log = measureLog(makeLog(name), metrics);
  const unreadable = makeUnreadable(log, clock);
  const dynamodb = { client: clients.dynamodb, clock, random, sleep, unreadable };
  const state = makeStateStore({ ...dynamodb, table: environment.STATE_TABLE });
  const { readParameters } = clients;
  const accounts = makeAccounts({ readParameters, stage, apis: API_FACTS, clock, sleep, random, log });
  const { pending, latenessOf } = measureLateness(
    makePending({ client: clients.sqs, url: environment.PENDING_QUEUE_URL, clock, mono }),
    clock,
  );
  const outgoing = {
    subscriptions: makeSubscriptionStore(clients.dynamodb, environment.SUBSCRIPTIONS_TABLE, unreadable),
    deliveries: makeDeliveryStore({ ...dynamodb, table: environment.DELIVERIES_TABLE }),
    send: makeDeliveriesQueue(clients.sqs, environment.DELIVERIES_QUEUE_URL).send,
    clock,
  };
  const tokens = makeCallbackTokens(clients.dynamodb, environment.SECRETS_TABLE, clock);
  const heartbeats = makeHeartbeats({ api: makeCallbackApi(clients.call), readToken: tokens.read, clock, log });
  const publish = measurePublish(makePublish(outgoing), metrics);
  const keys = makeKeyBreaker(
    {
      keyStates: state.keyStates,
      publishDenied: async ({ id, denial }) => {
        if (denial === null) return;
        const { account, since, reason } = denial;
        log.warn('account.denied', { subject: id, account, since, reason });
        await publish([deniedEvent(stage, { subject: id, account, deniedSince: since, reason })]);
      },
      clock,
      sleep,
      random,
    },
    { probeMs: environment.VENDOR_TIMEOUT_MS + PROBE_MARGIN_MS },
  );
  const callsPerSecond = environment.SCOPE_CALLS_PER_SECOND;
  const pace = makePace({ callsPerSecond, inFlightMax: SCOPE_IN_FLIGHT_MAX }, random);
  const send = makeSend({ timeoutMs: environment.VENDOR_TIMEOUT_MS, maxBytes: RESPONSE_MAX_BYTES });
  const settings = {
    stage,
    watchSeconds,
    pollMinMs: environment.POLL_MIN_SECONDS * 1000,
    pollMaxMs: environment.POLL_MAX_SECONDS * 1000,
    pollCostSeconds: environment.POLL_COST_SECONDS,
    vendorTimeoutMs: environment.VENDOR_TIMEOUT_MS,
  };
  const durations = makeDurationStore({ ...dynamodb, table: environment.DURATIONS_TABLE, log });
  const watch = makeWatch(
    {
      pending,
      reject: makeRejected(clients.sqs, environment.REJECTED_QUEUE_URL),
      jobs: makeJobStore({ ...dynamodb, table: environment.JOBS_TABLE, known: makeKnownJobs() }),
      groups: makeGroupStore({ ...dynamodb, table: environment.GROUPS_TABLE }),
      publish,
      callbacks: {
        kinds: environment.CALLBACK_KINDS,
        keep: tokens.keep,
        close: makeCloseCallbacks(outgoing),
        beat: heartbeats.beat,
      },
      vendors: measureVendors(makeVendors({ send, clock, nonce }), metrics, mono),
      admit: makeAdmission({ accounts, keys: measureKeys(keys, metrics), pace, clock, sleep }),
      pages: state.pages,
      durations,
      log,
      clock,
      mono,
    },
    settings,
  );
  const { leaveUnderWay } = keys;
  const tryToLead = makeLeader({ store: state.leader, clock, sleep, nonce, paceFullMs: pace.fullMs, log });
  return {
    watch,
    pending,
    durations,
    heartbeats,
    latenessOf,
    leaveUnderWay,
    tryToLead,
    noteTick: state.noteTick,
    settings,
    metrics,
    log,
  };
}

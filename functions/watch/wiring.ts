import { makeAccounts } from '../../lib/adapters/aws/accounts.ts';
import { makeLog } from '../../lib/adapters/aws/log.ts';
import { makeMetrics } from '../../lib/adapters/aws/metrics.ts';
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
import { depthOf, makePending, makeRejected } from '../../lib/adapters/sqs/pending.ts';
import { makeAdmission } from '../../lib/admission/admission.ts';
import { makeKeyBreaker } from '../../lib/admission/key-breaker.ts';
import { makePace } from '../../lib/admission/pace.ts';
import { makePublish } from '../../lib/deliver/outbox.ts';
import { deniedEvent } from '../../lib/events/event.ts';
import { measureLog } from '../../lib/metrics/log.ts';
import { measureKeys, measureLateness, measurePublish, measureVendors, measureWatch } from '../../lib/metrics/watch.ts';
import { API_FACTS, makeVendors } from '../../lib/vendors/registry.ts';
import { runTick, type TickReport } from '../../lib/watch/tick.ts';
import { makeWatch } from '../../lib/watch/watch.ts';
import { makeStart } from '../../lib/watch/workers.ts';
import type { LambdaContext, Runtime, WatchClients } from '../common/clients.ts';
import type { WatchEnvironment } from './environment.ts';

/** A vendor's response of the largest list page is well below this. */
const RESPONSE_MAX_BYTES = 1_000_000;
const SCOPE_IN_FLIGHT_MAX = 10;
/** Beyond a call's own time, what its writes may take before a probe counts as given up. */
const PROBE_MARGIN_MS = 8000;

/** The `watch` function: everything that outlives a tick (pace, refusals, connections) is made once. */
export function watchFunction(environment: WatchEnvironment, clients: WatchClients, runtime: Runtime) {
  const { clock, mono, random, nonce, sleep } = runtime;
  const stage = environment.STAGE;
  const metrics = makeMetrics(stage);
  const log = measureLog(makeLog('watch'), metrics);
  const unreadable = makeUnreadable(log, clock);
  const dynamodb = { client: clients.dynamodb, clock, random, sleep, unreadable };
  const state = makeStateStore({ ...dynamodb, table: environment.STATE_TABLE });
  const { readParameters } = clients;
  const accounts = makeAccounts({ readParameters, stage, apis: API_FACTS, clock, sleep, random, log });
  const { pending, latenessOf } = measureLateness(
    makePending({ client: clients.sqs, url: environment.PENDING_QUEUE_URL, clock, mono }),
    clock,
  );
  const outbox = makePublish({
    subscriptions: makeSubscriptionStore(clients.dynamodb, environment.SUBSCRIPTIONS_TABLE, unreadable),
    deliveries: makeDeliveryStore({ ...dynamodb, table: environment.DELIVERIES_TABLE }),
    send: makeDeliveriesQueue(clients.sqs, environment.DELIVERIES_QUEUE_URL).send,
    clock,
  });
  const publish = measurePublish(outbox, metrics);
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
    watchSeconds: environment.WATCH_SECONDS,
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

  const start = makeStart(
    {
      visible: async () => (await depthOf(clients.sqs, environment.PENDING_QUEUE_URL)).visible,
      invoke: clients.invokeSelf,
      log,
      clock,
    },
    { maxWorkers: environment.MAX_WORKERS, watchSeconds: environment.WATCH_SECONDS, callsPerSecond },
  );
  const ports = { pending, log, mono, clock, sleep, noteTick: state.noteTick, leaveUnderWay: keys.leaveUnderWay };

  async function tick(event: unknown, context: LambdaContext): Promise<TickReport | null> {
    const started = await start(event, context.getRemainingTimeInMillis());
    if (started === null) return null;
    const { worker, of, untilMs, deadlineMs } = started.shift;
    // The health of the watch is told by the scheduled tick alone.
    const noteTick = worker === 1 ? ports.noteTick : async () => undefined;
    const shift = { ...settings, watchSeconds: (untilMs - clock()) / 1000, workers: of };
    const measured = measureWatch(watch, metrics, latenessOf);
    const report = await runTick(measured, { ...ports, noteTick }, shift, () =>
      Math.min(context.getRemainingTimeInMillis(), deadlineMs - clock()),
    );
    await Promise.all([started.settled, durations.flush()]);
    log.info('watch.tick', { ...report, worker, of });
    return report;
  }

  return metrics.around(tick);
}

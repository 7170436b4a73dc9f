import { makeLog } from '../../lib/adapters/aws/log.ts';
import { makeMetrics } from '../../lib/adapters/aws/metrics.ts';
import { makeDeliveryStore } from '../../lib/adapters/dynamodb/deliveries.ts';
import { makeJobStore } from '../../lib/adapters/dynamodb/jobs.ts';
import { makeStateStore } from '../../lib/adapters/dynamodb/state.ts';
import { makeSubscriptionStore } from '../../lib/adapters/dynamodb/subscriptions.ts';
import { makeDeadQueue, makeDeliveriesQueue } from '../../lib/adapters/sqs/deliveries.ts';
import { depthOf, makePendingSender } from '../../lib/adapters/sqs/pending.ts';
import { removeSettled } from '../../lib/deliver/dead.ts';
import { cancelForDisabled } from '../../lib/deliver/disable.ts';
import { resendOverdue } from '../../lib/deliver/resend.ts';
import { measureReconcile } from '../../lib/metrics/reconcile.ts';
import { type ReconcileReport, reconcile } from '../../lib/watch/reconcile.ts';
import type { Clients, Runtime } from '../common/clients.ts';
import type { ReconcileEnvironment } from './environment.ts';

/** Deliveries of disabled subscriptions that one pass ends. */
const CANCELS_MAX = 5000;
/** Dead messages that one pass looks at. */
const DEAD_MAX = 1000;

/**
 * The `reconcile` function: wakes jobs and deliveries whose message was lost, and ends what nobody waits for any more.
 */
export function reconcileFunction(
  environment: ReconcileEnvironment,
  clients: Omit<Clients, 'readParameter'>,
  runtime: Pick<Runtime, 'clock'>,
) {
  const { clock } = runtime;
  const log = makeLog('reconcile');
  const metrics = makeMetrics(environment.STAGE);
  const jobs = makeJobStore({ client: clients.dynamodb, table: environment.JOBS_TABLE, clock });
  const deliveries = makeDeliveryStore({ client: clients.dynamodb, table: environment.DELIVERIES_TABLE, clock });
  const subscriptions = makeSubscriptionStore(clients.dynamodb, environment.SUBSCRIPTIONS_TABLE);
  const state = makeStateStore({ client: clients.dynamodb, table: environment.STATE_TABLE, clock });
  const pending = makePendingSender(clients.sqs, environment.PENDING_QUEUE_URL);
  const dead = makeDeadQueue(clients.sqs, environment.DEAD_DELIVERIES_QUEUE_URL);
  const { send } = makeDeliveriesQueue(clients.sqs, environment.DELIVERIES_QUEUE_URL);

  async function pass(): Promise<ReconcileReport & { canceled: number; settled: number }> {
    const report = await reconcile({
      visibleMessages: async () => ({
        pending: (await depthOf(clients.sqs, environment.PENDING_QUEUE_URL)).visible,
        deliveries: (await depthOf(clients.sqs, environment.DELIVERIES_QUEUE_URL)).visible,
      }),
      jobs,
      deniedAccounts: async () =>
        new Set((await state.denials()).flatMap(({ denial }) => Object.keys(denial?.versions ?? {}))),
      wake: pending.wake,
      deliveries: {
        subscriptions: async () => (await subscriptions.list()).map(({ id }) => id),
        resendOverdue: (overdue) => resendOverdue({ deliveries, send, clock }, overdue),
      },
      log,
      clock,
    });
    measureReconcile(report, metrics);
    const canceled = await cancelForDisabled({ subscriptions, deliveries, clock }, CANCELS_MAX);
    const settled = await removeSettled({ dead, deliveries, subscriptions, log }, DEAD_MAX);
    log.info('reconcile.pass', { ...report, canceled, settled });
    return { ...report, canceled, settled };
  }

  return metrics.around(pass);
}

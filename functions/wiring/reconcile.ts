import { makeDeliveryStore } from '../../lib/adapters/deliveries-dynamodb.ts';
import { makeDeliveriesQueue } from '../../lib/adapters/deliveries-sqs.ts';
import { makeJobStore } from '../../lib/adapters/jobs-dynamodb.ts';
import { makeLog } from '../../lib/adapters/log.ts';
import { makeMetrics } from '../../lib/adapters/metrics.ts';
import { depthOf, makePendingSender } from '../../lib/adapters/queues-sqs.ts';
import { makeStateStore } from '../../lib/adapters/state-dynamodb.ts';
import { makeSubscriptionStore } from '../../lib/adapters/subscriptions-dynamodb.ts';
import type { Environment } from '../../lib/config.ts';
import { measureReconcile } from '../../lib/measure.ts';
import { cancelForDisabled, resendOverdue } from '../../lib/outbox.ts';
import { type ReconcileReport, reconcile } from '../../lib/reconcile.ts';
import type { Clients, Runtime } from './clients.ts';

/** Deliveries of disabled subscriptions that one pass ends. */
const CANCELS_MAX = 5000;

/** The `reconcile` function: wakes jobs and deliveries whose message was lost, and ends what nobody waits for any more. */
export function reconcileFunction(
  environment: Environment<'reconcile'>,
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
  const { send } = makeDeliveriesQueue(clients.sqs, environment.DELIVERIES_QUEUE_URL);

  async function pass(): Promise<ReconcileReport & { canceled: number }> {
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
    log.info('reconcile.pass', { ...report, canceled });
    return { ...report, canceled };
  }

  return metrics.around(pass);
}

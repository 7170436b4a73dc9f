import { makeLog } from '../../lib/adapters/aws/log.ts';
import { makeMetrics } from '../../lib/adapters/aws/metrics.ts';
import { makeDeliveryStore } from '../../lib/adapters/dynamodb/deliveries.ts';
import { makeGroupStore } from '../../lib/adapters/dynamodb/groups.ts';
import { makeJobStore } from '../../lib/adapters/dynamodb/jobs.ts';
import { makeStateStore } from '../../lib/adapters/dynamodb/state.ts';
import { makeSubscriptionStore } from '../../lib/adapters/dynamodb/subscriptions.ts';
import { makeUnreadable } from '../../lib/adapters/dynamodb/unreadable.ts';
import { makeDeadQueue, makeDeliveriesQueue } from '../../lib/adapters/sqs/deliveries.ts';
import { depthOf, makePendingSender } from '../../lib/adapters/sqs/pending.ts';
import { removeSettled } from '../../lib/deliver/dead.ts';
import { CALLBACKS } from '../../lib/deliver/delivery.ts';
import { cancelForDisabled } from '../../lib/deliver/disable.ts';
import { makePublish } from '../../lib/deliver/outbox.ts';
import { resendOverdue } from '../../lib/deliver/resend.ts';
import { measureReconcile } from '../../lib/metrics/reconcile.ts';
import { reconcileGroups } from '../../lib/watch/groups/reconcile.ts';
import { type ReconcileReport, reconcile } from '../../lib/watch/reconcile.ts';
import type { Clients, Runtime } from '../common/clients.ts';
import type { ReconcileEnvironment } from './environment.ts';

/**
 * The `reconcile` function: wakes jobs and deliveries whose message was lost, and ends what nobody waits for any more.
 */
export function reconcileFunction(
  environment: ReconcileEnvironment,
  clients: Omit<Clients, 'readParameter' | 'call'>,
  { clock, random, sleep }: Pick<Runtime, 'clock' | 'random' | 'sleep'>,
) {
  const log = makeLog('reconcile');
  const metrics = makeMetrics(environment.STAGE);
  const unreadable = makeUnreadable(log, clock);
  const dynamodb = { client: clients.dynamodb, clock, random, sleep, unreadable };
  const jobs = makeJobStore({ ...dynamodb, table: environment.JOBS_TABLE });
  const deliveries = makeDeliveryStore({ ...dynamodb, table: environment.DELIVERIES_TABLE });
  const subscriptions = makeSubscriptionStore(clients.dynamodb, environment.SUBSCRIPTIONS_TABLE, unreadable);
  const state = makeStateStore({ ...dynamodb, table: environment.STATE_TABLE });
  const pending = makePendingSender(clients.sqs, environment.PENDING_QUEUE_URL);
  const dead = makeDeadQueue(clients.sqs, environment.DEAD_DELIVERIES_QUEUE_URL);
  const { send } = makeDeliveriesQueue(clients.sqs, environment.DELIVERIES_QUEUE_URL);

  const publish = makePublish({ subscriptions, deliveries, send, clock });
  const groups = makeGroupStore({ ...dynamodb, table: environment.GROUPS_TABLE });
  const stage = environment.STAGE;

  const pass = (): Promise<ReconcileReport> =>
    reconcile({
      visibleMessages: async () => ({
        pending: (await depthOf(clients.sqs, environment.PENDING_QUEUE_URL)).visible,
        deliveries: (await depthOf(clients.sqs, environment.DELIVERIES_QUEUE_URL)).visible,
      }),
      jobs,
      deniedAccounts: async () =>
        new Set((await state.denials()).flatMap(({ denial }) => Object.keys(denial?.versions ?? {}))),
      wake: pending.wake,
      groups: (faults) => reconcileGroups({ groups, jobs, publish, stage, log, clock }, faults),
      deliveries: {
        subscriptions: async () => [CALLBACKS, ...(await subscriptions.list()).map(({ id }) => id)],
        resendOverdue: (overdue) => resendOverdue({ deliveries, send, clock }, overdue),
        cancelForDisabled: (limit) => cancelForDisabled({ subscriptions, deliveries, clock }, limit),
        removeSettled: (limit) => removeSettled({ dead, deliveries, subscriptions, log }, limit),
      },
      unreadable: unreadable.count,
      report: (report) => {
        measureReconcile(report, metrics);
        log.info('reconcile.pass', { ...report });
      },
      log,
      clock,
    });

  return metrics.around(pass);
}

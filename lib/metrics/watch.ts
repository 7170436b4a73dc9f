import type { Keys } from '../admission/key-breaker.ts';
import type { Log } from '../base/log.ts';
import { type Clock, toMs } from '../base/time.ts';
import type { Tell } from '../deliver/outbox.ts';
import type { Observation } from '../job/observation.ts';
import type { Vendor } from '../vendors/vendor.ts';
import type { PendingQueue } from '../watch/ports.ts';
import type { ReconcileReport } from '../watch/reconcile.ts';
import type { Due, Watch } from '../watch/watch.ts';
import type { MetricName, Metrics } from './names.ts';

/**
 * Ports that count: each of these is what it was given, and tells `metrics` what passes through it. What is measured
 * knows nothing of it.
 */

/**
 * Vendors whose calls are counted and timed. A call with several jobs counts once for each kind of trouble that it met.
 */
export function measureVendors(
  vendors: ReadonlyMap<string, Vendor>,
  metrics: Metrics,
  mono: () => number,
): ReadonlyMap<string, Vendor> {
  const measured = (vendor: Vendor): Vendor => ({
    ...vendor,
    async ask(call, access) {
      const beganMono = mono();
      const answer = await vendor.ask(call, access);
      const kinds = new Set([...answer.observations.values()].map(({ kind }) => kind));
      if (kinds.size === 1 && kinds.has('unasked')) return answer;
      metrics.add('VendorCalls', 1);
      metrics.add('JobsAsked', call.jobIds.length);
      metrics.add('VendorDuration', mono() - beganMono);
      for (const kind of kinds) {
        const name = TROUBLES[kind];
        if (name !== null) metrics.add(name, 1);
      }
      return answer;
    },
  });
  return new Map([...vendors].map(([api, vendor]) => [api, measured(vendor)]));
}

const TROUBLES: Readonly<Record<Observation['kind'], MetricName | null>> = {
  status: null,
  missing: null,
  throttled: 'VendorThrottles',
  denied: 'VendorDenials',
  unreachable: 'VendorUnreachable',
  malformed: 'VendorMalformed',
  unasked: null,
};

/**
 * Each call that a denial keeps back is counted; the jobs of something denied look in once a minute, so the count stays
 * up while it lasts.
 */
export function measureKeys(keys: Keys, metrics: Metrics): Keys {
  return {
    ...keys,
    knownDenial(subject) {
      const denial = keys.knownDenial(subject);
      if (denial !== null) metrics.add('CallsDenied', 1);
      return denial;
    },
    async admit(subject) {
      const admission = await keys.admit(subject);
      if (admission.kind === 'wait') metrics.add('CallsDenied', 1);
      return admission;
    },
    async denyAccount(subject, reason) {
      metrics.add('CallsDenied', 1);
      await keys.denyAccount(subject, reason);
    },
  };
}

/** Events are counted when they have been told. */
export function measureTell(tell: Tell, metrics: Metrics): Tell {
  return async (events) => {
    await tell(events);
    for (const { type } of events) {
      const name = TOLD[type];
      if (name !== undefined) metrics.add(name, 1);
    }
  };
}

const TOLD: Readonly<Record<string, MetricName>> = {
  'jobwatch.job.succeeded': 'JobsSucceeded',
  'jobwatch.job.failed': 'JobsFailed',
  'jobwatch.job.rollback_failed': 'JobsRollbackFailed',
  'jobwatch.job.canceled': 'JobsCanceled',
  'jobwatch.job.timed_out': 'JobsTimedOut',
  'jobwatch.job.lost': 'JobsLost',
  'jobwatch.job.stopped': 'JobsStopped',
  'jobwatch.job.changed': 'JobsChanged',
  'jobwatch.job.unknown_status': 'UnknownStatuses',
  'jobwatch.message.rejected': 'MessagesRejected',
};

/**
 * How late jobs are. Their records may be up to a minute behind, since the passing of time is written once a minute at
 * most: so this remembers, for as long as the process lives, until when each message was delayed. A job that waits for
 * its scope's pace is not late.
 */
export function measureLateness(pending: PendingQueue, clock: Clock) {
  const dueMs = new Map<string, number>();
  const measured: PendingQueue = {
    ...pending,
    async delay(message, seconds) {
      if (dueMs.size >= REMEMBERED_MAX) dueMs.clear();
      // What is released was due before, and still is.
      if (seconds > 0) dueMs.set(message.messageId, clock() + seconds * 1000);
      return pending.delay(message, seconds);
    },
    async remove(message) {
      dueMs.delete(message.messageId);
      return pending.remove(message);
    },
  };
  const latenessOf: LatenessOf = (due) => {
    const firstMs = Math.min(...due.map(({ message, job }) => dueMs.get(message.messageId) ?? toMs(job.nextPollAt)));
    return () => Math.max(0, clock() - firstMs) / 1000;
  };
  return { pending: measured, latenessOf };
}

/**
 * Takes down now since when jobs are due. The answer says, whenever it is called, for how many seconds the first of
 * them has been.
 */
type LatenessOf = (due: readonly Due[]) => () => number;

const REMEMBERED_MAX = 100_000;

/** How many jobs are due, and how late the latest of them is. */
export function measureWatch(watch: Watch, metrics: Metrics, latenessOf: LatenessOf): Watch {
  return {
    ...watch,
    async plan(due) {
      if (due.length > 0) {
        metrics.add('JobsDue', due.length);
        metrics.add('OldestDue', latenessOf(due)());
      }
      return watch.plan(due);
    },
    async run(call, due, mayBegin) {
      // Before the call: in its course the messages are hidden until the next look.
      const lateSeconds = latenessOf(due);
      const outcome = await watch.run(call, due, mayBegin);
      if (outcome === 'asked') metrics.add('AskDelay', lateSeconds());
      return outcome;
    },
  };
}

/** Lines that tell a fault are counted. */
export function measureLog(log: Log, metrics: Metrics): Log {
  return {
    ...log,
    error(message, fields) {
      if (message.endsWith('.fault')) metrics.add('Faults', 1);
      log.error(message, fields);
    },
  };
}

/** A tick counts when it has come to its end: one that fails, is cut off or has nothing to do (null) is missing. */
export async function measureTick<Report>(
  work: () => Promise<Report>,
  metrics: Metrics,
  mono: () => number,
): Promise<Report> {
  const beganMono = mono();
  const report = await work();
  if (report === null) return report;
  metrics.add('Ticks', 1);
  metrics.add('TickDuration', mono() - beganMono);
  return report;
}

/** One pass of `reconcile`. */
export function measureReconcile(report: ReconcileReport, metrics: Metrics): void {
  metrics.add('OpenJobs', report.open);
  metrics.add('OldestOverdue', report.oldestOverdueSeconds);
  // A metric costs for each hour in which it has a value: nothing is said of nothing.
  if (report.denied > 0) metrics.add('JobsDenied', report.denied);
  if (report.woken > 0) metrics.add('JobsWoken', report.woken);
  if (report.resent > 0) metrics.add('DeliveriesResent', report.resent);
}

import type { KeyBreaker } from '../admission/key-permit.ts';
import type { Clock } from '../base/time.ts';
import type { Publish } from '../deliver/outbox.ts';
import type { Observation } from '../job/observation.ts';
import type { Vendor } from '../vendors/vendor.ts';
import { dueSinceMs } from '../watch/due.ts';
import type { Due, PendingMessage, PendingQueue } from '../watch/ports.ts';
import type { Watch } from '../watch/watch.ts';
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
    async poll(call, access) {
      const beganMono = mono();
      const answer = await vendor.poll(call, access);
      const kinds = new Set([...answer.observations.values()].map(({ kind }) => kind));
      if (kinds.size === 1 && kinds.has('unasked')) return answer;
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
export function measureKeys(keys: KeyBreaker, metrics: Metrics): KeyBreaker {
  return {
    ...keys,
    knownDenial(credential) {
      const denial = keys.knownDenial(credential);
      if (denial !== null) metrics.add('CallsDenied', 1);
      return denial;
    },
    async acquire(credential, tick) {
      const admission = await keys.acquire(credential, tick);
      if (admission.kind === 'wait') metrics.add('CallsDenied', 1);
      return admission;
    },
    async denyAccount(account, reason) {
      metrics.add('CallsDenied', 1);
      await keys.denyAccount(account, reason);
    },
  };
}

/** Events are counted when they have been told. */
export function measurePublish(publish: Publish, metrics: Metrics): Publish {
  return async (events) => {
    await publish(events);
    for (const { type } of events) {
      const name = PUBLISHED[type];
      if (name !== undefined) metrics.add(name, 1);
    }
  };
}

const PUBLISHED: Readonly<Record<string, MetricName>> = {
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
 * How late jobs are. Their records may be behind, since the passing of time is seldom written: so this remembers, for
 * as long as the process lives, until when each message was delayed, if nobody else has received it since. A job that
 * waits for its scope's pace is not late.
 */
export function measureLateness(pending: PendingQueue, clock: Clock) {
  const noted = new Map<string, { readonly dueMs: number; readonly receives: number | undefined }>();
  /** Undefined: another process has polled it in between, or none that is known. */
  const dueOf = ({ messageId, receives }: PendingMessage): number | undefined => {
    const known = noted.get(messageId);
    const isCounted = known?.receives !== undefined && receives !== undefined;
    return isCounted && receives > known.receives + 1 ? undefined : known?.dueMs;
  };
  const measured: PendingQueue = {
    ...pending,
    async delay(message, seconds) {
      if (noted.size >= REMEMBERED_MAX) noted.clear();
      const { messageId, receives } = message;
      // What is released was due before, and still is.
      const dueMs = seconds > 0 ? clock() + seconds * 1000 : dueOf(message);
      if (dueMs !== undefined) noted.set(messageId, { dueMs, receives });
      return pending.delay(message, seconds);
    },
    async remove(message) {
      noted.delete(message.messageId);
      return pending.remove(message);
    },
  };
  const latenessOf: LatenessOf = (due) => {
    const firstMs = Math.min(...due.map(({ message, job }) => dueOf(message) ?? dueSinceMs(job, message)));
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

/** How late jobs are. */
export function measureWatch(watch: Watch, metrics: Metrics, latenessOf: LatenessOf): Watch {
  return {
    ...watch,
    async recall(due) {
      if (due.length > 0) metrics.add('OldestDue', latenessOf(due)());
      await watch.recall(due);
    },
    async poll(call, due, turn) {
      // Before the call: in its course the messages are delayed until the next poll.
      const lateSeconds = latenessOf(due);
      const unasked = await watch.poll(call, due, turn);
      metrics.add('AskDelay', lateSeconds());
      return unasked;
    },
  };
}

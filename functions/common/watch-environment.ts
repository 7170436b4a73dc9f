import type * as v from 'valibot';
import { callbackKinds, decimal, name, queueUrl, stage, whole } from './environment.ts';

/** What `watch` and `wake` both read from their environments. */
export const watchEntries = {
  STAGE: stage,
  PENDING_QUEUE_URL: queueUrl,
  REJECTED_QUEUE_URL: queueUrl,
  DELIVERIES_QUEUE_URL: queueUrl,
  JOBS_TABLE: name,
  GROUPS_TABLE: name,
  SUBSCRIPTIONS_TABLE: name,
  DELIVERIES_TABLE: name,
  DURATIONS_TABLE: name,
  STATE_TABLE: name,
  SECRETS_TABLE: name,
  CALLBACK_KINDS: callbackKinds,
  POLL_MIN_SECONDS: whole(1, 3600, 2),
  POLL_MAX_SECONDS: whole(1, 3600, 300),
  POLL_COST_SECONDS: decimal(0.01, 60, 0.5),
  SCOPE_CALLS_PER_SECOND: whole(1, 1000, 5),
  VENDOR_TIMEOUT_MS: whole(100, 30_000, 5000),
};

export type CommonWatchEnvironment = v.InferOutput<v.ObjectSchema<typeof watchEntries, undefined>>;

/** The shortest wait between polls is not longer than the longest. */
export function arePollsInOrder(environment: CommonWatchEnvironment): boolean {
  return environment.POLL_MIN_SECONDS <= environment.POLL_MAX_SECONDS;
}

import * as v from 'valibot';
import { decimal, name, queueUrl, stage, whole } from '../common/environment.ts';

/** What the function reads from its environment; a test holds `serverless.yml` against it. */
export const watchEnvironment = v.pipe(
  v.object({
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
    WATCH_SECONDS: whole(1, 840, 50),
    POLL_MIN_SECONDS: whole(1, 3600, 2),
    POLL_MAX_SECONDS: whole(1, 3600, 300),
    POLL_COST_SECONDS: decimal(0.01, 60, 0.5),
    SCOPE_CALLS_PER_SECOND: whole(1, 1000, 5),
    VENDOR_TIMEOUT_MS: whole(100, 30_000, 5000),
    MAX_WORKERS: whole(1, 4, 1),
  }),
  v.forward(
    v.check(
      ({ POLL_MIN_SECONDS, POLL_MAX_SECONDS }) => POLL_MIN_SECONDS <= POLL_MAX_SECONDS,
      'expected at least POLL_MIN_SECONDS',
    ),
    ['POLL_MAX_SECONDS'],
  ),
);

export type WatchEnvironment = v.InferOutput<typeof watchEnvironment>;

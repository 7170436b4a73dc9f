import * as v from 'valibot';
import { name, queueUrl, stage } from '../common/environment.ts';

/** What the function reads from its environment; a test holds `serverless.yml` against it. */
export const reconcileEnvironment = v.object({
  STAGE: stage,
  PENDING_QUEUE_URL: queueUrl,
  DELIVERIES_QUEUE_URL: queueUrl,
  DEAD_DELIVERIES_QUEUE_URL: queueUrl,
  JOBS_TABLE: name,
  GROUPS_TABLE: name,
  SUBSCRIPTIONS_TABLE: name,
  DELIVERIES_TABLE: name,
  STATE_TABLE: name,
});

export type ReconcileEnvironment = v.InferOutput<typeof reconcileEnvironment>;

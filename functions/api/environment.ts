import * as v from 'valibot';
import {
  callbackKinds,
  cidrs,
  consoleUrl,
  eventBusArn,
  name,
  queueUrl,
  stage,
  webhookTimeoutMs,
} from '../common/environment.ts';

/** What the function reads from its environment; a test holds `serverless.yml` against it. */
export const apiEnvironment = v.object({
  STAGE: stage,
  PENDING_QUEUE_URL: queueUrl,
  REJECTED_QUEUE_URL: queueUrl,
  DELIVERIES_QUEUE_URL: queueUrl,
  DEAD_DELIVERIES_QUEUE_URL: queueUrl,
  JOBS_TABLE: name,
  GROUPS_TABLE: name,
  SUBSCRIPTIONS_TABLE: name,
  SECRETS_TABLE: name,
  DELIVERIES_TABLE: name,
  DURATIONS_TABLE: name,
  STATE_TABLE: name,
  CALLBACK_KINDS: callbackKinds,
  EVENT_BUS_ARN: eventBusArn,
  CONSOLE_URL: consoleUrl,
  WEBHOOK_TIMEOUT_MS: webhookTimeoutMs,
  WEBHOOK_ALLOWED_CIDRS: cidrs,
});

export type ApiEnvironment = v.InferOutput<typeof apiEnvironment>;

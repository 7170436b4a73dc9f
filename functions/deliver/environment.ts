import * as v from 'valibot';
import { RETRY_WAITS_SECONDS } from '../../lib/deliver/retry.ts';
import { cidrs, consoleUrl, eventBusArn, name, queueUrl, stage, webhookTimeoutMs } from '../common/environment.ts';

const SCHEDULE = /^[0-9]{1,6}(,[0-9]{1,6}){0,29}$/;

const scheduleSeconds = v.pipe(
  v.optional(v.string(), RETRY_WAITS_SECONDS.join(',')),
  v.check((text) => SCHEDULE.test(text), 'expected up to 30 whole numbers of seconds, joined by commas'),
  v.transform((text) => text.split(',').map(Number)),
  v.metadata({ Type: 'String', AllowedPattern: SCHEDULE.source }),
);

/** What the function reads from its environment; a test holds `serverless.yml` against it. */
export const deliverEnvironment = v.object({
  STAGE: stage,
  DELIVERIES_QUEUE_URL: queueUrl,
  DEAD_DELIVERIES_QUEUE_URL: queueUrl,
  SUBSCRIPTIONS_TABLE: name,
  SECRETS_TABLE: name,
  DELIVERIES_TABLE: name,
  EVENT_BUS_ARN: eventBusArn,
  STATE_TABLE: name,
  CONSOLE_URL: consoleUrl,
  RETRY_SCHEDULE_SECONDS: scheduleSeconds,
  WEBHOOK_TIMEOUT_MS: webhookTimeoutMs,
  WEBHOOK_ALLOWED_CIDRS: cidrs,
});

export type DeliverEnvironment = v.InferOutput<typeof deliverEnvironment>;

import * as v from 'valibot';

/** Whole numbers in the environment, within bounds that the message of an error names. */
function whole(min: number, max: number, fallback: number) {
  return v.pipe(
    v.optional(v.string(), String(fallback)),
    v.check(
      (text) => /^\d{1,9}$/.test(text) && Number(text) >= min && Number(text) <= max,
      `expected a whole number from ${min} to ${max}`,
    ),
    v.transform(Number),
  );
}

const name = v.pipe(
  v.string(),
  v.regex(/^[A-Za-z0-9_.-]{1,255}$/, 'expected a name of letters, digits, "_", "." and "-"'),
);
const queueUrl = v.pipe(v.string(), v.url('expected the URL of an SQS queue'));
const stage = v.pipe(v.string(), v.regex(/^[a-z0-9-]{1,20}$/, 'expected 1 to 20 lower-case letters, digits or "-"'));

const RETRY_SCHEDULE = '5,300,1800,7200,18000,36000,50400,72000,86400';
const scheduleSeconds = v.pipe(
  v.optional(v.string(), RETRY_SCHEDULE),
  v.check(
    (text) => /^\d{1,6}(,\d{1,6}){0,29}$/.test(text),
    'expected up to 30 whole numbers of seconds, joined by commas',
  ),
  v.transform((text) => text.split(',').map(Number)),
);
const cidrs = v.pipe(
  v.optional(v.string(), ''),
  v.transform((text) =>
    text
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== ''),
  ),
  v.check(
    (parts) => parts.every((part) => /^[0-9a-fA-F:.]+\/\d{1,3}$/.test(part)),
    'expected address ranges such as 10.0.0.0/8, joined by commas',
  ),
);

const webhookSettings = {
  WEBHOOK_TIMEOUT_MS: whole(100, 30_000, 15_000),
  WEBHOOK_ALLOWED_CIDRS: cidrs,
};

/** What each function reads from its environment; a test holds `serverless.yml` against it. */
export const environments = {
  watch: v.pipe(
    v.object({
      STAGE: stage,
      PENDING_QUEUE_URL: queueUrl,
      REJECTED_QUEUE_URL: queueUrl,
      DELIVERIES_QUEUE_URL: queueUrl,
      JOBS_TABLE: name,
      SUBSCRIPTIONS_TABLE: name,
      DELIVERIES_TABLE: name,
      DURATIONS_TABLE: name,
      STATE_TABLE: name,
      WATCH_SECONDS: whole(1, 840, 50),
      POLL_MIN_SECONDS: whole(1, 3600, 2),
      POLL_MAX_SECONDS: whole(1, 3600, 300),
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
  ),
  deliver: v.object({
    STAGE: stage,
    DELIVERIES_QUEUE_URL: queueUrl,
    DEAD_DELIVERIES_QUEUE_URL: queueUrl,
    SUBSCRIPTIONS_TABLE: name,
    SECRETS_TABLE: name,
    DELIVERIES_TABLE: name,
    RETRY_SCHEDULE_SECONDS: scheduleSeconds,
    ...webhookSettings,
  }),
  reconcile: v.object({
    STAGE: stage,
    PENDING_QUEUE_URL: queueUrl,
    DELIVERIES_QUEUE_URL: queueUrl,
    JOBS_TABLE: name,
    SUBSCRIPTIONS_TABLE: name,
    DELIVERIES_TABLE: name,
    STATE_TABLE: name,
  }),
  api: v.object({
    STAGE: stage,
    PENDING_QUEUE_URL: queueUrl,
    REJECTED_QUEUE_URL: queueUrl,
    DELIVERIES_QUEUE_URL: queueUrl,
    DEAD_DELIVERIES_QUEUE_URL: queueUrl,
    JOBS_TABLE: name,
    SUBSCRIPTIONS_TABLE: name,
    SECRETS_TABLE: name,
    DELIVERIES_TABLE: name,
    DURATIONS_TABLE: name,
    STATE_TABLE: name,
    ...webhookSettings,
  }),
} as const;

type Environments = typeof environments;
export type Environment<Name extends keyof Environments> = v.InferOutput<Environments[Name]>;

/** Reads a function's whole environment. Throws one error that names every variable that is wrong or missing. */
export function readEnvironment<Name extends keyof Environments>(
  functionName: Name,
  variables: Readonly<Record<string, string | undefined>>,
): Environment<Name> {
  const result = v.safeParse(environments[functionName], variables);
  if (result.success) return result.output as Environment<Name>;
  const problems = result.issues.map(
    (issue) => `${v.getDotPath(issue) ?? 'environment'}: ${issue.received === 'undefined' ? 'missing' : issue.message}`,
  );
  throw new ConfigError(
    `The function "${functionName}" can't start, its environment is wrong. ${problems.join('; ')}.`,
  );
}

export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

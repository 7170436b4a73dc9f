import { describe, expect, it } from 'vitest';
import { readEnvironment } from '../../../functions/common/environment.ts';
import { reconcileEnvironment } from '../../../functions/reconcile/environment.ts';
import { watchEnvironment } from '../../../functions/watch/environment.ts';

const reconcile = {
  STAGE: 'prod',
  PENDING_QUEUE_URL: 'https://sqs.eu-central-1.amazonaws.com/1/pending',
  DELIVERIES_QUEUE_URL: 'https://sqs.eu-central-1.amazonaws.com/1/deliveries',
  JOBS_TABLE: 'jobs',
  GROUPS_TABLE: 'groups',
  SUBSCRIPTIONS_TABLE: 'subscriptions',
  DELIVERIES_TABLE: 'deliveries',
  STATE_TABLE: 'state',
};
const watch = {
  ...reconcile,
  REJECTED_QUEUE_URL: reconcile.PENDING_QUEUE_URL,
  DURATIONS_TABLE: 'durations',
  SECRETS_TABLE: 'secrets',
};

describe('the environment', () => {
  it('fills in the documented defaults', () => {
    expect(readEnvironment('watch', watchEnvironment, watch)).toMatchObject({
      WATCH_SECONDS: 57,
      POLL_MIN_SECONDS: 2,
      POLL_MAX_SECONDS: 300,
      POLL_COST_SECONDS: 0.5,
      SCOPE_CALLS_PER_SECOND: 5,
      VENDOR_TIMEOUT_MS: 5000,
      MAX_WORKERS: 1,
      CALLBACK_KINDS: new Set(),
    });
  });

  it.each([
    ['STAGE', undefined, 'STAGE: missing'],
    ['STAGE', 'Prod!', 'STAGE: expected 1 to 20 lower-case letters'],
    ['PENDING_QUEUE_URL', 'nonsense', 'PENDING_QUEUE_URL: expected the URL of an SQS queue'],
    ['JOBS_TABLE', '', 'JOBS_TABLE: expected a name'],
    ['WATCH_SECONDS', '1e3', 'WATCH_SECONDS: expected a whole number from 1 to 840'],
    ['WATCH_SECONDS', '0', 'WATCH_SECONDS: expected a whole number from 1 to 840'],
    ['POLL_COST_SECONDS', '0', 'POLL_COST_SECONDS: expected a number from 0.01 to 60'],
    ['POLL_COST_SECONDS', '1e-1', 'POLL_COST_SECONDS: expected a number from 0.01 to 60'],
    ['CALLBACK_KINDS', 'durable,lambda', 'CALLBACK_KINDS.1: expected some of stepfunctions, durable'],
    ['POLL_MAX_SECONDS', '', 'POLL_MAX_SECONDS: expected a whole number from 1 to 3600'],
  ])('names %s when it is %j', (name, value, expected) => {
    expect(() => readEnvironment('watch', watchEnvironment, { ...watch, [name]: value })).toThrow(expected);
  });

  it('names every variable that is wrong, in one error', () => {
    expect(() => readEnvironment('reconcile', reconcileEnvironment, {})).toThrow(
      /STAGE: missing.*STATE_TABLE: missing/,
    );
  });
});

import type * as v from 'valibot';
import type { testBody } from '../lib/api/schemas.ts';

type EventType = NonNullable<v.InferOutput<typeof testBody>['type']>;

/** Every type of event, and in a few words when it is sent. */
export const EVENT_MEANINGS = {
  'jobwatch.job.succeeded': 'the job ended well',
  'jobwatch.job.failed': 'the job failed; the event carries the vendor’s reason',
  'jobwatch.job.rollback_failed': 'the job failed, and so did its rollback',
  'jobwatch.job.canceled': 'the job was canceled at the vendor',
  'jobwatch.job.timed_out': 'the deadline of the watch passed before the job ended',
  'jobwatch.job.lost': 'the vendor no longer knows the job',
  'jobwatch.job.stopped': 'somebody stopped the watch',
  'jobwatch.job.changed': 'the job moved on and has not ended',
  'jobwatch.job.unknown_status': 'the vendor sent a status that jobwatch does not know',
  'jobwatch.job.overdue': 'the job takes much longer than such jobs do',
  'jobwatch.group.failing': 'a job of a group failed; the others go on',
  'jobwatch.group.completed': 'every job of a group has ended, or its deadline passed',
  'jobwatch.account.denied': 'a vendor refuses the credentials of an account',
  'jobwatch.message.rejected': 'a watch message could not be understood',
  'jobwatch.endpoint.disabled': 'another webhook was disabled',
  'jobwatch.test': 'somebody pressed “Send test”',
} as const satisfies Readonly<Record<EventType, string>>;

export const EVENT_TYPES = Object.keys(EVENT_MEANINGS) as readonly (keyof typeof EVENT_MEANINGS)[];

/** What a webhook is sent that names no types. */
export const JOB_ENDS: readonly string[] = EVENT_TYPES.slice(0, 7);

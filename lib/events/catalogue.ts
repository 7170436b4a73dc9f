import type * as v from 'valibot';
import { isTerminal, PHASES } from '../job/phase.ts';
import { EVENT_TYPES, type Event } from './event.ts';
import { sampleEvent } from './sample.ts';
import {
  accountEventData,
  endpointEventData,
  eventSchema,
  groupEventData,
  jobEventData,
  messageEventData,
} from './schema.ts';

export type EventType = (typeof EVENT_TYPES)[number];

/** One type of event, as receivers have to know it. */
export interface CatalogueEntry {
  readonly type: EventType;
  /** One sentence. */
  readonly when: string;
  /** Sent to a subscription that names no types. */
  readonly isDefault: boolean;
  readonly schema: v.GenericSchema;
  /** Whole, as it would be sent. */
  readonly example: Event;
}

const ABOUT: Readonly<Record<EventType, string>> = {
  'jobwatch.job.succeeded': 'The job ended well.',
  'jobwatch.job.failed': 'The job failed, or was rolled back; `error` has the vendor’s reason, where it gives one.',
  'jobwatch.job.rollback_failed': 'The job failed, and so did the vendor’s attempt to undo it.',
  'jobwatch.job.canceled': 'The vendor’s job was canceled.',
  'jobwatch.job.timed_out': 'The deadline of the watch passed before the job ended; the vendor’s job may go on.',
  'jobwatch.job.lost': 'The vendor does not know the job.',
  'jobwatch.job.stopped': 'The watch was ended on request; the vendor’s job goes on.',
  'jobwatch.job.changed': 'Phase or vendor status changed, and the job has not ended.',
  'jobwatch.job.unknown_status': 'The vendor used a status that jobwatch does not know; it goes on polling.',
  'jobwatch.job.overdue': 'The job has lasted longer than 99 of 100 such jobs.',
  'jobwatch.group.failing': 'The first job of the group ended badly; others may still run.',
  'jobwatch.group.completed': 'All jobs of the group have ended, or its deadline has passed; `outcome` says how.',
  'jobwatch.account.denied':
    'A vendor refuses an account’s key or rights, or there is no such account. `GET /v1/overview` lists what is denied now.',
  'jobwatch.message.rejected':
    'A watch message could not be understood; it lies in the rejected queue: `GET /v1/queues/rejected`.',
  'jobwatch.endpoint.disabled': 'A subscription was disabled; the others get this event.',
  'jobwatch.test': 'A test of the subscription was asked for.',
};

const DATA: Readonly<Record<string, v.GenericSchema>> = {
  job: jobEventData,
  group: groupEventData,
  account: accountEventData,
  message: messageEventData,
  endpoint: endpointEventData,
  test: endpointEventData,
};

const EXAMPLE = {
  id: 'evt_k6p5m4c6dnw7tukzj5ugr5j3zq',
  at: '2026-11-20T10:04:11.000Z',
  subscription: 'sub_3kq5w2m7c4n6p2q7r5s4t6u2v3',
  labels: { team: 'net' },
};

/** Every type of event. */
export const EVENT_CATALOGUE: readonly CatalogueEntry[] = EVENT_TYPES.map((type) => {
  const [, kind = '', word] = type.split('.');
  return {
    type,
    when: ABOUT[type],
    isDefault: PHASES.some((phase) => kind === 'job' && phase === word && isTerminal(phase)),
    schema: eventSchema(type, DATA[kind] ?? endpointEventData),
    example: sampleEvent('prod', { ...EXAMPLE, type }),
  };
});

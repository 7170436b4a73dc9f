/** Every type of event, and in one sentence when it is sent: for the catalogue, the command line and the console. */
export const EVENT_MEANINGS = {
  'jobwatch.job.succeeded': 'The job ended well.',
  'jobwatch.job.failed': 'The job failed, or was rolled back; the event says why, if the vendor does.',
  'jobwatch.job.rollback_failed': 'The job failed, and so did the vendor’s attempt to undo it.',
  'jobwatch.job.canceled': 'The vendor’s job was canceled.',
  'jobwatch.job.timed_out': 'The deadline of the watch passed first; the vendor’s job may go on.',
  'jobwatch.job.lost': 'The vendor does not know the job.',
  'jobwatch.job.stopped': 'Somebody ended the watch; the vendor’s job goes on.',
  'jobwatch.job.changed': 'Phase or vendor status changed, and the job has not ended.',
  'jobwatch.job.unknown_status': 'The vendor used a status that jobwatch does not know; polling goes on.',
  'jobwatch.job.overdue': 'The job has lasted longer than 99 of 100 such jobs.',
  'jobwatch.group.failing': 'The first job of the group ended badly; others may still run.',
  'jobwatch.group.completed': 'All jobs of the group have ended, or its deadline has passed.',
  'jobwatch.account.denied': 'A vendor refuses an account’s key or rights, or there is no such account.',
  'jobwatch.message.rejected': 'A watch message could not be understood; it is in the rejected queue.',
  'jobwatch.endpoint.disabled': 'A subscription was disabled; the others get this event.',
  'jobwatch.test': 'Somebody asked for a test of the subscription.',
} as const;

export type EventType = keyof typeof EVENT_MEANINGS;

export const EVENT_TYPES = Object.keys(EVENT_MEANINGS) as readonly EventType[];

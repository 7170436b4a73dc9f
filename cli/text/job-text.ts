import { errorText, isOpen, nextPollOf } from '../../client/job.ts';
import type { Job } from '../../client/responses.ts';
import type { Clock } from '../../lib/base/time.ts';
import { formatDuration } from './duration.ts';

/** What views say about a job. */

export function elapsed(job: Pick<Job, 'submittedAt' | 'endedAt'>, now: Clock): string {
  const endMs = job.endedAt === null ? now() : Date.parse(job.endedAt);
  return formatDuration(endMs - Date.parse(job.submittedAt));
}

/** When jobwatch polls the vendor next; `within 9m`: by then, since the record does not say it better. */
export function nextPoll(job: Job, now: Clock): string {
  if (!isOpen(job)) return '';
  const { kind, atMs } = nextPollOf(job, now());
  if (kind === 'due') return 'due';
  return `${kind === 'at' ? 'in' : 'within'} ${formatDuration(atMs - now())}`;
}

/** As of the record: `9 polls`, or `9 polls or more` if it has been polled since. */
export function pollsOf(job: Job, now: Clock): string {
  const polls = `${job.polls} ${job.polls === 1 ? 'poll' : 'polls'}`;
  return isOpen(job) && nextPollOf(job, now()).kind === 'within' ? `${polls} or more` : polls;
}

/** When jobwatch expects the end, `in 40s`; null if it has not learned that, or the job has ended. */
export function expectedEnd(job: Pick<Job, 'phase' | 'endedAt' | 'expectedEndAt'>, now: Clock): string | null {
  const atMs = Date.parse(job.expectedEndAt ?? '');
  if (!isOpen(job) || Number.isNaN(atMs)) return null;
  return atMs <= now() ? 'any moment' : `in ${formatDuration(atMs - now())}`;
}

/** The vendor's error or jobwatch's reason to wait, in one line; null if there is neither. */
export function troubleOf(job: Job): string | null {
  return errorText(job.detail.error) ?? (isOpen(job) ? (job.waiting?.reason ?? null) : null);
}

export function labelText(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(' ');
}

import { errorText, isOpen } from '../../client/job.ts';
import type { Job } from '../../client/responses.ts';
import type { Clock } from '../../lib/base/time.ts';
import { formatDuration } from './duration.ts';

/** What views say about a job. */

export function elapsed(job: Pick<Job, 'submittedAt' | 'endedAt'>, now: Clock): string {
  const endMs = job.endedAt === null ? now() : Date.parse(job.endedAt);
  return formatDuration(endMs - Date.parse(job.submittedAt));
}

/** When jobwatch polls the vendor next. */
export function nextPoll(job: Job, now: Clock): string {
  if (!isOpen(job)) return '';
  const inMs = Date.parse(job.nextPollAt) - now();
  return inMs <= 0 ? 'due' : `in ${formatDuration(inMs)}`;
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

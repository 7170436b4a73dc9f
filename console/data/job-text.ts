import { errorText, isOpen } from '../../client/job.ts';
import type { Job } from '../../client/responses.ts';

const OWN_ENDS: Readonly<Record<string, string>> = {
  timed_out: 'The deadline of the watch passed before the vendor ended the job.',
  lost: 'The vendor does not know the job (or no longer does).',
  stopped: 'The watch was stopped, but not the vendor’s job.',
};

/** Why a job is where it is: the vendor's error, jobwatch's own reason, or why it waits. null: nothing to tell. */
export function troubleOf(job: Job): string | null {
  const vendor = errorText(job.detail.error) ?? errorText(job.history.at(-1)?.error ?? null);
  if (isOpen(job)) return vendor ?? job.waiting?.reason ?? null;
  return vendor ?? (job.waiting === null ? null : job.waiting.reason) ?? OWN_ENDS[job.phase] ?? null;
}

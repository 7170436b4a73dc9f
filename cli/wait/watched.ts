import { isOpen } from '../../client/job.ts';
import type { Job } from '../../client/responses.ts';
import { EXIT, exitOfPhase } from '../exit.ts';
import type { Target } from '../input/targets.ts';
import type { Denial } from './denial.ts';

/** One job that is waited for. */
export interface Watched {
  readonly target: Target;
  /** As the last answer had it; null until jobwatch knows it. */
  readonly job: Job | null;
  /** Since when each answer was that there is no such job; null: the last was another. */
  readonly missingSinceMs: number | null;
  /** Since when no answer came about this job; null: the last check had one. */
  readonly awaySinceMs: number | null;
  /** jobwatch does not know it, and that not only for a moment: it counts as lost. */
  readonly isUnknown: boolean;
  /** Since when its account is denied, by the answers; null: it is not. */
  readonly denial: Denial | null;
}

/** Times of the ticker. */
export interface WaitFacts {
  readonly beganMs: number;
  /** Since when no answer came about any job; null: answers come. */
  readonly awaySinceMs: number | null;
  /** Why the latest missing answer did not come; null: none was ever missing. */
  readonly reason: string | null;
}

export interface WaitOptions {
  /** null: until the jobs end, which jobwatch sees to. 0: one check. */
  readonly timeoutMs: number | null;
  readonly any: boolean;
  /** How long jobwatch may give no answer, or never have ticked. */
  readonly patienceMs: number;
}

/** null while it goes on. */
export function exitOf({ job, isUnknown, denial }: Watched): number | null {
  if (isUnknown) return EXIT.lost;
  if (denial?.doesCount === true) return EXIT.denied;
  return job === null || isOpen(job) ? null : exitOfPhase(job.phase);
}

/** A job that was not checked yet. */
export function unseen(target: Target): Watched {
  return { target, job: null, missingSinceMs: null, awaySinceMs: null, isUnknown: false, denial: null };
}

/** Since when no answer came about any of the open jobs; null: one came with the last check. */
export function awaySince(watched: readonly Watched[]): number | null {
  const open = watched.filter((one) => exitOf(one) === null).map(({ awaySinceMs }) => awaySinceMs);
  return open.length === 0 || open.includes(null) ? null : Math.max(...open.map((ms) => ms ?? 0));
}

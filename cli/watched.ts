import { isOpen } from '../client/job.ts';
import type { Job } from '../client/responses.ts';
import { EXIT, exitOfPhase } from './exit.ts';
import type { Target } from './identity.ts';

/** One job that is waited for. */
export interface Watched {
  readonly target: Target;
  /** As it was last seen; null until jobwatch knows it. */
  readonly job: Job | null;
  /** Since when each answer was that there is no such job; null: the last was another. */
  readonly missingSinceMs: number | null;
  /** Since when no answer came about this job; null: the last look had one. */
  readonly awaySinceMs: number | null;
  /** jobwatch does not know it, and that not only for a moment: it counts as lost. */
  readonly isUnknown: boolean;
}

export interface WaitView {
  /** After each round, and once a second between rounds. */
  show(watched: readonly Watched[], facts: WaitFacts): void;
  /** What ended the waiting, if it was not the jobs. */
  tell(text: string): void;
  end(watched: readonly Watched[], exitCode: number): void;
  /** Leaves the output in order, however the waiting ended. */
  close(): void;
}

/** Times of the ticker. */
export interface WaitFacts {
  readonly beganMs: number;
  /** Since when no answer came about any job; null: answers come. */
  readonly awaySinceMs: number | null;
}

export interface WaitOptions {
  /** null: until the jobs end, which jobwatch sees to. 0: one look. */
  readonly timeoutMs: number | null;
  readonly any: boolean;
  /** How long jobwatch may give no answer, or never have ticked. */
  readonly patienceMs: number;
}

/** null while it goes on. */
export function exitOf({ job, isUnknown }: Watched): number | null {
  if (isUnknown) return EXIT.lost;
  return job === null || isOpen(job) ? null : exitOfPhase(job.phase);
}

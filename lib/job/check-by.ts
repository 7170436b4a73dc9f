import { type Iso, toIso, toMs } from '../base/time.ts';
import { isTerminal, type Phase } from './phase.ts';

const SILENT_MIN_MS = 10 * 60_000;
const SILENT_WAITS = 8;

interface Polled {
  readonly phase: Phase;
  readonly nextPollAt: Iso;
  readonly checkBy: Iso;
}

/**
 * Until when a record that is written now stays true without another write, if the job waits so long between two polls.
 */
export function checkByAfter(nowMs: number, waitMs: number): Iso {
  return toIso(nowMs + Math.max(SILENT_MIN_MS, SILENT_WAITS * waitMs));
}

/**
 * The job with its next poll. `checkBy` stays where it is as long as the poll comes before it, or none comes: it is the
 * key of an index, and each move costs more than the record itself.
 */
export function withNextPoll<Job extends Polled>(job: Job, nextPollMs: number, nowMs: number): Job {
  const isCovered = nextPollMs <= toMs(job.checkBy) || isTerminal(job.phase);
  const checkBy = isCovered ? job.checkBy : checkByAfter(nowMs, nextPollMs - nowMs);
  return { ...job, nextPollAt: toIso(nextPollMs), checkBy };
}

import type { Job } from './job.ts';
import { toMs } from './time.ts';

export interface CadenceSettings {
  readonly pollMinMs: number;
  readonly pollMaxMs: number;
}

/** A number in [0, 1). */
export type Random = () => number;

const FIRST_WAIT_MS = 2000;
const LONGEST_WAIT_MS = 60_000;
const JITTER = 0.1;

/**
 * How long to wait before a job is asked again. Waits that begin at 2 s and grow by 1.5 are, summed up, half the job's
 * age plus 2 s: so the age alone decides, and nothing about earlier waits has to be kept.
 */
export function nextAskInMs(
  job: Pick<Job, 'submittedAt'>,
  nowMs: number,
  settings: CadenceSettings,
  random: Random,
): number {
  const ageMs = Math.max(0, nowMs - toMs(job.submittedAt));
  const waitMs = Math.min(FIRST_WAIT_MS + ageMs / 2, LONGEST_WAIT_MS);
  const jittered = waitMs * (1 - JITTER + 2 * JITTER * random());
  return Math.round(Math.min(Math.max(jittered, settings.pollMinMs), settings.pollMaxMs));
}

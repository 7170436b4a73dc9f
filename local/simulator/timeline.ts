import type { Step } from './schema.ts';

/** Where a job stands in its steps. A value: every move makes a new one. */
export interface Progress {
  readonly stepIndex: number;
  readonly enteredAtMs: number;
  /** Answers that showed this step. */
  readonly pollsInStep: number;
}

type Steps = readonly Pick<Step, 'forSeconds' | 'forPolls'>[];

export function startTimeline(nowMs: number): Progress {
  return { stepIndex: 0, enteredAtMs: nowMs, pollsInStep: 0 };
}

/**
 * Leaves the steps whose time is over; each next step began at the moment the one before ended, not when it was
 * noticed.
 */
export function advanceTimeline(steps: Steps, progress: Progress, nowMs: number): Progress {
  let current = progress;
  for (;;) {
    const forSeconds = steps[current.stepIndex]?.forSeconds;
    if (forSeconds === undefined || isLast(steps, current)) return current;
    const endsAtMs = current.enteredAtMs + forSeconds * 1000;
    if (nowMs < endsAtMs) return current;
    current = nextStep(current, endsAtMs);
  }
}

/** Counts one answer that showed the job. */
export function countPoll(steps: Steps, progress: Progress, nowMs: number): Progress {
  const forPolls = steps[progress.stepIndex]?.forPolls;
  const pollsInStep = progress.pollsInStep + 1;
  if (forPolls === undefined || pollsInStep < forPolls || isLast(steps, progress)) return { ...progress, pollsInStep };
  return nextStep(progress, nowMs);
}

export function isLast(steps: Steps, progress: Progress): boolean {
  return progress.stepIndex >= steps.length - 1;
}

function nextStep(progress: Progress, atMs: number): Progress {
  return { stepIndex: progress.stepIndex + 1, enteredAtMs: atMs, pollsInStep: 0 };
}

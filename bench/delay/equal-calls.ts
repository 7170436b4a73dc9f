import { type Jobs, type Score, scoreSchedule } from './score.ts';

/** A watcher's score at one cost of a call. */
export interface Point extends Score {
  readonly callSeconds: number;
}

/** Calls that differ by less are the same. */
const NEAR = 0.001;
/** Neighbours of a sweep whose delays differ by more than this, in logarithms, get another point between them. */
const STEEP = 0.3;
const REFINEMENTS = 3;

/**
 * A watcher's delay with so many calls per job, from a sweep over the cost of a call: the least of those that make no
 * more, or between the two neighbours whose calls are on either side, along the straight line in logarithms. `fewer`:
 * it never makes so many, and this is its least delay. Null if it can't do with so few.
 */
export function delayAtCalls(sweep: readonly Point[], calls: number): { seconds: number; fewer: boolean } | null {
  const points = sweep.toSorted((a, b) => b.callSeconds - a.callSeconds);
  const affordable = points.filter((point) => point.calls <= calls * (1 + NEAR));
  if (affordable.length === 0) return null;
  const seconds = affordable.map(({ delaySeconds }) => delaySeconds);
  if (affordable.length === points.length) return { seconds: Math.min(...seconds), fewer: true };
  const crossings = points.slice(1).flatMap((right, index) => {
    const left = points[index];
    return left && left.calls <= calls && right.calls > calls ? [between(left, right, calls)] : [];
  });
  return { seconds: Math.min(...seconds, ...crossings), fewer: false };
}

function between(left: Point, right: Point, calls: number): number {
  const share = Math.log(calls / left.calls) / Math.log(right.calls / left.calls);
  return left.delaySeconds * (right.delaySeconds / left.delaySeconds) ** share;
}

/**
 * Makes a sweep finer around the numbers of calls that will be read from it, where the delay changes much from one
 * point to the next: a straight line would not do justice to what lies between.
 */
export function refine(
  sweep: readonly Point[],
  targets: readonly number[],
  measure: (callSeconds: number) => Point,
): readonly Point[] {
  let points = sweep;
  for (let round = 0; round < REFINEMENTS; round++) {
    const sorted = points.toSorted((a, b) => b.callSeconds - a.callSeconds);
    const steep = sorted.slice(1).flatMap((right, index) => {
      const left = sorted[index];
      if (left === undefined || !targets.some((calls) => left.calls <= calls && calls <= right.calls)) return [];
      const isSteep = Math.abs(Math.log(left.delaySeconds / right.delaySeconds)) > STEEP;
      return isSteep ? [measure(Math.sqrt(left.callSeconds * right.callSeconds))] : [];
    });
    points = [...points, ...steep];
  }
  return points;
}

/** The fewest calls of the sweep with a delay that is no longer; null if it is never so short. */
export function callsAtDelay(sweep: readonly Point[], delaySeconds: number): number | null {
  const enough = sweep.filter((point) => point.delaySeconds <= delaySeconds * (1 + NEAR));
  return enough.length === 0 ? null : Math.min(...enough.map(({ calls }) => calls));
}

const INTERVALS = 1500;

/** Scores of fixed intervals from 0.2 s to the longest job, first poll after one interval. */
export function fixedIntervals(jobs: Jobs): (Score & { intervalSeconds: number })[] {
  const shortest = 0.2;
  const longest = jobs.longestSeconds * 1.001;
  return Array.from({ length: INTERVALS }, (_, index) => {
    const intervalSeconds = shortest * (longest / shortest) ** (index / (INTERVALS - 1));
    return { ...scoreFixed(jobs, intervalSeconds), intervalSeconds };
  });
}

function scoreFixed(jobs: Jobs, seconds: number): Score {
  const polls = Math.ceil(jobs.longestSeconds / seconds) + 1;
  if (polls < jobs.durations.length / 4)
    return scoreSchedule(
      jobs,
      Array.from({ length: polls }, (_, index) => (index + 1) * seconds),
    );
  let calls = 0;
  for (const duration of jobs.durations) calls += Math.max(1, Math.ceil(duration / seconds));
  const count = jobs.durations.length;
  return { calls: calls / count, delaySeconds: (calls * seconds - (jobs.sums[count] ?? 0)) / count };
}

/** The fixed interval with the least delay among those that make no more calls: the best one in hindsight. */
export function bestFixed<Fixed extends Score>(intervals: readonly Fixed[], calls: number): Fixed | null {
  const affordable = intervals.filter((fixed) => fixed.calls <= calls * (1 + 1e-9));
  return affordable.toSorted((a, b) => a.delaySeconds - b.delaySeconds)[0] ?? null;
}

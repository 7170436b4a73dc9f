import { pollAges, type Strategy } from './strategy.ts';

/** What a watcher costs and gives, per job. */
export interface Score {
  readonly calls: number;
  readonly delaySeconds: number;
}

export interface FullScore extends Score {
  readonly p95Seconds: number;
}

/** Sums over sorted durations, so that a schedule is scored without walking over the jobs. */
export interface Jobs {
  readonly durations: Float64Array;
  /** Sum of the first i durations. */
  readonly sums: Float64Array;
  readonly longestSeconds: number;
}

export function makeJobs(durations: Float64Array): Jobs {
  const sums = new Float64Array(durations.length + 1);
  for (const [index, seconds] of durations.entries()) sums[index + 1] = (sums[index] ?? 0) + seconds;
  return { durations, sums, longestSeconds: durations.at(-1) ?? 0 };
}

/** How many jobs have ended by an age, the exact age included. */
export function endedBy({ durations }: Jobs, ageSeconds: number): number {
  let low = 0;
  let high = durations.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((durations[middle] ?? 0) <= ageSeconds) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Mean calls and delay if every job is polled at these ages. The last age must not be less than the longest job. */
export function scoreSchedule(jobs: Jobs, ages: readonly number[]): Score {
  const count = jobs.durations.length;
  let ended = 0;
  let calls = 0;
  let delay = 0;
  for (const age of ages) {
    calls += count - ended;
    const now = endedBy(jobs, age);
    delay += age * (now - ended) - ((jobs.sums[now] ?? 0) - (jobs.sums[ended] ?? 0));
    ended = now;
    if (ended === count) return { calls: calls / count, delaySeconds: delay / count };
  }
  throw new Error(`The schedule ends at ${ages.at(-1)} s, before the longest job (${jobs.longestSeconds} s).`);
}

export function mean(scores: readonly Score[]): Score {
  const sum = (of: (score: Score) => number) => scores.reduce((total, score) => total + of(score), 0);
  return {
    calls: sum(({ calls }) => calls) / scores.length,
    delaySeconds: sum(({ delaySeconds }) => delaySeconds) / scores.length,
  };
}

/**
 * Mean calls and delay over every pair of a schedule and a job, and the delay that one job of twenty exceeds, where
 * schedules are dealt out to jobs in turn.
 */
export function scoreSchedules(jobs: Jobs, schedules: readonly (readonly number[])[]): FullScore {
  const scores = schedules.map((ages) => scoreSchedule(jobs, ages));
  const delays = Float64Array.from(jobs.durations, (duration, index) => {
    const ages = schedules[(index * DEAL) % schedules.length] ?? [];
    return (ages.find((age) => age >= duration) ?? Number.NaN) - duration;
  });
  return { ...mean(scores), p95Seconds: delays.sort()[Math.floor(delays.length * 0.95)] ?? Number.NaN };
}

/** Prime, and greater than the number of schedules: neighbours among the jobs get different schedules. */
const DEAL = 1009;

/** Scores a strategy over so many schedules; one is enough if it leaves nothing to chance. */
export function scoreStrategy(jobs: Jobs, strategy: Strategy, random: () => number, schedules: number): FullScore {
  const all = Array.from({ length: schedules }, () => pollAges(strategy, random, jobs.longestSeconds));
  return scoreSchedules(jobs, all);
}

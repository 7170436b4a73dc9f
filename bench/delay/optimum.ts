import { endedBy, type Jobs, type Score } from './score.ts';

/** Share of the jobs that have ended by an age, and its integral from 0 to that age. */
export interface Ended {
  share(ageSeconds: number): number;
  integral(ageSeconds: number): number;
}

/** Bounds of the gap between two polls, the gap before the first poll included. */
export interface Gaps {
  readonly minSeconds: number;
  readonly maxSeconds: number;
}

export interface Optimum extends Score {
  /** Delay plus calls times their cost, in seconds per job: no schedule on the grid has less. */
  readonly costSeconds: number;
  readonly ages: readonly number[];
}

export const FREE: Gaps = { minSeconds: 0, maxSeconds: Number.POSITIVE_INFINITY };

export function endedOf(jobs: Jobs): Ended {
  const count = jobs.durations.length;
  return {
    share: (age) => endedBy(jobs, age) / count,
    integral: (age) => {
      const ended = endedBy(jobs, age);
      return (age * ended - (jobs.sums[ended] ?? 0)) / count;
    },
  };
}

/**
 * The best ages to poll at if the durations' law is known: least E[delay] + callSeconds · E[calls], by dynamic
 * programming over a grid of ages. Polling at b after a finds what ended in between with a delay of ∫ (F(t) − F(a)) dt
 * over (a, b], and costs a call for each job that had not ended at a. Everybody is taken to have ended at the last age
 * of the grid. The model is that of R. E. Barlow, L. C. Hunter and F. Proschan, "Optimum checking procedures" (1963),
 * https://doi.org/10.1137/0111080.
 */
export function makeOptimum(ended: Ended, grid: readonly number[], gaps: Gaps = FREE) {
  const ages = Float64Array.from(grid);
  const shares = ages.map((age) => ended.share(age));
  const integrals = ages.map((age) => ended.integral(age));
  const last = ages.length - 1;
  const windows = windowsOf(ages, gaps);

  function solve(callSeconds: number): Optimum {
    const values = new Float64Array(ages.length);
    const choices = new Int32Array(ages.length);
    for (let from = last - 1; from >= 0; from--) {
      const { first, end } = windows[from] ?? { first: from + 1, end: from + 2 };
      const share = shares[from] ?? 0;
      let best = Number.POSITIVE_INFINITY;
      for (let to = first; to < end; to++) {
        const value = (integrals[to] ?? 0) - share * (ages[to] ?? 0) + (values[to] ?? 0);
        if (value < best) {
          best = value;
          choices[from] = to;
        }
      }
      values[from] = best - (integrals[from] ?? 0) + share * (ages[from] ?? 0) + callSeconds * (1 - share);
    }
    return follow(choices, values[0] ?? 0);
  }

  function follow(choices: Int32Array, costSeconds: number): Optimum {
    const polled: number[] = [];
    let calls = 0;
    let delaySeconds = 0;
    for (let from = 0; from < last && (shares[from] ?? 1) < 1; ) {
      const to = choices[from] ?? last;
      calls += 1 - (shares[from] ?? 0);
      const gap = (ages[to] ?? 0) - (ages[from] ?? 0);
      delaySeconds += (integrals[to] ?? 0) - (integrals[from] ?? 0) - (shares[from] ?? 0) * gap;
      polled.push(ages[to] ?? 0);
      from = to;
    }
    return { ages: polled, calls, delaySeconds, costSeconds };
  }

  return solve;
}

/** For each age, the ages that may come next. Where the grid has none in bounds, the next one on it. */
function windowsOf(ages: Float64Array, gaps: Gaps): { first: number; end: number }[] {
  let first = 0;
  let end = 0;
  return Array.from(ages, (age, index) => {
    while (first < ages.length - 1 && (first <= index || (ages[first] ?? 0) - age < gaps.minSeconds)) first += 1;
    while (end < ages.length && (ages[end] ?? 0) - age <= gaps.maxSeconds) end += 1;
    return { first, end: Math.max(end, first + 1) };
  });
}

/** Ages from 0 to a little after the longest job: half of them dense where jobs end, half spread over all ages. */
export function gridOf({ durations, longestSeconds }: Jobs, points: number): number[] {
  const half = Math.floor(points / 2);
  const pick = (index: number) => durations[Math.floor((index / half) * durations.length)] ?? 0;
  const dense = Array.from({ length: half }, (_, index) => pick(index));
  const spread = Array.from({ length: half }, (_, index) => longestSeconds * (index / half) ** 2);
  return [...new Set([0, ...dense, ...spread, longestSeconds, longestSeconds * 1.000001])].sort((a, b) => a - b);
}

/**
 * The least delay that any schedule, also one chosen by lot, can have with so many calls per job: by duality the
 * greatest of cost(c) − c · calls over all costs c of a call. A few costs give a bound from below, more costs a sharper
 * one.
 */
export function leastDelay(optima: readonly { callSeconds: number; costSeconds: number }[], calls: number): number {
  return Math.max(0, ...optima.map(({ callSeconds, costSeconds }) => costSeconds - callSeconds * calls));
}

/** A logarithmic axis of seconds: jobs take from seconds to hours, and both ends matter. */
export interface LogAxis {
  /** 0 to 1. */
  at(seconds: number): number;
  readonly ticks: readonly number[];
}

/** The finest that are still round. */
const FINE = [1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8].flatMap((step) =>
  [0.1, 1, 10, 60, 600, 3600, 36_000].map((unit) => step * unit),
);
const TICKS = [0.1, 1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 21600, 86400, 604_800];
const SMALLEST_SECONDS = 0.1;

export function logAxis(values: readonly number[]): LogAxis {
  const positive = values.map((value) => Math.max(SMALLEST_SECONDS, value));
  const low = Math.log(Math.min(...positive) * 0.8);
  const high = Math.log(Math.max(...positive) * 1.25);
  const span = high - low;
  const at = (seconds: number): number =>
    Math.min(1, Math.max(0, (Math.log(Math.max(SMALLEST_SECONDS, seconds)) - low) / span));
  const within = (ticks: readonly number[]) => ticks.filter((tick) => Math.log(tick) >= low && Math.log(tick) <= high);
  const [coarse, fine] = [within(TICKS), within(FINE).toSorted((a, b) => a - b)];
  // An axis that says nothing of its scale is none.
  if (coarse.length >= 2) return { at, ticks: coarse };
  const [first, last] = [fine[0], fine.at(-1)];
  const isApart = first !== undefined && last !== undefined && first < last;
  return { at, ticks: isApart ? [first, last] : [Math.exp(low), Math.exp(high)] };
}

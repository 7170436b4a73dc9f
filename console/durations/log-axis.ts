/** A logarithmic axis of seconds: jobs take from seconds to hours, and both ends matter. */
export interface LogAxis {
  /** 0 to 1. */
  at(seconds: number): number;
  readonly ticks: readonly number[];
}

const TICKS = [0.1, 1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 21600, 86400, 604_800];
const SMALLEST_SECONDS = 0.1;

export function logAxis(values: readonly number[]): LogAxis {
  const positive = values.map((value) => Math.max(SMALLEST_SECONDS, value));
  const low = Math.log(Math.min(...positive) * 0.8);
  const high = Math.log(Math.max(...positive) * 1.25);
  const span = high - low;
  const at = (seconds: number): number =>
    Math.min(1, Math.max(0, (Math.log(Math.max(SMALLEST_SECONDS, seconds)) - low) / span));
  return { at, ticks: TICKS.filter((tick) => Math.log(tick) >= low && Math.log(tick) <= high) };
}

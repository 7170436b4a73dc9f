/** When things happened to one job: milliseconds of one clock, that of the machine. */
export interface Told {
  /** From its submission to the vendor's end. */
  readonly lastedSeconds: number;
  readonly endedMs: number;
  /** The answer of the vendor that showed the end. */
  readonly polledMs: number;
  /** The delivery's record was made. */
  readonly recordedMs: number;
  readonly receivedMs: number;
}

/** Seconds. */
export interface Spread {
  readonly mean: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly most: number;
}

export interface Stages {
  readonly jobs: number;
  /** From the vendor's end to the webhook, and its parts. */
  readonly whole: Spread;
  readonly untilPolled: Spread;
  readonly untilRecorded: Spread;
  readonly untilReceived: Spread;
}

export function stagesOf(told: readonly Told[]): Stages {
  const between = (from: (one: Told) => number, to: (one: Told) => number) =>
    spreadOf(told.map((one) => (to(one) - from(one)) / 1000));
  return {
    jobs: told.length,
    whole: between(
      ({ endedMs }) => endedMs,
      ({ receivedMs }) => receivedMs,
    ),
    untilPolled: between(
      ({ endedMs }) => endedMs,
      ({ polledMs }) => polledMs,
    ),
    untilRecorded: between(
      ({ polledMs }) => polledMs,
      ({ recordedMs }) => recordedMs,
    ),
    untilReceived: between(
      ({ recordedMs }) => recordedMs,
      ({ receivedMs }) => receivedMs,
    ),
  };
}

/** Percentiles are the least value that so many are not above; of less than 100 values the 99th is the greatest. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.max(Math.ceil(sorted.length * share) - 1, 0)] ?? Number.NaN;
  const mean = sorted.reduce((sum, value) => sum + value, 0) / sorted.length;
  return { mean, p50: at(0.5), p95: at(0.95), p99: at(0.99), most: at(1) };
}

/** Round numbers for the axes of charts over time. */

const COUNT_STEPS = [1, 2, 5].flatMap((step) => [1, 10, 100, 1000, 10_000, 100_000].map((unit) => step * unit));
const SECONDS_STEPS = [
  0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21_600, 43_200, 86_400, 172_800,
];
const TICKS_MAX = 4;

/** From 0 to the highest value or a little above it: at most four steps, each of the same round size. */
function ticksTo(highest: number, steps: readonly number[]): readonly number[] {
  const sorted = steps.toSorted((a, b) => a - b);
  const step = sorted.find((size) => highest <= size * TICKS_MAX) ?? Math.ceil(highest / TICKS_MAX);
  const count = Math.max(1, Math.ceil(highest / step));
  return Array.from({ length: count + 1 }, (_, index) => Number((index * step).toFixed(1)));
}

/** Of things that are counted. */
export function countTicks(highest: number): readonly number[] {
  return ticksTo(highest, COUNT_STEPS);
}

/** Of seconds. */
export function secondsTicks(highest: number): readonly number[] {
  return ticksTo(highest, SECONDS_STEPS);
}

/** A bucket that gets a name on the axis of time. */
export interface TimeTick {
  readonly index: number;
  readonly text: string;
}

const HOURS = [1, 2, 3, 4, 6, 8, 12];
const LABEL = 52;

/**
 * Names of buckets by when they begin, as `2026-11-21 03:00:00 …`: round hours where the buckets are hours, else the
 * days; as many as there is room for.
 */
export function timeTicks(begins: readonly string[], bucketSeconds: number, width: number): readonly TimeTick[] {
  const roomOf = (names: number): boolean => names * LABEL <= Math.max(LABEL, width);
  const hourOf = (text: string): number => Number(text.slice(11, 13));
  if (bucketSeconds <= 3600) {
    const stride = HOURS.find((hours) => roomOf(Math.ceil(begins.length / hours))) ?? 24;
    return begins.flatMap((text, index) => (hourOf(text) % stride === 0 ? [{ index, text: text.slice(11, 16) }] : []));
  }
  const days = begins.flatMap((text, index) =>
    begins[index - 1]?.slice(0, 10) === text.slice(0, 10) || (index === 0 && hourOf(text) * 3600 >= bucketSeconds)
      ? []
      : [{ index, text: text.slice(5, 10) }],
  );
  const every = roomOf(days.length) ? 1 : 2;
  return days.filter((_, number) => number % every === 0);
}

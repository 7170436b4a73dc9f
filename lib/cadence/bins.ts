/**
 * Durations are counted in bins of equal ratio, 16 to the octave: a bin is 4.4 % wide, be it about seconds or about
 * days. Bin 0 holds what is shorter than a second, the last one what is longer than 6.9 days; no watch lasts longer
 * than 7.
 */
const BINS_PER_OCTAVE = 16;
export const BINS = 308;

/** Where each bin begins, in seconds, and where the last one ends. */
export const EDGES: readonly number[] = Array.from({ length: BINS + 1 }, (_, bin) =>
  bin === 0 ? 0 : 2 ** ((bin - 1) / BINS_PER_OCTAVE),
);

/** The bin of a duration. What is below a second, or no number, is in bin 0. */
export function binOf(seconds: number): number {
  if (!(seconds >= 1)) return 0;
  // A duration that is an edge belongs to the bin that begins there, whatever the logarithm's last digit.
  return Math.min(BINS - 1, 1 + Math.floor(Math.log2(seconds) * BINS_PER_OCTAVE + 1e-9));
}

/** Begin and end of a bin, in seconds. */
export function spanOf(bin: number): { readonly from: number; readonly to: number } {
  return { from: EDGES[bin] ?? 0, to: EDGES[bin + 1] ?? 0 };
}

import type { Clock } from '../base/time.ts';

/**
 * Makes it once for all who ask within that time, and for all who ask while it is made. What failed is made anew.
 * `keptMs` may depend on what was made.
 */
export function makeKept<Made>(
  clock: Clock,
  keptMs: (made: Made) => number,
  make: () => Promise<Made>,
): () => Promise<Made> {
  let kept: Promise<Made> | null = null;
  let untilMs = 0;

  async function begin(): Promise<Made> {
    try {
      const made = await make();
      untilMs = clock() + keptMs(made);
      return made;
    } catch (error) {
      kept = null;
      throw error;
    }
  }

  return () => {
    if (kept === null || clock() >= untilMs) {
      untilMs = Number.POSITIVE_INFINITY;
      kept = begin();
    }
    return kept;
  };
}

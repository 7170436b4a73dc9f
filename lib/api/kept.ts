import type { Clock } from '../base/time.ts';

/** What takes longer is given up on by whoever asks next: it may never come. */
const MADE_WITHIN_MS = 30_000;

/**
 * Makes it once for all who ask within that time, and for all who ask while it is made. What failed is made anew.
 * `keptMs` may depend on what was made.
 */
export function makeKept<Made>(
  clock: Clock,
  keptMs: (made: Made) => number,
  make: () => Promise<Made>,
): () => Promise<Made> {
  let kept: { readonly made: Promise<Made>; untilMs: number } | null = null;

  return () => {
    if (kept !== null && clock() < kept.untilMs) return kept.made;
    const mine = { made: make(), untilMs: clock() + MADE_WITHIN_MS };
    kept = mine;
    mine.made.then(
      (made) => {
        mine.untilMs = clock() + keptMs(made);
      },
      () => {
        mine.untilMs = 0;
      },
    );
    return mine.made;
  };
}

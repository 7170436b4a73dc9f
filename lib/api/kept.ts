import type { Clock } from '../base/time.ts';

/** What takes longer is given up on by whoever asks next: it may never come. */
const READ_WITHIN_MS = 30_000;

/**
 * One read for whoever asks while it is under way and for so long after it (which may depend on what was read): all get
 * the same. A read that failed is tried anew.
 */
export function keptFor<Kept>(
  keptMs: number | ((kept: Kept) => number),
  clock: Clock,
  read: () => Promise<Kept>,
): () => Promise<Kept> {
  let kept: { readonly response: Promise<Kept>; untilMs: number } | null = null;
  return () => {
    if (kept !== null && clock() < kept.untilMs) return kept.response;
    const reading = { response: read(), untilMs: clock() + READ_WITHIN_MS };
    kept = reading;
    reading.response.then(
      (response) => {
        reading.untilMs = clock() + (typeof keptMs === 'number' ? keptMs : keptMs(response));
      },
      () => {
        reading.untilMs = 0;
      },
    );
    return reading.response;
  };
}

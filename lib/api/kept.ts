import type { Clock } from '../base/time.ts';
import type { ApiResponse } from './http/types.ts';

/**
 * One read for whoever asks while it is under way and for so long after it: all get the same response. A read that
 * failed is tried anew.
 */
export function keptFor(keptMs: number, clock: Clock, read: () => Promise<ApiResponse>): () => Promise<ApiResponse> {
  let kept: { response: Promise<ApiResponse>; untilMs: number } | null = null;
  return () => {
    if (kept !== null && clock() < kept.untilMs) return kept.response;
    const reading = { response: read(), untilMs: Infinity };
    kept = reading;
    reading.response.then(
      () => {
        reading.untilMs = clock() + keptMs;
      },
      () => {
        kept = null;
      },
    );
    return reading.response;
  };
}

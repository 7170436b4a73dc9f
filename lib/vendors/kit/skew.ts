import { httpDateMs } from '../../base/http-headers.ts';
import type { Clock } from '../../base/time.ts';

/** A clock that learns from vendors how far the machine's own is off. */
interface SkewedClock {
  readonly now: Clock;
  /**
   * Sets the clock by the `Date` header of the response to a request signed at `signedAtMs`. True if a new signature
   * would bear another time, so that a second attempt makes sense.
   */
  readonly correct: (headers: Readonly<Record<string, string>>, signedAtMs: number) => boolean;
}

/** Both vendors allow 15 minutes; a request within a minute of the vendor's time was not refused for its time. */
const NOTABLE_MS = 60_000;

export function makeSkewedClock(clock: Clock): SkewedClock {
  let offsetMs = 0;
  return {
    now: () => clock() + offsetMs,
    correct: (headers, signedAtMs) => {
      const vendorMs = httpDateMs(headers['date']);
      if (vendorMs === null || Math.abs(vendorMs - signedAtMs) < NOTABLE_MS) return false;
      offsetMs = vendorMs - clock();
      return true;
    },
  };
}

import { httpDateMs } from '../../base/http-headers.ts';
import type { Clock } from '../../base/time.ts';

/** A clock that learns from vendors how far the machine's own is off from theirs: end points need not agree. */
export interface SkewedClock {
  /** The time at an origin. */
  readonly now: (origin: string) => number;
  /**
   * Sets the origin's time by the `Date` header of its response to a request signed at `signedAtMs`. True if a new
   * signature would bear another time, so that a second attempt makes sense.
   */
  readonly correct: (origin: string, headers: Readonly<Record<string, string>>, signedAtMs: number) => boolean;
}

/** Both vendors allow 15 minutes; a request within a minute of the vendor's time was not refused for its time. */
const NOTABLE_MS = 60_000;
/** Regions come from messages: names without end may not fill the memory. */
const ORIGINS_MAX = 1000;

export function makeSkewedClock(clock: Clock): SkewedClock {
  const offsetsMs = new Map<string, number>();
  return {
    now: (origin) => clock() + (offsetsMs.get(origin) ?? 0),
    correct: (origin, headers, signedAtMs) => {
      const vendorMs = httpDateMs(headers['date']);
      if (vendorMs === null || Math.abs(vendorMs - signedAtMs) < NOTABLE_MS) return false;
      if (offsetsMs.size >= ORIGINS_MAX) offsetsMs.clear();
      offsetsMs.set(origin, vendorMs - clock());
      return true;
    },
  };
}

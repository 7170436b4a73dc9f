import { type Iso, toIso } from '../../base/time.ts';
import type { DeliveryState } from '../../deliver/delivery.ts';
import type { Phase } from '../../job/phase.ts';

const HOUR_MS = 3_600_000;

/** How far back, by what the query calls it. Buckets begin at multiples of their width in UTC. */
export const RANGES = {
  '24h': { bucketMs: HOUR_MS, buckets: 24 },
  '7d': { bucketMs: 6 * HOUR_MS, buckets: 28 },
} as const satisfies Readonly<Record<string, { readonly bucketMs: number; readonly buckets: number }>>;

export type Range = keyof typeof RANGES;

/** What a job's record says of its end. */
export interface End {
  readonly phase: Phase;
  readonly atMs: number;
  /** From the vendor's own end to the poll that saw it; null: not known, or no end of the vendor's. */
  readonly delayMs: number | null;
  readonly polls: number;
}

/** What became of a delivery. */
export interface Sent {
  readonly state: DeliveryState;
  /** When it was made. */
  readonly atMs: number;
  /** From then to the answer that took it; null: not delivered, or sent again later. */
  readonly delayMs: number | null;
}

export interface Delay {
  /** Of so many it is known. */
  readonly count: number;
  readonly p50Seconds: number;
  readonly p95Seconds: number;
}

export interface Figures {
  /** Jobs by the phase that they ended in. */
  readonly ends: Readonly<Partial<Record<Phase, number>>>;
  /** Of those jobs, over all their life. */
  readonly polls: number;
  readonly detectionDelay: Delay | null;
  /** Deliveries by their state now. */
  readonly deliveries: Readonly<Partial<Record<DeliveryState, number>>>;
  readonly deliveryDelay: Delay | null;
}

export interface Bucket extends Figures {
  readonly from: Iso;
  /** Not in it any more. */
  readonly to: Iso;
}

/** Where the first bucket begins: the last one has now in it. */
export function rangeBegin(range: Range, nowMs: number): number {
  const { bucketMs, buckets } = RANGES[range];
  return (Math.floor(nowMs / bucketMs) + 1 - buckets) * bucketMs;
}

/**
 * Ends by when they were seen, deliveries by when they were made, the oldest bucket first; and all of them together.
 * What lies outside of the buckets counts nowhere.
 */
export function bucketsOf(
  range: Range,
  nowMs: number,
  ends: readonly End[],
  deliveries: readonly Sent[],
): { readonly buckets: readonly Bucket[]; readonly total: Figures } {
  const { bucketMs, buckets } = RANGES[range];
  const beginMs = rangeBegin(range, nowMs);
  const indexOf = ({ atMs }: { readonly atMs: number }): number => Math.floor((atMs - beginMs) / bucketMs);
  const isWithin = (one: { readonly atMs: number }): boolean => indexOf(one) >= 0 && indexOf(one) < buckets;
  const [endsWithin, deliveriesWithin] = [ends.filter(isWithin), deliveries.filter(isWithin)];
  const [endsOf, deliveriesOf] = [Map.groupBy(endsWithin, indexOf), Map.groupBy(deliveriesWithin, indexOf)];
  return {
    buckets: Array.from({ length: buckets }, (_, index) => ({
      from: toIso(beginMs + index * bucketMs),
      to: toIso(beginMs + (index + 1) * bucketMs),
      ...figuresOf(endsOf.get(index) ?? [], deliveriesOf.get(index) ?? []),
    })),
    total: figuresOf(endsWithin, deliveriesWithin),
  };
}

function figuresOf(ends: readonly End[], deliveries: readonly Sent[]): Figures {
  return {
    ends: countsOf(ends.map(({ phase }) => phase)),
    polls: ends.reduce((sum, { polls }) => sum + polls, 0),
    detectionDelay: delayOf(ends),
    deliveries: countsOf(deliveries.map(({ state }) => state)),
    deliveryDelay: delayOf(deliveries),
  };
}

/** In the order of the words, so that the same counts are the same text. */
function countsOf<Word extends string>(words: readonly Word[]): Partial<Record<Word, number>> {
  const counts: Partial<Record<Word, number>> = {};
  for (const word of words.toSorted()) counts[word] = (counts[word] ?? 0) + 1;
  return counts;
}

/** Quantiles by the nearest rank: each is a delay that there was. https://en.wikipedia.org/wiki/Percentile */
export function delayOf(of: readonly { readonly delayMs: number | null }[]): Delay | null {
  const delays = of.flatMap(({ delayMs }) => (delayMs === null ? [] : [delayMs])).toSorted((a, b) => a - b);
  const rank = (share: number): number => (delays[Math.ceil(share * delays.length) - 1] ?? 0) / 1000;
  return delays.length === 0 ? null : { count: delays.length, p50Seconds: rank(0.5), p95Seconds: rank(0.95) };
}

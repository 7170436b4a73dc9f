import { BINS } from './bins.ts';
import type { Evidence } from './hazard.ts';

/** What durations are learned for. */
export interface Kind {
  readonly api: string;
  /** The vendor's name of what the job does; null while, or where, it does not tell. */
  readonly operation: string | null;
  readonly region: string;
}

/** What one job that has ended adds to what is known, and how much it takes away from it. */
export interface Weights {
  /** The job, shared out by weights that sum to 1, over the bins that it may belong to. */
  readonly ends: ReadonlyMap<number, number>;
  readonly censored: ReadonlyMap<number, number>;
  /** Its part of `Counts.lean`. */
  readonly lean: number;
  /** It makes older jobs fade as so many jobs do: 1, and more while the latest jobs contradict them. */
  readonly fades: number;
}

/** Jobs of one kind as they are stored, in jobs as they weighed at `sinceMs`. */
export interface Counts extends Kind, Evidence {
  /** A job that ended then weighs 1. */
  readonly sinceMs: number;
  /** Ended jobs, whatever they weigh now. */
  readonly count: number;
  /** Where the latest jobs ended, by what was known: from −0.5, all of them earlier, to 0.5, all of them later. */
  readonly lean: number;
  /** How many jobs' worth of fading there was; it only grows. */
  readonly faded: number;
}

/** A kind leans by the mean over so many of its latest jobs. */
export const LEAN_JOBS = 8;
/** After so long a job weighs half of a new one. */
const HALF_LIFE_MS = 7 * 24 * 3_600_000;
/** So many new jobs of its kind do the same. */
const HALF_LIFE_JOBS = 150;

/** What a job that ends now weighs, in jobs that ended at `sinceMs`. */
export function weightAt(nowMs: number, sinceMs: number): number {
  return 2 ** ((nowMs - sinceMs) / HALF_LIFE_MS);
}

/** What is left of a job after so many jobs' worth of fading. */
export function leftAfter(fadedJobs: number): number {
  return 2 ** (-fadedJobs / HALF_LIFE_JOBS);
}

/** One job, as it weighs when it ends. */
export function countsOfJob(kind: Kind, { ends, censored, lean, fades }: Weights, nowMs: number): Counts {
  const { api, operation, region } = kind;
  const filled = (parts: ReadonlyMap<number, number>) => Array.from({ length: BINS }, (_, bin) => parts.get(bin) ?? 0);
  const count = ends.size > 0 ? 1 : 0;
  const evidence = { ends: filled(ends), censored: filled(censored) };
  return { api, operation, region, sinceMs: nowMs, count, lean, faded: fades, ...evidence };
}

/** Jobs that ended at about the same time: none makes another fade. */
export function together(some: Counts, others: Counts): Counts {
  return joined(some, others, 1, Math.max(some.sinceMs, others.sinceMs));
}

/** What was known, with the jobs that have ended since: these make it fade, and so has time. */
export function withLater(stored: Counts, later: Counts): Counts {
  const sinceMs = Math.max(stored.sinceMs, later.sinceMs);
  return joined(stored, later, leftAfter(later.faded) / weightAt(sinceMs, stored.sinceMs), sinceMs);
}

/** The same, weighing less. */
export function scaled(counts: Counts, share: number): Counts {
  const times = (weights: readonly number[]) => weights.map((weight) => weight * share);
  return { ...counts, ends: times(counts.ends), censored: times(counts.censored) };
}

function joined(older: Counts, newer: Counts, share: number, sinceMs: number): Counts {
  const total = (some: readonly number[], others: readonly number[]) =>
    some.map((weight, bin) => weight * share + (others[bin] ?? 0));
  return {
    ...older,
    sinceMs,
    count: older.count + newer.count,
    lean: older.lean * (1 - 1 / LEAN_JOBS) ** newer.count + newer.lean,
    faded: older.faded + newer.faded,
    ends: total(older.ends, newer.ends),
    censored: total(older.censored, newer.censored),
  };
}

import { isOpen } from '../../client/job.ts';
import type { History } from '../../client/responses.ts';
import { BAD_PHASES, PHASES } from '../data/phases.ts';
import { hrefOf } from '../data/place.ts';

export type Bucket = History['buckets'][number];
export type Figures = History['total'];
export type Delay = Figures['detectionDelay'];

/** Ends from the best on; words of a newer jobwatch are after them. */
const END_PHASES: readonly string[] = PHASES.filter((phase) => !isOpen({ phase, endedAt: null }));
const GOOD_FIRST = ['succeeded', 'canceled', 'stopped', 'timed_out', 'lost', 'failed', 'rollback_failed'];
const STATES = ['delivered', 'waiting', 'skipped', 'canceled', 'exhausted'];

/** The words that the figures have, in an order that does not change from bucket to bucket. */
function wordsOf(all: readonly Readonly<Record<string, number>>[], order: readonly string[]): readonly string[] {
  const found = new Set(all.flatMap((counts) => Object.keys(counts)));
  const unknown = [...found].filter((word) => !order.includes(word)).toSorted();
  return [...order.filter((word) => found.has(word)), ...unknown];
}

export function endPhasesOf({ ends }: Pick<Figures, 'ends'>): readonly string[] {
  return wordsOf([ends], [...GOOD_FIRST, ...END_PHASES.filter((phase) => !GOOD_FIRST.includes(phase))]);
}

export function badPhasesOf(figures: Pick<Figures, 'ends'>): readonly string[] {
  return endPhasesOf(figures).filter((phase) => BAD_PHASES.has(phase));
}

export function statesOf({ deliveries }: Pick<Figures, 'deliveries'>): readonly string[] {
  return wordsOf([deliveries], STATES);
}

export function sumOf(counts: Readonly<Record<string, number>>, words?: readonly string[]): number {
  return (words ?? Object.keys(counts)).reduce((sum, word) => sum + (counts[word] ?? 0), 0);
}

/** Deliveries that have ended otherwise than they should. */
export const NOT_DELIVERED: readonly string[] = ['exhausted', 'canceled', 'skipped'];

/** Polls a job that ended; null: none did. */
export function pollsOf({ ends, polls }: Pick<Figures, 'ends' | 'polls'>): number | null {
  const jobs = sumOf(ends);
  return jobs === 0 ? null : polls / jobs;
}

/** The jobs that ended in a bucket, or in some phases of it. */
export function jobsHref({ from, to }: Pick<Bucket, 'from' | 'to'>, phases: readonly string[] = []): string {
  return hrefOf(['jobs'], { phase: phases.join(','), endedSince: from, endedUntil: to });
}

/** How many buckets, from the first on, lack what was created before: a limit cut it off. */
export function cutBuckets({ buckets }: Pick<History, 'buckets'>, since: string): number {
  return buckets.filter(({ from }) => from < since).length;
}

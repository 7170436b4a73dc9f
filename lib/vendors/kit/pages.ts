import type { Trouble } from '../../job/observation.ts';
import type { Results } from './results.ts';

/** A page of a list, and what the next one is asked for by; null: it is the last. */
export interface Page<Next> {
  readonly kind: 'page';
  readonly jobs: readonly unknown[];
  readonly next: Next | null;
}

export interface PagedList<Next> {
  /** The first page is asked for by null. */
  readonly readPage: (next: Next | null) => Promise<Page<Next> | Trouble>;
  /** Notes what an entry says; false if it has no id. */
  readonly see: (job: unknown) => boolean;
}

/** A list of so few ids that takes more pages than this is not one that we requested. */
const PAGES_MAX = 10;
export const UNREADABLE: Trouble = {
  kind: 'malformed',
  reason: 'the list is not one that can be read to its end',
};

/**
 * Reads pages until all ids are seen, or the list ends. Null: it was read to its end and each of its entries has an id, so
 * that what is unseen is not in it.
 */
export async function readPages<Next>(results: Results, { readPage, see }: PagedList<Next>): Promise<Trouble | null> {
  const asked = new Set<Next | null>();
  let next: Next | null = null;
  let isWhole = true;
  // A token that repeats would lead round for ever.
  while (asked.size < PAGES_MAX && !asked.has(next)) {
    asked.add(next);
    const page: Page<Next> | Trouble = await readPage(next);
    if (page.kind !== 'page') return page;
    for (const job of page.jobs) isWhole = see(job) && isWhole;
    next = page.next;
    if (next === null || results.unseen().length === 0) return endOf(results, isWhole);
  }
  return UNREADABLE;
}

function endOf(results: Results, isWhole: boolean): Trouble | null {
  return isWhole || results.unseen().length === 0 ? null : UNREADABLE;
}

import type { Job } from '../../client/responses.ts';

/** A page of the list as it came, and what stretch of the list it speaks of. */
export interface FreshPage {
  readonly jobs: readonly Job[];
  /** Whether the list ends with this page. */
  readonly isLast: boolean;
}

/** Newest first, as the API lists them. */
export function compareJobs(a: Job, b: Job): number {
  if (a.createdAt !== b.createdAt) return a.createdAt < b.createdAt ? 1 : -1;
  if (a.id === b.id) return 0;
  return a.id < b.id ? 1 : -1;
}

/**
 * The rows with the newest page put in: what it holds replaces what was known, and what was known in its stretch and is
 * not in it any more (it left the filter) goes. Rows below its stretch stay.
 */
export function withNewestPage(rows: readonly Job[], page: FreshPage): readonly Job[] {
  const last = page.jobs.at(-1);
  if (page.isLast) return page.jobs;
  if (last === undefined) return rows;
  const below = rows.filter((row) => compareJobs(row, last) > 0);
  return [...page.jobs, ...below];
}

/** The rows with an older page put below; a job that is there already stays where it is. */
export function withOlderPage(rows: readonly Job[], page: readonly Job[]): readonly Job[] {
  const known = new Set(rows.map(({ id }) => id));
  return [...rows, ...page.filter(({ id }) => !known.has(id))];
}

/** The rows with one record renewed, or taken out where it does not fit the filter any more. */
export function withRecord(rows: readonly Job[], job: Job, phases: readonly string[]): readonly Job[] {
  if (phases.length > 0 && !phases.includes(job.phase)) return rows.filter(({ id }) => id !== job.id);
  return rows.map((row) => (row.id === job.id ? job : row));
}

/** True if there may be jobs between the page and the rows: the page knows none of them. */
export function leavesGap(rows: readonly Job[], page: FreshPage): boolean {
  if (page.isLast || rows.length === 0) return false;
  const known = new Set(rows.map(({ id }) => id));
  return page.jobs.every(({ id }) => !known.has(id));
}

export interface Stretch {
  readonly first: number;
  /** Exclusive. */
  readonly end: number;
}

/** The rows to draw: those in sight and a few around them, whatever the length of the list. */
export function stretchInSight(
  count: number,
  {
    scrollTop,
    height,
    rowHeight,
    around = 8,
  }: { scrollTop: number; height: number; rowHeight: number; around?: number },
): Stretch {
  const first = Math.max(0, Math.min(count, Math.floor(scrollTop / rowHeight) - around));
  const end = Math.min(count, Math.ceil((scrollTop + height) / rowHeight) + around);
  return { first, end: Math.max(first, end) };
}

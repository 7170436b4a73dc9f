import { type Clock, type Iso, toIso } from '../../base/time.ts';
import type { Position } from '../../job/store.ts';
import type { ApiJobs } from '../ports.ts';

/** Clocks of workers differ: a record may be of a time that is to come. */
const CLOCKS_APART_MS = 5 * 60_000;
const DAY_MS = 24 * 3_600_000;
const PAGE = 1000;
const END_OF_TIME = '9999';

export interface OpenIds {
  readonly ids: readonly string[];
  /** No limit cut any of them off. */
  readonly isWhole: boolean;
}

/** Jobs that are open by their index, so many at most of each of its 16 parts. */
export async function openIds(jobs: Pick<ApiJobs, 'dueBefore'>, partMax: number): Promise<OpenIds> {
  const ids: string[] = [];
  let isWhole = true;
  for await (const page of jobs.dueBefore(END_OF_TIME, partMax)) {
    ids.push(...page);
    isWhole &&= page.length < partMax;
  }
  return { ids, isWhole };
}

export interface RecentIds {
  /** Newest first. Some may be a little older than asked for. */
  readonly ids: readonly string[];
  /** The limit cut off those that were created before; null: it cut off none. */
  readonly cutAt: Iso | null;
}

/** Jobs that were created since, by the index of days; hardly more than `max`. */
export async function recentIds(
  { jobs, clock }: { readonly jobs: Pick<ApiJobs, 'idsOfDay'>; readonly clock: Clock },
  since: Iso,
  max: number,
): Promise<RecentIds> {
  const ids: string[] = [];
  for (let ms = clock() + CLOCKS_APART_MS; toIso(ms).slice(0, 10) >= since.slice(0, 10); ms -= DAY_MS) {
    const day = toIso(ms).slice(0, 10);
    let after: Position | null = null;
    do {
      const page: Awaited<ReturnType<typeof jobs.idsOfDay>> = await jobs.idsOfDay(day, PAGE, after);
      ids.push(...page.ids);
      after = page.next;
      const reached = after?.createdAt ?? `${day}T00:00:00.000Z`;
      if (ids.length >= max) return { ids, cutAt: reached > since ? reached : null };
    } while (after !== null && after.createdAt >= since);
  }
  return { ids, cutAt: null };
}

import { type Job, jobs as jobsShape } from '../../client/responses.ts';
import type { Context } from '../context.ts';
import { need, read } from './client.ts';

export interface Found {
  readonly jobs: readonly Job[];
  /** There may be more: the limit or the most pages were reached. */
  readonly isCut: boolean;
}

export interface FindLimits {
  readonly limit: number;
  readonly pagesMax?: number;
}

const PAGE_MAX = 100;

/** Newest first, through the pages until there are enough. A page may be short, even empty, and still have a next one. */
export async function findJobs(
  { client }: Pick<Context, 'client'>,
  filters: URLSearchParams,
  { limit, pagesMax = Infinity }: FindLimits,
): Promise<Found> {
  const found: Job[] = [];
  let cursor: string | undefined;
  let pages = 0;
  do {
    const query = new URLSearchParams(filters);
    query.set('limit', String(Math.min(PAGE_MAX, limit - found.length)));
    if (cursor !== undefined) query.set('cursor', cursor);
    const page = read(jobsShape, need(client, await client.call('GET', `/jobs?${query}`)));
    found.push(...page.jobs);
    cursor = page.nextCursor;
    pages += 1;
  } while (cursor !== undefined && found.length < limit && pages < pagesMax);
  return { jobs: found.slice(0, limit), isCut: cursor !== undefined || found.length > limit };
}

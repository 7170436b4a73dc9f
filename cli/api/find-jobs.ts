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
  /** What the API has no filter for. Default: all are kept. */
  readonly keep?: (job: Job) => boolean;
}

const PAGE_MAX = 100;

/** Goes through the pages until there are enough. A page may be short, even empty, and still have a next one. */
export async function findJobs(
  { client }: Pick<Context, 'client'>,
  filters: URLSearchParams,
  { limit, pagesMax = Infinity, keep }: FindLimits,
): Promise<Found> {
  const found: Job[] = [];
  let cursor: string | undefined;
  let pages = 0;
  do {
    const query = new URLSearchParams(filters);
    query.set('limit', String(keep === undefined ? Math.min(PAGE_MAX, limit - found.length) : PAGE_MAX));
    if (cursor !== undefined) query.set('cursor', cursor);
    const page = read(jobsShape, need(client, await client.call('GET', `/jobs?${query}`)));
    found.push(...page.jobs.filter((job) => keep?.(job) ?? true));
    cursor = page.nextCursor;
    pages += 1;
  } while (cursor !== undefined && found.length < limit && pages < pagesMax);
  return { jobs: found.slice(0, limit), isCut: cursor !== undefined || found.length > limit };
}

/** Jobs of several phases, newest first; the API lists one phase or all. No phases: all. */
export async function findJobsOf(
  context: Pick<Context, 'client'>,
  phases: readonly string[],
  filters: URLSearchParams,
  limits: FindLimits,
): Promise<Found> {
  if (phases.length === 0) return findJobs(context, filters, limits);
  const lists = await Promise.all(
    phases.map((phase) => findJobs(context, new URLSearchParams([['phase', phase], ...filters]), limits)),
  );
  // A job that changes between the lists stands in two of them.
  const each = new Map(lists.flatMap(({ jobs }) => jobs).map((job) => [job.id, job]));
  const newest = [...each.values()].toSorted((a, b) => (a.createdAt > b.createdAt ? -1 : 1));
  const isCut = lists.some((list) => list.isCut) || newest.length > limits.limit;
  return { jobs: newest.slice(0, limits.limit), isCut };
}

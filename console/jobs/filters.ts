import { pairOf } from '../../client/input.ts';
import type { Job } from '../../client/responses.ts';
import { parseTime } from '../../lib/base/time.ts';
import { PHASES } from '../data/phases.ts';

/** The filters of the table, as they stand in the URL. An empty text is no filter. */
export interface Filters {
  /** A phase, or `open` for the first three. */
  readonly phase: string;
  readonly api: string;
  readonly account: string;
  readonly jobId: string;
  /** `key=value`. */
  readonly label: string;
  /** ISO 8601. */
  readonly since: string;
}

export function filtersOf(query: URLSearchParams): Filters {
  const text = (name: string): string => query.get(name)?.trim() ?? '';
  const phase = text('phase');
  const since = text('since');
  return {
    phase: query.get('open') === '1' ? 'open' : PHASES.some((one) => one === phase) ? phase : '',
    api: text('api'),
    account: text('account'),
    jobId: text('jobId'),
    label: text('label'),
    since: parseTime(since) === null ? '' : since,
  };
}

/** For the page's own URL. */
export function placeQuery({ phase, ...rest }: Filters): Readonly<Record<string, string>> {
  return { ...(phase === 'open' ? { open: '1' } : { phase }), ...rest };
}

/** For the API; a label that is not yet `key=value` is none. */
export function apiQuery({ label, ...rest }: Filters): string {
  const pair = pairOf(label);
  const pairs = Object.entries(rest).filter(([, value]) => value !== '');
  return new URLSearchParams(pair === null ? pairs : [...pairs, [`label.${pair[0]}`, pair[1]]]).toString();
}

export function isFiltered(filters: Filters): boolean {
  return Object.values(filters).some((value) => value !== '');
}

/** Open jobs come in three lists of a phase each, unfiltered: this is the rest of the filters. */
export function fitsFilters(job: Job, { api, account, jobId, label, since }: Filters): boolean {
  const pair = pairOf(label);
  return (
    (api === '' || job.api === api) &&
    (account === '' || job.account === account) &&
    (jobId === '' || job.jobId === jobId) &&
    (pair === null || job.labels[pair[0]] === pair[1]) &&
    (since === '' || job.createdAt >= since)
  );
}

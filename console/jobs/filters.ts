import { pairOf } from '../../client/input.ts';
import { OPEN_JOBS_DAYS, OPEN_PHASES } from '../../client/job.ts';
import { parseTime } from '../../lib/base/time.ts';
import { PHASES } from '../data/phases.ts';

/** The filters of the table, as they stand in the URL. An empty text or list is no filter. */
export interface Filters {
  /** Any of them. */
  readonly phases: readonly string[];
  readonly api: string;
  readonly account: string;
  readonly region: string;
  readonly operation: string;
  /** What the id, or the vendor's job id, begins with. */
  readonly id: string;
  /** Each `key=value`; all of them. */
  readonly labels: readonly string[];
  /** ISO 8601. */
  readonly since: string;
  /** ISO 8601: it ended then or later, and before. */
  readonly endedSince: string;
  readonly endedUntil: string;
}

const LABELS_MAX = 8;

export function filtersOf(query: URLSearchParams): Filters {
  const text = (name: string): string => query.get(name)?.trim() ?? '';
  const time = (name: string): string => (parseTime(text(name)) === null ? '' : text(name));
  const words = text('phase').split(',');
  return {
    phases: query.get('open') === '1' ? OPEN_PHASES : PHASES.filter((phase) => words.includes(phase)),
    api: text('api'),
    account: text('account'),
    region: text('region'),
    operation: text('operation'),
    id: text('id') || text('jobId'),
    labels: query
      .getAll('label')
      .filter((label) => pairOf(label) !== null)
      .slice(0, LABELS_MAX),
    since: time('since'),
    endedSince: time('endedSince'),
    endedUntil: time('endedUntil'),
  };
}

/** For the page's own URL. */
export function placeQuery({ phases, labels, ...rest }: Filters): Readonly<Record<string, string | readonly string[]>> {
  return { ...(isAllOpen(phases) ? { open: '1' } : { phase: phases.join(',') }), ...rest, label: labels };
}

function isAllOpen(phases: readonly string[]): boolean {
  return phases.length === OPEN_PHASES.length && OPEN_PHASES.every((phase) => phases.includes(phase));
}

const DAY_MS = 24 * 3_600_000;

/** For the API. Open jobs are young: the walk ends where there are none any more. */
export function apiQuery({ phases, labels, id, since, ...rest }: Filters, nowMs: number): string {
  const isOpen = phases.length > 0 && phases.every((phase) => OPEN_PHASES.some((open) => open === phase));
  const oldest = new Date(Math.floor(nowMs / DAY_MS - OPEN_JOBS_DAYS) * DAY_MS).toISOString();
  const texts = { phase: phases.join(','), ...rest, idPrefix: id, since: since === '' && isOpen ? oldest : since };
  const pairs = labels.flatMap((label) => {
    const pair = pairOf(label);
    return pair === null ? [] : [[`label.${pair[0]}`, pair[1]]];
  });
  return new URLSearchParams([...Object.entries(texts).filter(([, text]) => text !== ''), ...pairs]).toString();
}

export function isFiltered(filters: Filters): boolean {
  return Object.values(filters).some((value) => value.length > 0);
}

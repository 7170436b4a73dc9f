import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { isOpen } from '../../client/job.ts';
import { type Job, job as jobShape, jobs as jobsShape } from '../../client/responses.ts';
import { useRefresh } from '../data/fetched.ts';
import { type Answer, type Failure, read } from '../data/requests.ts';
import { leavesGap, withNewestPage, withOlderPage, withRecord } from './rows.ts';

const PAGE = 100;
const EVERY_MS = 5000;
/** Rows kept in the page: about 40 MB of records. */
export const ROWS_MAX = 10_000;
/** A page may be empty and still have a next one: so many are tried in a row. */
const EMPTY_PAGES_MAX = 5;
/** Open jobs in sight, below the newest page, that are renewed at each refresh. */
const RENEWED_MAX = 10;

export interface JobsList {
  readonly rows: readonly Job[] | null;
  readonly failure: Failure | null;
  /** There are older jobs that are not loaded. */
  readonly hasMore: boolean;
  readonly isLoading: boolean;
  readonly loadMore: (pages?: number) => void;
  readonly reload: () => void;
}

interface State {
  readonly query: string;
  readonly rows: readonly Job[] | null;
  readonly cursor: string | null;
  readonly failure: Failure | null;
}

/** Lists that were left, by the entry of the history: who goes back finds the rows and the place. */
const left = new Map<string, State>();
const LEFT_MAX = 3;

function leave(key: string, state: State): void {
  left.delete(key);
  left.set(key, state);
  const [oldest] = left.keys();
  if (left.size > LEFT_MAX && oldest !== undefined) left.delete(oldest);
}

export interface ListWanted {
  /** `phase=failed&api=…`, for the API. */
  readonly query: string;
  /** None: any. */
  readonly phases: readonly string[];
  readonly visit: number;
}

/**
 * The jobs that fit the query, renewed every few seconds. `inSight` tells which open ones to
 * renew singly.
 */
export function useJobsList({ query, phases, visit }: ListWanted, inSight: () => readonly Job[]): JobsList {
  const key = `${visit} ${query}`;
  const fresh = left.get(key) ?? { query, rows: null, cursor: null, failure: null };
  const [state, setState] = useState<State>(fresh);
  const [isLoading, setLoading] = useState(false);
  const current = useRef(state);
  current.current = state.query === query ? state : fresh;
  const seen = useRef(inSight);
  seen.current = inSight;

  const refresh = useCallback(
    async (signal: AbortSignal) => {
      const page = await newest(query, signal);
      if (signal.aborted) return true;
      if (!page.ok) {
        setState({ ...current.current, failure: page.failure });
        return false;
      }
      setState(merged(current.current, page.value));
      await renew(seen.current().filter(isOpen), page.value.jobs, signal, (job) =>
        setState({ ...current.current, rows: withRecord(current.current.rows ?? [], job, phases) }),
      );
      return true;
    },
    [query],
  );
  const reload = useRefresh(refresh, EVERY_MS);

  const loadMore = useCallback(
    async (pages: number) => {
      setLoading(true);
      for (let turn = 0; turn < pages; turn += 1) {
        const next = await older(current.current);
        if (next === null || current.current.query !== query) break;
        current.current = { ...next, rows: withOlderPage(current.current.rows ?? [], next.rows ?? []) };
        setState(current.current);
        if (next.failure !== null) break;
      }
      setLoading(false);
    },
    [query],
  );

  useEffect(() => setLoading(false), [query]);
  useEffect(
    () => () => {
      if (current.current.query === query) leave(key, current.current);
    },
    [key],
  );
  const shown = current.current;
  return {
    rows: shown.rows,
    failure: shown.failure,
    hasMore: shown.cursor !== null && (shown.rows?.length ?? 0) < ROWS_MAX,
    isLoading,
    loadMore: (pages = 1) => {
      if (!isLoading) void loadMore(pages);
    },
    reload,
  };
}

/** The state with the next older page; null: there is none, or no room for it. */
async function older(state: State): Promise<State | null> {
  const { query, rows, cursor } = state;
  if (cursor === null || rows === null || rows.length >= ROWS_MAX) return null;
  const page = await read(jobsShape, pathOf(query, cursor));
  if (!page.ok) return { ...state, failure: page.failure };
  return { query, rows: page.value.jobs, cursor: page.value.nextCursor ?? null, failure: null };
}

interface Newest {
  readonly jobs: readonly Job[];
  readonly cursor: string | null;
}

/** The newest jobs of the query: the first page, and those after it while they are empty. */
async function newest(
  query: string,
  signal: AbortSignal,
): Promise<{ ok: true; value: Newest } | { ok: false; failure: Failure }> {
  let cursor: string | null = null;
  for (let turn = 0; ; turn += 1) {
    const page: Answer<{ jobs: Job[]; nextCursor?: string | undefined }> = await read(
      jobsShape,
      pathOf(query, cursor),
      signal,
    );
    if (!page.ok) return page;
    cursor = page.value.nextCursor ?? null;
    if (page.value.jobs.length > 0 || cursor === null || turn === EMPTY_PAGES_MAX)
      return { ok: true, value: { jobs: page.value.jobs, cursor } };
  }
}

function merged(before: State, { jobs, cursor }: Newest): State {
  const page = { jobs, isLast: cursor === null };
  if (before.rows === null || page.isLast || leavesGap(before.rows, page))
    return { ...before, rows: jobs, cursor, failure: null };
  const wasFirstPage = before.rows.length <= jobs.length;
  return {
    ...before,
    rows: withNewestPage(before.rows, page),
    cursor: wasFirstPage ? cursor : before.cursor,
    failure: null,
  };
}

async function renew(
  open: readonly Job[],
  already: readonly Job[],
  signal: AbortSignal,
  take: (job: Job) => void,
): Promise<void> {
  const known = new Set(already.map(({ id }) => id));
  for (const { id } of open.filter((one) => !known.has(one.id)).slice(0, RENEWED_MAX)) {
    const answer = await read(jobShape, `/jobs/${id}`, signal);
    if (signal.aborted) return;
    if (answer.ok) take(answer.value);
  }
}

function pathOf(query: string, cursor: string | null): string {
  const at = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`;
  return `/jobs?limit=${PAGE}${query === '' ? '' : `&${query}`}${at}`;
}

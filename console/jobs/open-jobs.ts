import { OPEN_JOBS_DAYS, OPEN_PHASES } from '../../client/job.ts';
import { type Job, jobs as jobsShape } from '../../client/responses.ts';
import { useFetched } from '../data/fetched.ts';
import type { Failure } from '../data/requests.ts';

const EVERY_MS = 20_000;
const LIMIT = 100;
const DAY_MS = 24 * 3_600_000;

export interface OpenJobs {
  readonly jobs: readonly Job[];
  /** Phases of which there are more than were read. */
  readonly cut: ReadonlySet<string>;
}

/** The open jobs, up to a hundred of each phase. */
export function useOpenJobs(nowMs: number): { data: OpenJobs | null; failure: Failure | null } {
  const since = new Date(Math.floor(nowMs / DAY_MS - OPEN_JOBS_DAYS) * DAY_MS).toISOString();
  const pathOf = (phase: string) => `/jobs?phase=${phase}&limit=${LIMIT}&since=${since}`;
  const pending = useFetched(jobsShape, pathOf('pending'), EVERY_MS);
  const running = useFetched(jobsShape, pathOf('running'), EVERY_MS);
  const rollingBack = useFetched(jobsShape, pathOf('rolling_back'), EVERY_MS);
  const fetched = [pending, running, rollingBack];
  const failure = fetched.find((one) => one.failure !== null)?.failure ?? null;
  const pages = fetched.flatMap(({ data }) => (data === null ? [] : [data]));
  if (pages.length < fetched.length) return { data: null, failure };
  const cut = OPEN_PHASES.filter((_, index) => pages[index]?.nextCursor !== undefined);
  return { data: { jobs: pages.flatMap((page) => page.jobs), cut: new Set(cut) }, failure };
}

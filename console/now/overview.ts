import { OPEN_PHASES } from '../../client/job.ts';
import { type Overview, overview } from '../../client/responses.ts';
import { type Fetched, useFetched } from '../data/fetched.ts';
import { BAD_PHASES } from '../data/phases.ts';

const EVERY_MS = 10_000;

/** The counts of Now, as the API made them. */
export function useOverview(): Fetched<Overview> {
  return useFetched(overview, '/overview', EVERY_MS);
}

type Counted = Overview['open'];

/** How many jobs, of some phases or of all. */
export function totalOf({ counts }: Counted, phases?: ReadonlySet<string>): number {
  return counts
    .filter(({ phase }) => phases === undefined || phases.has(phase))
    .reduce((total, { count }) => total + count, 0);
}

export function badOf(overview: Overview): number {
  return totalOf(overview.recent, BAD_PHASES);
}

/** Open jobs by api and phase, for the apis that have any. */
export function tableOf({
  counts,
}: Counted): readonly { readonly api: string; readonly cells: readonly { phase: string; count: number }[] }[] {
  const apis = [...new Set(counts.map(({ api }) => api))].sort();
  return apis.map((api) => ({
    api,
    cells: OPEN_PHASES.map((phase) => ({
      phase,
      count: counts.find((one) => one.api === api && one.phase === phase)?.count ?? 0,
    })),
  }));
}

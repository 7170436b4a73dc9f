import type { Clock } from '../base/time.ts';
import { scopeKey } from '../job/identity.ts';
import { type Due, vendorOf, type WatchPorts } from './ports.ts';

/** Waits between polls are rarely longer: who had company so long ago has it no more. */
const COMPANY_MS = 10 * 60_000;
const SCOPES_MAX = 10_000;

interface Seen {
  readonly jobId: string;
  /** When another job of the scope than the last one was seen; null: never. */
  readonly othersMs: number | null;
}

/**
 * Which of the jobs may share a call with jobs that are not here yet: those whose api can ask for several at once, and
 * whose scope has had other jobs in this process. Nobody else has a reason to wait for the whole second.
 */
export function makeCompany({ vendors, clock }: Pick<WatchPorts, 'vendors'> & { readonly clock: Clock }) {
  const scopes = new Map<string, Seen>();

  function see({ job }: Due): boolean {
    const { batchMax, listPageMax } = vendorOf(vendors, job.api).grouping;
    if (batchMax === 0 && listPageMax === 0) return false;
    const key = scopeKey(job);
    const last = scopes.get(key);
    const othersMs = last !== undefined && last.jobId !== job.jobId ? clock() : (last?.othersMs ?? null);
    if (last === undefined && scopes.size >= SCOPES_MAX) scopes.clear();
    scopes.set(key, { jobId: job.jobId, othersMs });
    return true;
  }

  return function meeting(due: readonly Due[]): readonly Due[] {
    const sharing = due.filter(see);
    return sharing.filter(({ job }) => {
      const othersMs = scopes.get(scopeKey(job))?.othersMs ?? null;
      return othersMs !== null && clock() - othersMs < COMPANY_MS;
    });
  };
}

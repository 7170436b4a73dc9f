import type { Clock } from '../base/time.ts';
import { scopeKey } from '../job/identity.ts';
import type { Job } from '../job/job.ts';
import { type Due, vendorOf, type WatchPorts } from './ports.ts';

/** Waits between polls are rarely longer: who had company so long ago has it no more. */
const COMPANY_MS = 10 * 60_000;
const SCOPES_MAX = 10_000;
/** Of a scope, the ones seen last: more than one is company. */
const SEEN_MAX = 16;

export interface Meetings {
  /** Those who may share a call with jobs that are not here yet. */
  readonly meeting: (due: readonly Due[]) => readonly Due[];
  /** The job has ended: nobody will meet it any more. */
  readonly leave: (job: Job) => void;
}

/**
 * Which jobs may share a call with others that are not here yet: those whose api can ask for several at once, and in
 * whose scope this process has seen another job that has not ended since. Nobody else has a reason to wait for the whole
 * second, or a worker to stay for.
 */
export function makeCompany({ vendors, clock }: Pick<WatchPorts, 'vendors'> & { readonly clock: Clock }): Meetings {
  /** Scope → job id → when it was seen last, the latest at the end. */
  const scopes = new Map<string, Map<string, number>>();

  function see({ job }: Due): boolean {
    const { batchMax, listPageMax } = vendorOf(vendors, job.api).grouping;
    if (batchMax === 0 && listPageMax === 0) return false;
    const key = scopeKey(job);
    const seen = scopes.get(key) ?? new Map<string, number>();
    if (seen.size === 0 && scopes.size >= SCOPES_MAX) scopes.clear();
    scopes.set(key, seen);
    seen.delete(job.jobId);
    seen.set(job.jobId, clock());
    const [oldest] = seen.keys();
    if (seen.size > SEEN_MAX && oldest !== undefined) seen.delete(oldest);
    return true;
  }

  function hasCompany({ job }: Due): boolean {
    const seen = scopes.get(scopeKey(job)) ?? new Map<string, number>();
    return [...seen].some(([jobId, seenMs]) => jobId !== job.jobId && clock() - seenMs < COMPANY_MS);
  }

  return {
    meeting: (due) => due.filter(see).filter(hasCompany),
    leave(job) {
      const key = scopeKey(job);
      const seen = scopes.get(key);
      seen?.delete(job.jobId);
      if (seen?.size === 0) scopes.delete(key);
    },
  };
}

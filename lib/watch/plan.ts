import { toMs } from '../base/time.ts';
import { type Scope, scopeKey } from '../job/identity.ts';
import { isTrouble } from '../job/observation.ts';
import type { Call, PollResult, Vendor } from '../vendors/vendor.ts';
import { bestEffort } from './faults.ts';
import { type Due, vendorOf, type WatchPorts } from './ports.ts';

export type Planned = PlannedCall<Due>;

type PlanPorts = Pick<WatchPorts, 'vendors' | 'pages' | 'log' | 'clock'>;

/** A list that could not be read, though single jobs could, is tried again after this. */
const UNREADABLE_MS = 10 * 60_000;
const UNREADABLE_MAX = 10_000;
/** A list that has taken less before the end of its worker's time, or of several, may be readable to the next one. */
const LONG_LIST_MS = 10_000;

/** How long a call took, and whether its worker's time is left. */
export interface CallTime {
  readonly tookMs: number;
  readonly goesOn: boolean;
}

/** Due jobs, in the fewest calls. Each call is a piece of work of its own: a slow vendor holds up nobody else. */
export function makePlanner(ports: PlanPorts) {
  const vendor = (api: string) => vendorOf(ports.vendors, api);
  const unreadable = new Map<string, number>();
  /** How long lists took that were cut off, since they were read last. */
  const cutMs = new Map<string, number>();

  /** Brings what an earlier process learned of the scopes' lists. */
  async function recall(due: readonly Due[]): Promise<void> {
    const listed = due.filter(({ job }) => vendor(job.api).grouping.listPageMax > 0);
    const scopes = new Set(listed.map(({ job }) => scopeKey(job)));
    await Promise.all([...scopes].map((key) => bestEffort(ports.log, 'recall', () => ports.pages.recall(key))));
  }

  function plan(due: readonly Due[]): readonly Planned[] {
    const wanted = due.map((one) => ({
      one,
      scope: one.job,
      jobId: one.job.jobId,
      dueMs: one.dueMs,
      submittedMs: toMs(one.job.submittedAt),
      missedLast: one.job.misses !== null,
    }));
    const planned = planCalls(wanted, vendor, pagesOf);
    return planned.map(({ call, due: members }) => ({ call, due: members.map(({ one }) => one) }));
  }

  /** Learns what the list of a scope costs; `pages` is null if it could not be read. */
  async function learnList({ scope, shape }: Call, result: PollResult, time: CallTime): Promise<void> {
    if (shape !== 'list') return;
    const key = scopeKey(scope);
    const { pages } = result;
    if (pages !== null) {
      unreadable.delete(key);
      cutMs.delete(key);
      await bestEffort(ports.log, 'learn', () => ports.pages.learn(key, pages));
    } else if (isCut(result, time) ? takesTooLong(key, time) : hasSeen(result)) {
      cutMs.delete(key);
      if (unreadable.size >= UNREADABLE_MAX) unreadable.clear();
      unreadable.set(key, ports.clock() + UNREADABLE_MS);
    }
  }

  function takesTooLong(key: string, { tookMs }: CallTime): boolean {
    if (cutMs.size >= UNREADABLE_MAX) cutMs.clear();
    cutMs.set(key, (cutMs.get(key) ?? 0) + tookMs);
    return (cutMs.get(key) ?? 0) >= LONG_LIST_MS;
  }

  function pagesOf(key: string): number | undefined {
    return ports.clock() < (unreadable.get(key) ?? 0) ? Number.POSITIVE_INFINITY : ports.pages.get(key);
  }

  return { recall, plan, learnList };
}

/** Its worker's time was over before it was read. */
function isCut({ observations }: PollResult, { goesOn }: CallTime): boolean {
  return !goesOn && [...observations.values()].some(({ kind }) => kind === 'unasked');
}

/** The list failed where a job could be read: single calls are better for some time. */
function hasSeen({ observations }: PollResult): boolean {
  return [...observations.values()].some((observation) => !isTrouble(observation));
}

/** A job that is due, as far as the plan needs to know it. */
export interface DueJob {
  readonly scope: Scope;
  /** The vendor's id. */
  readonly jobId: string;
  /** Since when: the order of turns. */
  readonly dueMs: number;
  readonly submittedMs: number;
  /** The last answer did not know it: in a batch it could spoil the answer for the others. */
  readonly missedLast: boolean;
}

/** Pages that the scope's list took when it was last read; undefined: never read. */
export type LearnedPages = (scopeKey: string) => number | undefined;

/** The vendor's begin times have no zone: a day's slack covers every zone on earth. */
const LIST_SLACK_MS = 24 * 3_600_000;
/** Before a list has ever been read, it is tried only where it saves this many calls if it has one page. */
const LIST_TRY_SAVES = 4;

/** One call with all that wait for it. */
export interface PlannedCall<One> {
  readonly call: Call;
  readonly due: readonly One[];
}

/**
 * The fewest calls that poll every due job once. Pure; each (scope, id) stands in exactly one call, however often it
 * stands in `due`. Calls come in the order of the scopes' first appearance, the longest due first within a scope.
 */
export function planCalls<One extends DueJob>(
  due: readonly One[],
  vendorOf: (api: string) => Pick<Vendor, 'grouping'>,
  learnedPages: LearnedPages,
): PlannedCall<One>[] {
  return [...byScope(due)].flatMap(([key, byId]) => {
    const jobs = [...byId.values()].flatMap(([job]) => job ?? []).sort((a, b) => a.dueMs - b.dueMs);
    const calls = planScope(jobs, vendorOf(jobs[0]?.scope.api ?? '').grouping, learnedPages(key));
    const planned = calls.map((call) => ({ call, due: call.jobIds.flatMap((id) => byId.get(id) ?? []) }));
    return planned.sort((a, b) => (a.due[0]?.dueMs ?? 0) - (b.due[0]?.dueMs ?? 0));
  });
}

function byScope<One extends DueJob>(due: readonly One[]): Map<string, Map<string, One[]>> {
  const scopes = new Map<string, Map<string, One[]>>();
  for (const one of due) {
    const key = scopeKey(one.scope);
    const byId = scopes.get(key) ?? new Map<string, One[]>();
    scopes.set(key, byId);
    byId.set(one.jobId, [...(byId.get(one.jobId) ?? []), one]);
  }
  return scopes;
}

function planScope(jobs: readonly DueJob[], grouping: Vendor['grouping'], pages: number | undefined): Call[] {
  if (grouping.batchMax > 0) return planBatches(jobs, grouping);
  if (grouping.listPageMax > 0 && listIsCheaper(jobs.length, pages)) return [listCall(jobs)];
  return jobs.map(singleCall);
}

/** Jobs that were missing last time are polled singly where the api can, so that one unknown id spoils no batch. */
function planBatches(jobs: readonly DueJob[], grouping: Vendor['grouping']): Call[] {
  const alone = jobs.filter((job) => job.missedLast);
  const together = jobs.filter((job) => !job.missedLast);
  const calls = alone.map(singleCall);
  for (let start = 0; start < together.length; start += grouping.batchMax) {
    const group = together.slice(start, start + grouping.batchMax);
    calls.push(group.length === 1 ? singleCall(group[0] as DueJob) : batchCall(group));
  }
  return calls;
}

/** The list costs its pages, and one more for a job that it may not show. */
function listIsCheaper(jobs: number, pages: number | undefined): boolean {
  return pages === undefined ? jobs >= 1 + LIST_TRY_SAVES : jobs > pages + 1;
}

function singleCall(job: DueJob): Call {
  return { scope: job.scope, shape: 'single', jobIds: [job.jobId], beganAfterMs: null };
}

function batchCall(jobs: readonly DueJob[]): Call {
  return { scope: (jobs[0] as DueJob).scope, shape: 'batch', jobIds: jobs.map((job) => job.jobId), beganAfterMs: null };
}

function listCall(jobs: readonly DueJob[]): Call {
  const oldestMs = Math.min(...jobs.map((job) => job.submittedMs));
  return { ...batchCall(jobs), shape: 'list', beganAfterMs: oldestMs - LIST_SLACK_MS };
}

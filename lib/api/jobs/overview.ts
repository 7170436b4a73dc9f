import type * as v from 'valibot';
import type { Log } from '../../base/log.ts';
import { type Clock, type Iso, toIso } from '../../base/time.ts';
import type { Job } from '../../job/job.ts';
import { isOwnEnd, isTerminal, type Phase } from '../../job/phase.ts';
import type { Position } from '../../job/store.ts';
import { type DeniedAccount, longestDenied } from '../denied.ts';
import { type ApiResponse, json } from '../http/types.ts';
import { keptFor } from '../kept.ts';
import type { ApiJobs, HealthFacts } from '../ports.ts';
import type * as responses from '../responses.ts';
import { jobView } from '../views.ts';

type Counts = v.InferOutput<typeof responses.overview>['open']['counts'];

export interface OverviewPorts {
  readonly jobs: Pick<ApiJobs, 'get' | 'idsOfDay' | 'dueBefore'>;
  readonly health: Pick<HealthFacts, 'deniedAccounts'>;
  readonly clock: Clock;
  readonly log: Log;
}

const DAY_MS = 24 * 3_600_000;
const CLOCKS_APART_MS = 5 * 60_000;
/** Whoever asks within this time gets the same response. */
const KEPT_MS = 10_000;
/** Keys of one shard of the index of open jobs, of which there are 16. */
const OPEN_OF_SHARD_MAX = 1000;
const RECENT_MAX = 20_000;
const PAGE = 1000;
/** Records that one response reads. What is left is read by the next one. */
const READS_MAX = 5000;
const BADLY_SHOWN_MAX = 12;
/** Of one account, which may be denied in many scopes. */
const DENIALS_SHOWN_MAX = 10;
const END_OF_TIME = '9999';

/** Ends that need somebody's attention. */
const BAD: ReadonlySet<Phase> = new Set<Phase>(['failed', 'rollback_failed', 'timed_out', 'lost']);

type Counted = Pick<Job, 'id' | 'api' | 'phase' | 'createdAt' | 'endedAt'> & {
  /** The account that it waits for; null: for none. */
  readonly waitsFor: string | null;
};

/**
 * Counts open jobs, and the jobs of the last 24 hours by what became of them. A record whose end the vendor told never
 * changes its phase again: it is read once, whoever asks how often.
 */
export function makeOverview(ports: OverviewPorts): () => Promise<ApiResponse> {
  const ended = new Map<string, Counted>();

  async function read(): Promise<ApiResponse> {
    const nowMs = ports.clock();
    const since = toIso(nowMs - DAY_MS);
    const [open, recent, denied] = await Promise.all([openIds(ports), recentIds(ports, since), readDenied(ports)]);
    const ids = [...new Set([...open.ids, ...recent.ids])];
    const { found, isRead } = await readJobs(ports, ids, ended);
    const opened = open.ids.flatMap((id) => found.get(id) ?? []).filter(({ phase }) => !isTerminal(phase));
    const lately = recent.ids.flatMap((id) => found.get(id) ?? []).filter(({ createdAt }) => createdAt >= since);
    for (const id of ended.keys()) if (!found.has(id)) ended.delete(id);
    const overview = {
      at: toIso(nowMs),
      since,
      open: { counts: countsOf(opened), isWhole: open.isWhole && isRead },
      recent: { counts: countsOf(lately), isWhole: recent.isWhole && isRead },
      endedBadly: await badlyEnded(ports, lately),
      deniedAccounts: denied && longestDenied(denied).map((account) => deniedView(account, opened)),
      deniedAccountsTotal: denied?.length ?? null,
    };
    return json(200, overview);
  }

  return keptFor(KEPT_MS, ports.clock, read);
}

interface Ids {
  readonly ids: readonly string[];
  /** No limit cut any of them off. */
  readonly isWhole: boolean;
}

async function openIds({ jobs }: OverviewPorts): Promise<Ids> {
  const ids: string[] = [];
  let isWhole = true;
  for await (const page of jobs.dueBefore(END_OF_TIME, OPEN_OF_SHARD_MAX)) {
    ids.push(...page);
    isWhole &&= page.length < OPEN_OF_SHARD_MAX;
  }
  return { ids, isWhole };
}

/** Newest first. */
async function recentIds({ jobs, clock }: OverviewPorts, since: Iso): Promise<Ids> {
  const ids: string[] = [];
  for (let ms = clock() + CLOCKS_APART_MS; toIso(ms).slice(0, 10) >= since.slice(0, 10); ms -= DAY_MS) {
    let after: Position | null = null;
    do {
      const page: Awaited<ReturnType<typeof jobs.idsOfDay>> = await jobs.idsOfDay(toIso(ms).slice(0, 10), PAGE, after);
      ids.push(...page.ids);
      after = page.next;
      if (ids.length >= RECENT_MAX) return { ids: ids.slice(0, RECENT_MAX), isWhole: false };
    } while (after !== null && after.createdAt >= since);
  }
  return { ids, isWhole: true };
}

/** By id; without those that are gone, and those that are too many for now. */
async function readJobs(
  { jobs, log }: OverviewPorts,
  ids: readonly string[],
  ended: Map<string, Counted>,
): Promise<{ readonly found: ReadonlyMap<string, Counted>; readonly isRead: boolean }> {
  const unknown = ids.filter((id) => !ended.has(id));
  const unread = unknown.slice(0, READS_MAX);
  const found = new Map(ids.flatMap((id) => ended.get(id) ?? []).map((job) => [job.id, job]));
  const read = await Promise.allSettled(unread.map((id) => jobs.get(id)));
  const [fault] = read.filter((one) => one.status === 'rejected');
  // One record that can't be read hides no other; it is missing from the counts.
  if (fault !== undefined) log.warn('api.overview', { reason: String(fault.reason) });
  for (const one of read) {
    if (one.status === 'rejected' || one.value === null) continue;
    const { id, api, phase, createdAt, endedAt, account, waiting } = one.value;
    const waitsFor = waiting?.denied === true ? account : null;
    const counted = { id, api, phase, createdAt, endedAt, waitsFor };
    found.set(id, counted);
    if (isTerminal(phase) && !isOwnEnd(phase)) ended.set(id, counted);
  }
  return { found, isRead: fault === undefined && unread.length === unknown.length };
}

function countsOf(jobs: readonly Counted[]): Counts {
  const counts = new Map<string, Counts[number]>();
  for (const { api, phase } of jobs) {
    const known = counts.get(`${api} ${phase}`);
    counts.set(`${api} ${phase}`, { api, phase, count: (known?.count ?? 0) + 1 });
  }
  return [...counts.values()].sort((a, b) => (`${a.api} ${a.phase}` < `${b.api} ${b.phase}` ? -1 : 1));
}

/** The newest that ended badly, the latest end first, with their reasons. */
async function badlyEnded({ jobs }: OverviewPorts, lately: readonly Counted[]) {
  const bad = lately
    .filter(({ phase }) => BAD.has(phase))
    .sort((a, b) => ((a.endedAt ?? '') < (b.endedAt ?? '') ? 1 : -1))
    .slice(0, BADLY_SHOWN_MAX);
  const records = await Promise.allSettled(bad.map(({ id }) => jobs.get(id)));
  return records.flatMap((one) => (one.status === 'fulfilled' && one.value !== null ? [jobView(one.value)] : []));
}

/** Counts are of use without it. */
async function readDenied({ health, log }: OverviewPorts): Promise<readonly DeniedAccount[] | null> {
  try {
    return await health.deniedAccounts();
  } catch (error) {
    log.warn('api.overview', { part: 'deniedAccounts', reason: String(error) });
    return null;
  }
}

function deniedView({ account, since, denials }: DeniedAccount, open: readonly Counted[]) {
  const jobsWaiting = open.filter(({ waitsFor }) => waitsFor === account).length;
  return { account, since, jobsWaiting, denials: denials.slice(0, DENIALS_SHOWN_MAX), denialsTotal: denials.length };
}

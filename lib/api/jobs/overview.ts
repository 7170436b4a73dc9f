import type * as v from 'valibot';
import type { Log } from '../../base/log.ts';
import { type Clock, toIso } from '../../base/time.ts';
import type { Job } from '../../job/job.ts';
import { isOwnEnd, isTerminal, type Phase } from '../../job/phase.ts';
import { type DeniedAccount, longestDenied } from '../denied.ts';
import { type ApiResponse, json } from '../http/types.ts';
import { keptFor } from '../kept.ts';
import type { ApiJobs, HealthFacts } from '../ports.ts';
import { makeReadOnce } from '../read-once.ts';
import type * as responses from '../responses.ts';
import { jobView } from '../views.ts';
import { openIds, recentIds } from './ids.ts';

type Counts = v.InferOutput<typeof responses.overview>['open']['counts'];

export interface OverviewPorts {
  readonly jobs: Pick<ApiJobs, 'get' | 'idsOfDay' | 'dueBefore'>;
  readonly health: Pick<HealthFacts, 'deniedAccounts'>;
  readonly clock: Clock;
  readonly log: Log;
}

const DAY_MS = 24 * 3_600_000;
/** Whoever asks within this time gets the same response. */
const KEPT_MS = 10_000;
/** Keys of one shard of the index of open jobs, of which there are 16. */
const OPEN_OF_SHARD_MAX = 1000;
const RECENT_MAX = 20_000;
/** Records that one response reads. What is left is read by the next one. */
const READS_MAX = 5000;
const BADLY_SHOWN_MAX = 12;
/** Of one account, which may be denied in many scopes. */
const DENIALS_SHOWN_MAX = 10;

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
  const counted = makeReadOnce<Counted>({
    read: (ids) => readJobs(ports, ids),
    isFinal: ({ phase }) => isTerminal(phase) && !isOwnEnd(phase),
    readsMax: READS_MAX,
    keptMax: 0,
  });

  async function read(): Promise<ApiResponse> {
    const nowMs = ports.clock();
    const since = toIso(nowMs - DAY_MS);
    const [open, recent, denied] = await Promise.all([
      openIds(ports.jobs, OPEN_OF_SHARD_MAX),
      recentIds(ports, since, RECENT_MAX),
      readDenied(ports),
    ]);
    const { facts, unread, stale } = await counted.of([...open.ids, ...recent.ids]);
    const isRead = unread + stale === 0;
    const opened = open.ids.flatMap((id) => facts.get(id) ?? []).filter(({ phase }) => !isTerminal(phase));
    const lately = recent.ids.flatMap((id) => facts.get(id) ?? []).filter(({ createdAt }) => createdAt >= since);
    const overview = {
      at: toIso(nowMs),
      since,
      open: { counts: countsOf(opened), isWhole: open.isWhole && isRead },
      recent: { counts: countsOf(lately), isWhole: recent.cutAt === null && isRead },
      endedBadly: await badlyEnded(ports, lately),
      deniedAccounts: denied && longestDenied(denied).map((account) => deniedView(account, opened)),
      deniedAccountsTotal: denied?.length ?? null,
    };
    return json(200, overview);
  }

  return keptFor(KEPT_MS, ports.clock, read);
}

/** One record that can't be read hides no other; it is missing from the counts. */
async function readJobs(
  { jobs, log }: OverviewPorts,
  ids: readonly string[],
): Promise<ReadonlyMap<string, Counted | null>> {
  const answers = await Promise.allSettled(ids.map((id) => jobs.get(id)));
  const fault = answers.find((one) => one.status === 'rejected');
  if (fault !== undefined) log.warn('api.overview', { reason: String(fault.reason) });
  return new Map(
    answers.flatMap((one, index): [string, Counted | null][] =>
      one.status === 'fulfilled' ? [[ids[index] ?? '', one.value === null ? null : countedOf(one.value)]] : [],
    ),
  );
}

function countedOf({ id, api, phase, createdAt, endedAt, account, waiting }: Job): Counted {
  return { id, api, phase, createdAt, endedAt, waitsFor: waiting?.denied === true ? account : null };
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

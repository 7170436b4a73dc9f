import { type Iso, toIso } from '../base/time.ts';
import type { Job } from '../job/job.ts';
import {
  beganMs,
  type Counts,
  evidenceOf,
  jobsIn,
  type Kind,
  type Lasted,
  type Parts,
  partsOf,
  quantile,
} from './durations.ts';
import { blend, medianRemaining, type Rates, sum } from './hazard.ts';
import { type Asking, type Plan, planAsking } from './optimal-schedule.ts';

export interface CadenceSettings {
  readonly pollMinMs: number;
  readonly pollMaxMs: number;
}

/** How the look was made that the next one follows. */
export interface Company {
  /** Jobs that one vendor call asked about, and requests that the call took. */
  readonly jobs: number;
  readonly requests: number;
  /** One call can ask about several jobs of the scope. */
  readonly canShare: boolean;
}

export const ALONE: Company = { jobs: 1, requests: 1, canShare: false };

export interface Outlook {
  /** When half of such jobs would have ended; null without enough evidence. */
  readonly expectedEndAt: Iso | null;
  /** The job is older than 99 of 100 such jobs became. */
  readonly isOverdue: boolean;
}

/**
 * What one vendor request is worth in seconds of delay, and what our own part of a look is (a receive, a read, a change
 * of visibility).
 */
const REQUEST_SECONDS = 0.4;
const OWN_SECONDS = 0.1;
/**
 * What a narrower kind needs to outweigh the wider one: little for an operation, which differs from the others of its
 * api; more for a region.
 */
const PRIOR_WEIGHT = 0.7;
const REGION_PRIOR_WEIGHT = 10;
const EXPECT_JOBS_MIN = 5;
const OVERDUE_JOBS_MIN = 20;
const OVERDUE_SHARE = 0.99;
/** Looks that can share a call are moved to multiples of a power of two that is at most this part of the wait. */
const GRID_SHARE = 1 / 4;
const SECOND_MS = 1000;
/** A plan is some thousand numbers; kinds are some dozens. */
const PLANS_MAX = 500;

const REPLAN_MS = 3_600_000;

/** What is known of one kind of job. */
export interface Known {
  readonly rates: Rates;
  readonly canExpect: boolean;
  readonly p99Seconds: number | null;
}

/**
 * When to look at a job again, by what was learned of such jobs. Pure but for its memory: plans are made once and used
 * until `know` brings something new.
 */
export function makeCadence(settings: CadenceSettings) {
  let counts: readonly Counts[] = [];
  let knownAtMs = 0;
  let counted: ReadonlySet<string> = new Set();
  const kinds = new Map<string, Known>();
  const plans = new Map<string, Plan>();

  /**
   * A kind of which nothing was counted is known as the wider one is: names that strangers put into messages cost no
   * plan of their own.
   */
  function nameOf({ api, operation, region }: Kind): string {
    const names = [[api, operation, region], [api, operation], [api]].map((parts) => JSON.stringify(parts));
    return names.find((name) => counted.has(name)) ?? JSON.stringify([api]);
  }

  function knownOf(kind: Kind): Known {
    const name = nameOf(kind);
    let known = kinds.get(name);
    if (known === undefined) {
      known = learn(counts, kind, knownAtMs);
      kinds.set(name, known);
    }
    return known;
  }

  function planOf(job: Job, lookSeconds: number): Plan {
    const kind = kindOf(job);
    const name = `${nameOf(kind)} ${lookSeconds}`;
    let plan = plans.get(name);
    if (plan === undefined) {
      if (plans.size >= PLANS_MAX) plans.clear();
      plan = planAsking(knownOf(kind).rates, askingOf(settings, lookSeconds));
      plans.set(name, plan);
    }
    return plan;
  }

  return {
    /**
     * Takes over what was learned, in place of what was known. If nothing has ended since, an hour's fading changes no
     * plan.
     */
    know(learned: readonly Counts[], nowMs: number): void {
      if (nowMs - knownAtMs < REPLAN_MS && sumOf(learned) === sumOf(counts)) return;
      counts = learned;
      knownAtMs = nowMs;
      counted = new Set(
        learned.flatMap(({ api, operation, region }) => [
          JSON.stringify([api, operation, region]),
          JSON.stringify([api, operation]),
        ]),
      );
      kinds.clear();
      plans.clear();
    },

    /** When a job is asked for the first time. In the past: now. */
    firstAskMs(job: Job): number {
      return beganMs(job) + Math.round(planOf(job, lookSecondsOf(ALONE)).nextAge(0) * 1000);
    },

    /** How long to wait from now until the job is asked again. */
    nextAskInMs(job: Job, nowMs: number, company: Company): number {
      const startMs = beganMs(job);
      const ageSeconds = Math.max(0, (nowMs - startMs) / 1000);
      const waitMs = (planOf(job, lookSecondsOf(company)).nextAge(ageSeconds) - ageSeconds) * 1000;
      const within = Math.min(Math.max(waitMs, settings.pollMinMs), settings.pollMaxMs);
      return company.canShare ? onGrid(nowMs, within, settings) : Math.round(within);
    },

    /** How a job that has ended counts, by what is known of its kind. */
    partsOf: (kind: Kind, lasted: Lasted): Parts => partsOf(lasted, knownOf(kind).rates),

    outlook(job: Job, nowMs: number): Outlook {
      const known = knownOf(kindOf(job));
      const ageSeconds = Math.max(0, (nowMs - beganMs(job)) / 1000);
      const remaining = known.canExpect ? medianRemaining(known.rates, ageSeconds) : null;
      return {
        expectedEndAt: remaining === null ? null : toIso(Math.round(nowMs + remaining * 1000)),
        isOverdue: known.p99Seconds !== null && ageSeconds > known.p99Seconds,
      };
    },
  };
}

export type Cadence = ReturnType<typeof makeCadence>;

function kindOf({ api, region, detail }: Job): Kind {
  return { api, region, operation: detail.operation };
}

/** The overdue mark and the expectation follow the operation, in all regions; the looks follow the region too. */
export function learn(counts: readonly Counts[], kind: Kind, nowMs: number): Known {
  const ofApi = counts.filter(({ api }) => api === kind.api);
  const ofOperation = ofApi.filter(({ operation }) => operation === kind.operation);
  const ofRegion = ofOperation.filter(({ region }) => region === kind.region);
  const evidence = evidenceOf(ofOperation, nowMs);
  // Until the vendor has named the operation, jobs of every operation are such jobs.
  const levels = [
    { evidence: evidenceOf(ofApi, nowMs), priorWeight: PRIOR_WEIGHT },
    ...(ofOperation.length === 0 ? [] : [{ evidence, priorWeight: PRIOR_WEIGHT }]),
    ...(ofOperation.length === ofRegion.length
      ? []
      : [{ evidence: evidenceOf(ofRegion, nowMs), priorWeight: REGION_PRIOR_WEIGHT }]),
  ];
  const ended = ofOperation.reduce((sum, { count }) => sum + count, 0);
  return {
    rates: blend(levels),
    canExpect: jobsIn(evidence) >= EXPECT_JOBS_MIN,
    p99Seconds: ended >= OVERDUE_JOBS_MIN ? quantile(evidence, OVERDUE_SHARE) : null,
  };
}

function askingOf({ pollMinMs, pollMaxMs }: CadenceSettings, lookSeconds: number): Asking {
  return { lookSeconds, minSeconds: pollMinMs / 1000, maxSeconds: pollMaxMs / 1000 };
}

/** Jobs that are asked together share the call. Powers of two, so that few plans serve all. */
export function lookSecondsOf({ jobs, requests }: Company): number {
  return (REQUEST_SECONDS * powerOfTwo(requests)) / powerOfTwo(jobs) + OWN_SECONDS;
}

/** The largest power of two that is not above the number; 1 for less. */
function powerOfTwo(number: number): number {
  return 2 ** Math.floor(Math.log2(Math.max(1, number)));
}

/**
 * Jobs of a scope meet on common instants, those of a long wait at some of those of a short one. The wait changes by an
 * eighth at most, or half a second; later rather than sooner than the shortest wait, sooner rather than later than the
 * longest.
 */
function onGrid(nowMs: number, waitMs: number, { pollMinMs, pollMaxMs }: CadenceSettings): number {
  const gridMs = Math.max(SECOND_MS, SECOND_MS * powerOfTwo((waitMs / SECOND_MS) * GRID_SHARE));
  const moved = Math.round((nowMs + waitMs) / gridMs) * gridMs - nowMs;
  if (moved < pollMinMs) return moved + gridMs;
  return moved > pollMaxMs && moved - gridMs >= pollMinMs ? moved - gridMs : moved;
}

/** Grows with every job that ends or leaves. */
function sumOf(counts: readonly Counts[]): number {
  return sum(counts.map(({ ends, exits }) => sum(ends) + sum(exits)));
}

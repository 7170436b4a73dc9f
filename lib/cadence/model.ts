import type { Counts, Kind } from './counts.ts';
import { evidenceOf, jobsIn, quantile } from './durations.ts';
import { blend, sum } from './hazard.ts';
import type { Belief } from './weights.ts';

/** What is known of one kind of job. */
export interface Model extends Belief {
  /** There are jobs enough to say when half of such jobs will have ended. */
  readonly canExpect: boolean;
  /** The age that 99 of 100 such jobs did not pass; null without enough evidence. */
  readonly p99Seconds: number | null;
}

/**
 * What a narrower kind needs to outweigh the wider one: little for an operation, which differs from the others of its
 * api; more for a region.
 */
const PRIOR_WEIGHT = 0.7;
const REGION_PRIOR_WEIGHT = 10;
const EXPECT_JOBS_MIN = 5;
const OVERDUE_JOBS_MIN = 20;
const OVERDUE_SHARE = 0.99;
/** What nobody touches fades slowly: for so long it changes no plan. */
const REFIT_MS = 3_600_000;
/** Other kinds of the api tell little about this one: news of so many more of them. */
const WIDER_NEWS = 0.1;
/** There are not more jobs than so many whose news matter: the others have faded. */
const WIDER_MAX = 200;

/** A model with its schedules is some 100 kB. When there are more, the one that was made first goes. */
const MODELS_MAX = 400;

interface Fitted {
  readonly model: Model;
  readonly fittedMs: number;
  readonly own: number;
  readonly wider: number;
}

/** The models of all kinds, each made when it is first asked for and kept until there is news of its kind. */
export function makeModels() {
  let counts: readonly Counts[] = [];
  let nowMs = 0;
  /** Jobs of each name. */
  let jobs = new Map<string, number>();
  const fitted = new Map<string, Fitted>();
  const isChecked = new Set<string>();

  function isCurrent({ fittedMs, own, wider }: Fitted, name: string, api: string): boolean {
    if (nowMs - fittedMs >= REFIT_MS || jobs.get(name) !== own) return false;
    return Math.abs((jobs.get(api) ?? 0) - wider) <= WIDER_NEWS * Math.min(wider, WIDER_MAX);
  }

  return {
    /** Takes what was learned in place of what was known. */
    refit(learned: readonly Counts[], atMs: number): void {
      counts = learned;
      nowMs = atMs;
      jobs = jobsByName(counts);
      isChecked.clear();
      // Kinds that the table does not hold any more.
      for (const name of fitted.keys()) if (!jobs.has(name)) fitted.delete(name);
    },

    /**
     * The model of a kind. One of which nothing was counted is known as the wider one is: names that strangers put into
     * messages cost no model of their own.
     */
    of(kind: Kind): Model {
      const [inRegion, ofOperation, ofApi] = namesOf(kind);
      const name = [inRegion, ofOperation].find((one) => jobs.has(one)) ?? ofApi;
      const known = fitted.get(name);
      if (known !== undefined && (isChecked.has(name) || isCurrent(known, name, ofApi))) {
        isChecked.add(name);
        return known.model;
      }
      const model = fitModel(counts, kind, nowMs);
      fitted.delete(name);
      if (fitted.size >= MODELS_MAX) fitted.delete(fitted.keys().next().value ?? '');
      fitted.set(name, { model, fittedMs: nowMs, own: jobs.get(name) ?? 0, wider: jobs.get(ofApi) ?? 0 });
      isChecked.add(name);
      return model;
    },
  };
}

/** Of the kind itself, of its operation in all regions, of all operations of its api. */
function namesOf({ api, operation, region }: Kind): readonly [string, string, string] {
  const ofOperation = `${api} ${JSON.stringify(operation)}`;
  return [`${ofOperation} ${region}`, ofOperation, api];
}

/** Grows with every job that ends or leaves, and with what else was learned. */
function jobsByName(counts: readonly Counts[]): Map<string, number> {
  const jobs = new Map<string, number>();
  for (const one of counts) {
    for (const name of namesOf(one)) jobs.set(name, (jobs.get(name) ?? 0) + one.count + one.faded);
  }
  return jobs;
}

/** The overdue mark and the expectation follow the operation, in all regions; the polls follow the region too. */
export function fitModel(counts: readonly Counts[], kind: Kind, nowMs: number): Model {
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
  const ended = ofOperation.reduce((total, { count }) => total + count, 0);
  return {
    rates: blend(levels),
    lean: sum(ofRegion.map(({ lean }) => lean)),
    canExpect: jobsIn(evidence) >= EXPECT_JOBS_MIN,
    p99Seconds: ended >= OVERDUE_JOBS_MIN ? quantile(evidence, OVERDUE_SHARE) : null,
  };
}

import { type Counts, evidenceOf, jobsIn, type Kind, quantile } from './durations.ts';
import { blend, type Rates } from './hazard.ts';

/** What is known of one kind of job. */
export interface Model {
  readonly rates: Rates;
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
/** The models of all kinds by the same counts, each made when it is first asked for. */
export function makeModels(counts: readonly Counts[], nowMs: number) {
  const counted = new Set(
    counts.flatMap(({ api, operation, region }) => [nameOf(api, operation, region), nameOf(api, operation)]),
  );
  const models = new Map<string, Model & { readonly name: string }>();

  return {
    /**
     * The model of a kind, by a name that two kinds share if they have the same. A kind of which nothing was counted is
     * known as the wider one is: names that strangers put into messages cost no model of their own.
     */
    of(kind: Kind): Model & { readonly name: string } {
      const { api, operation, region } = kind;
      const names = [nameOf(api, operation, region), nameOf(api, operation)];
      const name = names.find((one) => counted.has(one)) ?? nameOf(api);
      const model = models.get(name) ?? { ...fitModel(counts, kind, nowMs), name };
      models.set(name, model);
      return model;
    },
  };
}

function nameOf(...parts: readonly (string | null)[]): string {
  return JSON.stringify(parts);
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
  const ended = ofOperation.reduce((sum, { count }) => sum + count, 0);
  return {
    rates: blend(levels),
    canExpect: jobsIn(evidence) >= EXPECT_JOBS_MIN,
    p99Seconds: ended >= OVERDUE_JOBS_MIN ? quantile(evidence, OVERDUE_SHARE) : null,
  };
}

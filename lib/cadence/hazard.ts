import { BINS, binOf, spanOf } from './bins.ts';

/** For each bin the rate at which jobs that have lasted so long end, per second. */
export type Rates = readonly number[];

/** Jobs of one kind, in jobs (old ones count for less than one). Both arrays have an entry for each bin. */
export interface Evidence {
  readonly ends: readonly number[];
  /** Jobs whose end was not seen: they lasted at least so long. */
  readonly censored: readonly number[];
}

export interface Level {
  readonly evidence: Evidence;
  /** How many jobs of this level the wider one is worth. */
  readonly priorWeight: number;
}

/**
 * Before anything is known: a job that is t seconds old ends at a rate of shape / (scale + t), which hardly falls for
 * a minute and then like 1/t (the Lomax distribution). Why this one: docs/cadence.md.
 */
const PRIOR_SHAPE = 1;
const PRIOR_SCALE_SECONDS = 40;
const SHARE_MAX = 0.999;
/** However sure the history is, a job may end at this fraction of the prior's rate. */
const FLOOR = 1 / 1000;
/** No bell is narrower than this many bins: a bin says nothing about where in it a job has ended. */
const BELL_MIN_BINS = 0.4;

const PRIOR_SHARES = priorShares();
export const PRIOR_RATES: Rates = PRIOR_SHARES.map(rateOf);

/**
 * Blends levels of evidence, the widest first (an api, then an operation, then that in a region): what one level makes
 * of the prior is the prior of the next. In each bin the share of jobs that end there, of those that got so far, is the
 * weighted mean of the prior's share and the observed one: where few got, the prior speaks. (A beta process; Hjort,
 * Nonparametric Bayes Estimators Based on Beta Processes in Models for Life History Data, Annals of Statistics 18(3),
 * 1990, https://doi.org/10.1214/aos/1176347749)
 */
export function blend(levels: readonly Level[]): Rates {
  const shares = levels.reduce(update, PRIOR_SHARES);
  return shares.map((share, bin) => Math.max(rateOf(share, bin), (PRIOR_RATES[bin] ?? 0) * FLOOR));
}

/** In how many seconds half of the jobs that have lasted so long will have ended. */
export function medianRemaining(rates: Rates, ageSeconds: number): number {
  let left = Math.LN2;
  let age = ageSeconds;
  for (let bin = binOf(ageSeconds); bin < BINS - 1; bin++) {
    const rate = rates[bin] ?? 0;
    const span = spanOf(bin).to - age;
    if (rate * span >= left) return age + left / rate - ageSeconds;
    left -= rate * span;
    age += span;
  }
  return age - ageSeconds;
}

function update(prior: readonly number[], { evidence, priorWeight }: Level): readonly number[] {
  const ends = spread(evidence.ends);
  let atRisk = sum(ends) + sum(evidence.censored);
  return prior.map((share, bin) => {
    const ended = ends[bin] ?? 0;
    const posterior = (priorWeight * share + ended) / (priorWeight + Math.max(atRisk, ended));
    atRisk -= ended + (evidence.censored[bin] ?? 0);
    return Math.min(posterior, SHARE_MAX);
  });
}

/**
 * Each bin's jobs as a bell over its neighbours, as wide as it takes to meet the square root of all jobs: few jobs say
 * little about where exactly the next will end, and each hump of a history with two keeps its own width.
 */
function spread(ends: readonly number[]): readonly number[] {
  const sums = cumulated(ends);
  const wanted = Math.sqrt(sums[BINS] ?? 0);
  const spreadEnds = new Array<number>(BINS).fill(0);
  for (const [bin, jobs] of ends.entries()) {
    if (jobs > 0) addBell(spreadEnds, bin, jobs, Math.max(reachOf(sums, bin, wanted), BELL_MIN_BINS));
  }
  return spreadEnds;
}

/** How many bins to each side it takes to meet so many jobs. */
function reachOf(sums: readonly number[], bin: number, wanted: number): number {
  let reach = 0;
  while (reach < BINS && within(sums, bin - reach, bin + reach) < wanted) reach += 1;
  return reach;
}

function within(sums: readonly number[], from: number, to: number): number {
  return (sums[Math.min(to + 1, BINS)] ?? 0) - (sums[Math.max(from, 0)] ?? 0);
}

function addBell(into: number[], center: number, jobs: number, sigmaBins: number): void {
  const from = Math.max(0, Math.ceil(center - 3 * sigmaBins));
  const to = Math.min(BINS - 1, Math.floor(center + 3 * sigmaBins));
  const heights = Array.from({ length: to - from + 1 }, (_, at) =>
    Math.exp(-(((from + at - center) / sigmaBins) ** 2) / 2),
  );
  const whole = sum(heights);
  for (const [at, height] of heights.entries()) into[from + at] = (into[from + at] ?? 0) + (jobs * height) / whole;
}

function cumulated(values: readonly number[]): readonly number[] {
  const sums = [0];
  for (const value of values) sums.push((sums.at(-1) ?? 0) + value);
  return sums;
}

/** Of all bins. */
export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function rateOf(share: number, bin: number): number {
  const { from, to } = spanOf(bin);
  return -Math.log1p(-share) / (to - from);
}

function priorShares(): readonly number[] {
  return Array.from({ length: BINS }, (_, bin) => {
    const { from, to } = spanOf(bin);
    return Math.min(1 - ((PRIOR_SCALE_SECONDS + from) / (PRIOR_SCALE_SECONDS + to)) ** PRIOR_SHAPE, SHARE_MAX);
  });
}

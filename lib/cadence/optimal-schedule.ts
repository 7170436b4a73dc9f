import { BINS, binOf, EDGES } from './bins.ts';
import { PRIOR_RATES, type Rates } from './hazard.ts';

/** What a poll costs, and the bounds of the wait between two. */
export interface PollTerms {
  /** What one poll of a job is worth, in seconds of not knowing that it has ended. */
  readonly pollCostSeconds: number;
  readonly minSeconds: number;
  readonly maxSeconds: number;
}

export interface Schedule {
  /** The age, in seconds, at which a job that is so old and has not ended is polled next. */
  nextPollAge(ageSeconds: number): number;
}

/** Ages that may be chosen, to each bin: 64 to the octave, 1.1 % apart. */
const STEPS = 4;
const POINTS = BINS * STEPS;
/** A wait is at most so many times as long as it would be if nothing were known: what a misleading history can cost. */
const PATIENCE = 20;

/**
 * The survival curve of a kind of job, at each of the points: age, share of jobs still at work, and the area under that
 * share up to there.
 */
interface Survival {
  readonly ages: readonly number[];
  readonly alive: readonly number[];
  readonly area: readonly number[];
}

/** Schedules of the same rates and other costs share the curve: it is three times as large as they are. */
const survivals = new WeakMap<Rates, Survival>();

/**
 * The schedule with the smallest expected cost: seconds from the end of a job until it is noticed, plus
 * `pollCostSeconds` for each poll. Found backwards by dynamic programming: what is best after an age, once it is known,
 * decides what is best before it. It is Keller's optimum checking schedule (Management Science 21(3), 1974,
 * https://doi.org/10.1287/mnsc.21.3.256) without his approximation that polls are frequent: a job whose end is well
 * known is polled two or three times, and then it matters where exactly.
 */
export function leastCostSchedule(rates: Rates, terms: PollTerms): Schedule {
  const survival = survivals.get(rates) ?? survivalOf(rates);
  survivals.set(rates, survival);
  const last = lastPoint(survival.ages, terms.maxSeconds);
  const restCosts = new Float64Array(POINTS);
  restCosts[last] = 2 * terms.pollCostSeconds * (survival.alive[last] ?? 0);
  const cheapest = (from: CurvePoint): { cost: number; point: number } =>
    cheapestNext(survival, restCosts, last, terms, from);
  for (let point = last - 1; point >= 0; point--) restCosts[point] = cheapest(at(survival, point)).cost;

  return {
    nextPollAge(ageSeconds) {
      const point = pointBefore(survival.ages, ageSeconds);
      const steadyAge = ageSeconds + steadyWait(rates, terms, ageSeconds);
      if (point >= last) return steadyAge;
      const next = cheapest(between(survival, rates, point, ageSeconds)).point;
      const nextPollAge = survival.ages[next] ?? ageSeconds + terms.maxSeconds;
      // Between points that lie further apart than polls should.
      const isCoarse =
        next - point <= 2 && steadyAge - ageSeconds < (survival.ages[point + 1] ?? 0) - (survival.ages[point] ?? 0);
      return isCoarse ? steadyAge : nextPollAge;
    },
  };
}

/** An age on the curve; `point` is the last point that is not after it. */
interface CurvePoint {
  readonly point: number;
  readonly age: number;
  readonly alive: number;
  readonly area: number;
}

/**
 * Costs are those of all jobs, each job still at work counting by its share. A job that ends waits for the poll that
 * follows.
 */
function cheapestNext(survival: Survival, restCosts: Float64Array, last: number, terms: PollTerms, from: CurvePoint) {
  const pollCost = terms.pollCostSeconds * from.alive;
  const longest = Math.max(terms.minSeconds, Math.min(terms.maxSeconds, longestWait(terms, from.age)));
  // A first poll has none before it that it could be too near to.
  const first = firstPoint(survival.ages, from, from.age === 0 ? 0 : terms.minSeconds, last);
  let cheapest = { cost: Number.POSITIVE_INFINITY, point: first };
  for (let point = first; point <= last; point++) {
    const wait = (survival.ages[point] ?? 0) - from.age;
    if (wait > longest && point > first) break;
    const delayCost = from.alive * wait - ((survival.area[point] ?? 0) - from.area);
    // Delay only grows from here on.
    if (pollCost + delayCost >= cheapest.cost) break;
    const cost = pollCost + delayCost + (restCosts[point] ?? 0);
    if (cost < cheapest.cost) cheapest = { cost, point };
  }
  return cheapest;
}

/** The first point that is far enough away, or the last of all. */
function firstPoint(ages: readonly number[], from: CurvePoint, minSeconds: number, last: number): number {
  let point = from.point + 1;
  while (point < last && (ages[point] ?? 0) - from.age < minSeconds) point += 1;
  return point;
}

function longestWait(terms: PollTerms, ageSeconds: number): number {
  return PATIENCE * kellerWait(PRIOR_RATES, terms, ageSeconds);
}

/** Where the points lie too far apart, the rate hardly changes from one poll to the next, and equal waits are best. */
function steadyWait(rates: Rates, terms: PollTerms, ageSeconds: number): number {
  return Math.min(Math.max(kellerWait(rates, terms, ageSeconds), terms.minSeconds), terms.maxSeconds);
}

/** Keller's rule: the best distance between polls while the rate is h is √(2k / h). */
function kellerWait(rates: Rates, { pollCostSeconds }: PollTerms, ageSeconds: number): number {
  return Math.sqrt((2 * pollCostSeconds) / (rates[binOf(ageSeconds)] ?? 0));
}

function survivalOf(rates: Rates): Survival {
  const ages: number[] = [];
  const alive: number[] = [];
  const area: number[] = [];
  let here: CurvePoint = { point: 0, age: 0, alive: 1, area: 0 };
  for (let point = 0; point < POINTS; point++) {
    const bin = Math.floor(point / STEPS);
    const step = ((EDGES[bin + 1] ?? 0) - (EDGES[bin] ?? 0)) / STEPS;
    ages.push(here.age);
    alive.push(here.alive);
    area.push(here.area);
    here = after(here, rates[bin] ?? 0, step);
  }
  return { ages, alive, area };
}

/** Some time later, at a rate that stays the same. */
function after(from: CurvePoint, rate: number, seconds: number): CurvePoint {
  const alive = from.alive * Math.exp(-rate * seconds);
  const isSteady = rate * seconds < 1e-9;
  const area = from.area + (isSteady ? from.alive * seconds : (from.alive - alive) / rate);
  return { point: from.point, age: from.age + seconds, alive, area };
}

function at(survival: Survival, point: number): CurvePoint {
  return { point, age: survival.ages[point] ?? 0, alive: survival.alive[point] ?? 0, area: survival.area[point] ?? 0 };
}

function between(survival: Survival, rates: Rates, point: number, ageSeconds: number): CurvePoint {
  const before = at(survival, point);
  return after(before, rates[Math.floor(point / STEPS)] ?? 0, ageSeconds - before.age);
}

/** The last point that has its neighbours well within the longest wait. */
function lastPoint(ages: readonly number[], maxSeconds: number): number {
  let point = POINTS - 1;
  while (point > 1 && (ages[point] ?? 0) - (ages[point - 1] ?? 0) > maxSeconds / 4) point -= 1;
  return point;
}

/** The last point that is not after the age, by halving. */
function pointBefore(ages: readonly number[], ageSeconds: number): number {
  let low = 0;
  let high = ages.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((ages[middle] ?? 0) <= ageSeconds) low = middle;
    else high = middle - 1;
  }
  return low;
}

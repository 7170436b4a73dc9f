import { BINS, binOf, EDGES } from './bins.ts';
import { PRIOR_RATES, type Rates } from './hazard.ts';

export interface Asking {
  /** What one look at a job is worth, in seconds of not knowing that it has ended. */
  readonly lookSeconds: number;
  readonly minSeconds: number;
  readonly maxSeconds: number;
}

export interface Plan {
  /** The age, in seconds, at which a job that is so old and has not ended is asked next. */
  nextAge(ageSeconds: number): number;
}

/** Ages that may be chosen, to each bin: 64 to the octave, 1.1 % apart. */
const STEPS = 4;
const POINTS = BINS * STEPS;
/** A wait is at most so many times as long as it would be if nothing were known: what a misleading history can cost. */
const PATIENCE = 20;

/** What is known at each of the points: age, share of jobs still at work, and the area under that share up to there. */
interface Course {
  readonly ages: readonly number[];
  readonly alive: readonly number[];
  readonly area: readonly number[];
}

/**
 * The schedule with the smallest expected cost: seconds from the end of a job until it is noticed, plus `lookSeconds`
 * for each look. Found backwards by dynamic programming: what is best after an age, once it is known, decides what is
 * best before it. It is Keller's optimum checking schedule (Management Science 21(3), 1974,
 * https://doi.org/10.1287/mnsc.21.3.256) without his approximation that looks are frequent: a job whose end is well
 * known is asked two or three times, and then it matters where exactly.
 */
export function planAsking(rates: Rates, asking: Asking): Plan {
  const course = courseOf(rates);
  const last = lastPoint(course.ages, asking.maxSeconds);
  const restCosts = new Float64Array(POINTS);
  restCosts[last] = 2 * asking.lookSeconds * (course.alive[last] ?? 0);
  const best = (from: Here): { cost: number; point: number } => bestFrom(course, restCosts, last, asking, from);
  for (let point = last - 1; point >= 0; point--) restCosts[point] = best(at(course, point)).cost;

  return {
    nextAge(ageSeconds) {
      const point = pointBefore(course.ages, ageSeconds);
      const steadyAge = ageSeconds + steadyWait(rates, asking, ageSeconds);
      if (point >= last) return steadyAge;
      const next = best(between(course, rates, point, ageSeconds)).point;
      const nextAge = course.ages[next] ?? ageSeconds + asking.maxSeconds;
      // Between points that lie further apart than looks should.
      const isCoarse =
        next - point <= 2 && steadyAge - ageSeconds < (course.ages[point + 1] ?? 0) - (course.ages[point] ?? 0);
      return isCoarse ? steadyAge : nextAge;
    },
  };
}

/** A place on the course; `point` is the last point that is not after it. */
interface Here {
  readonly point: number;
  readonly age: number;
  readonly alive: number;
  readonly area: number;
}

/**
 * Costs are those of all jobs, each job still at work counting by its share. A job that ends waits for the look that
 * follows.
 */
function bestFrom(course: Course, restCosts: Float64Array, last: number, asking: Asking, from: Here) {
  const lookCost = asking.lookSeconds * from.alive;
  const longest = Math.max(asking.minSeconds, Math.min(asking.maxSeconds, patience(asking, from.age)));
  const first = firstPoint(course.ages, from, asking.minSeconds, last);
  let best = { cost: Number.POSITIVE_INFINITY, point: first };
  for (let point = first; point <= last; point++) {
    const wait = (course.ages[point] ?? 0) - from.age;
    if (wait > longest && point > first) break;
    const delayCost = from.alive * wait - ((course.area[point] ?? 0) - from.area);
    // Delay only grows from here on.
    if (lookCost + delayCost >= best.cost) break;
    const cost = lookCost + delayCost + (restCosts[point] ?? 0);
    if (cost < best.cost) best = { cost, point };
  }
  return best;
}

/** The first point that is far enough away, or the last of all. */
function firstPoint(ages: readonly number[], from: Here, minSeconds: number, last: number): number {
  let point = from.point + 1;
  while (point < last && (ages[point] ?? 0) - from.age < minSeconds) point += 1;
  return point;
}

function patience(asking: Asking, ageSeconds: number): number {
  return PATIENCE * spacing(PRIOR_RATES, asking, ageSeconds);
}

/** Where the points lie too far apart, the rate hardly changes from one look to the next, and equal waits are best. */
function steadyWait(rates: Rates, asking: Asking, ageSeconds: number): number {
  return Math.min(Math.max(spacing(rates, asking, ageSeconds), asking.minSeconds), asking.maxSeconds);
}

/** Keller's rule: the best distance between looks while the rate is h is √(2k / h). */
function spacing(rates: Rates, { lookSeconds }: Asking, ageSeconds: number): number {
  return Math.sqrt((2 * lookSeconds) / (rates[binOf(ageSeconds)] ?? 0));
}

function courseOf(rates: Rates): Course {
  const ages: number[] = [];
  const alive: number[] = [];
  const area: number[] = [];
  let here: Here = { point: 0, age: 0, alive: 1, area: 0 };
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
function after(from: Here, rate: number, seconds: number): Here {
  const alive = from.alive * Math.exp(-rate * seconds);
  const isSteady = rate * seconds < 1e-9;
  const area = from.area + (isSteady ? from.alive * seconds : (from.alive - alive) / rate);
  return { point: from.point, age: from.age + seconds, alive, area };
}

function at(course: Course, point: number): Here {
  return { point, age: course.ages[point] ?? 0, alive: course.alive[point] ?? 0, area: course.area[point] ?? 0 };
}

function between(course: Course, rates: Rates, point: number, ageSeconds: number): Here {
  const before = at(course, point);
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

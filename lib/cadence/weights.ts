import { BINS, binOf, spanOf } from './bins.ts';
import { LEAN_JOBS, type Weights } from './counts.ts';
import type { Lifetime } from './durations.ts';
import { PRIOR_RATES, type Rates } from './hazard.ts';

/** What is known of a job's kind when it ends. */
export interface Belief {
  /** The end rate of each bin. */
  readonly rates: Rates;
  /** `Counts.lean` of the kind. */
  readonly lean: number;
}

/** Three standard deviations of that mean for jobs that are as they were: √(1/12 / (2 · 8 − 1)) = 0.0745. */
const LEAN_BY_CHANCE = 0.22;
const LEAN_MAX = 0.5;
/** How many times faster what is known fades when all the latest jobs lie on one side of it. */
const FADES_MAX = 60;
/** The chance that a job is none of those that are known: while jobs are as they were, and when none is. */
const STRANGER = { least: 0.002, most: 0.9 };
const INTERVAL_STEPS = 32;
/** Below this an interval is a point, as far as numbers can tell. */
const WHOLE_MIN = 1e-9;

/**
 * A job that ended between two polls counts over that time as what is known of such jobs says, so that a wide interval
 * does not blur what narrow ones have shown. But our own polls make an interval as wide as it is, and what is known may
 * be out of date: it must not confirm itself. So the job also counts, by the chance that it is a stranger, over the
 * same time as a job does of which nothing is known; and while the latest jobs lie on one side of what is known, that
 * chance is great, and the old ones fade fast.
 */
export function weightsOf(lifetime: Lifetime, { rates, lean }: Belief): Weights {
  const change = Math.max(0, (Math.min(Math.abs(lean), LEAN_MAX) - LEAN_BY_CHANCE) / (LEAN_MAX - LEAN_BY_CHANCE));
  const fades = 1 + FADES_MAX * change;
  if (lifetime.kind === 'censored') {
    return { ends: new Map(), censored: new Map([[binOf(lifetime.atSeconds), 1]]), lean: 0, fades };
  }
  const { fromSeconds, toSeconds } = lifetime;
  const rank = 1 - (aliveAt(rates, fromSeconds) + aliveAt(rates, toSeconds)) / 2;
  const stranger = STRANGER.least + (STRANGER.most - STRANGER.least) * change;
  return {
    ends: sharedOut(fromSeconds, toSeconds, rates, stranger),
    censored: new Map(),
    lean: (rank - 0.5) / LEAN_JOBS,
    fades,
  };
}

/** Two guesses of where the job ended, each counting by the chance that it is the right one (Bayes). */
function sharedOut(fromSeconds: number, toSeconds: number, rates: Rates, stranger: number): Map<number, number> {
  const known = spreadOver(fromSeconds, toSeconds, rates);
  const unknown = spreadOver(fromSeconds, toSeconds, PRIOR_RATES);
  const ends = new Map<number, number>();
  if (unknown.whole < WHOLE_MIN) return ends.set(binOf(toSeconds), 1);
  const strange = stranger * unknown.whole;
  const share = known.whole < WHOLE_MIN ? 1 : strange / (strange + (1 - stranger) * known.whole);
  for (const [bin, part] of unknown.bins) ends.set(bin, (share * part) / unknown.whole);
  if (share === 1) return ends;
  for (const [bin, part] of known.bins) ends.set(bin, (ends.get(bin) ?? 0) + ((1 - share) * part) / known.whole);
  return ends;
}

/** The chance, at the begin of a job, that it ends in each part of an interval; `whole`: in any. */
function spreadOver(fromSeconds: number, toSeconds: number, rates: Rates) {
  const stepSeconds = (toSeconds - fromSeconds) / INTERVAL_STEPS;
  const bins = new Map<number, number>();
  const before = aliveAt(rates, fromSeconds);
  let alive = before;
  for (let step = 0; step < INTERVAL_STEPS; step++) {
    const bin = binOf(fromSeconds + (step + 0.5) * stepSeconds);
    const still = alive * Math.exp(-(rates[bin] ?? 0) * stepSeconds);
    bins.set(bin, (bins.get(bin) ?? 0) + alive - still);
    alive = still;
  }
  return { bins, whole: before - alive };
}

/** Share of the jobs that last longer. */
function aliveAt(rates: Rates, ageSeconds: number): number {
  let risk = 0;
  for (let bin = 0; bin < BINS; bin++) {
    const { from, to } = spanOf(bin);
    if (from >= ageSeconds) break;
    risk += (rates[bin] ?? 0) * (Math.min(to, ageSeconds) - from);
  }
  return Math.exp(-risk);
}

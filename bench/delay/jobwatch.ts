import { watchEnvironment } from '../../functions/watch/environment.ts';
import { toMs } from '../../lib/base/time.ts';
import { BINS, spanOf } from '../../lib/cadence/bins.ts';
import { pollCostOf, SOLO_CALL } from '../../lib/cadence/cadence.ts';
import { type Counts, periodOf, weightAt, weightsOf } from '../../lib/cadence/durations.ts';
import { PRIOR_RATES, type Rates } from '../../lib/cadence/hazard.ts';
import { fitModel } from '../../lib/cadence/model.ts';
import { leastCostSchedule } from '../../lib/cadence/optimal-schedule.ts';
import type { Law } from './laws.ts';
import type { Strategy } from './strategy.ts';

/** When a job ended, as far as its watcher knows: after the one age, and by the other. */
export interface Observed {
  readonly fromSeconds: number;
  readonly toSeconds: number;
}

/** What jobwatch has learned of one kind of jobs. */
export interface Learner {
  observe(observed: Observed): void;
  /** Takes in all that was observed: its waiting from now on. */
  strategy(): Strategy;
}

/** One job an hour: old ones count for less, so that it matters how long ago they were. */
const HOUR_MS = 3_600_000;
const BEGIN_MS = toMs('2026-11-20T00:00:00.000Z');
const KIND = { api: 'huawei.elb.v3', operation: 'UPGRADE', region: 'eu-de' };
/** Below this share of jobs left, a law's own rate is not to be had in floating-point numbers. */
const LEFT_MIN = 1e-9;

/** The bounds of the gap between two polls that `POLL_MIN_SECONDS` and `POLL_MAX_SECONDS` have if nobody sets them. */
export const BOUNDS = {
  minSeconds: Number(watchEnvironment.entries.POLL_MIN_SECONDS.pipe[0].default),
  maxSeconds: Number(watchEnvironment.entries.POLL_MAX_SECONDS.pipe[0].default),
};
/** What a poll of a single job costs, in seconds of delay: the built-in exchange rate. */
export const OWN_CALL_SECONDS = pollCostOf(SOLO_CALL);

export function makeLearner(callSeconds: number): Learner {
  const ends = new Array<number>(BINS).fill(0);
  const censored = new Array<number>(BINS).fill(0);
  const { sinceMs } = periodOf(BEGIN_MS);
  let count = 0;
  let rates = PRIOR_RATES;
  const nowMs = () => BEGIN_MS + count * HOUR_MS;
  return {
    observe(observed) {
      const weights = weightsOf({ kind: 'ended', ...observed }, rates);
      for (const [bin, weight] of weights.ends) ends[bin] = (ends[bin] ?? 0) + weight * weightAt(nowMs(), sinceMs);
      count += 1;
    },
    strategy() {
      const counts: Counts[] = count === 0 ? [] : [{ ...KIND, sinceMs, ends, censored, count }];
      rates = fitModel(counts, KIND, nowMs()).rates;
      return waiting(rates, callSeconds);
    },
  };
}

/**
 * The same rule with a law that is known: what is missing to the optimum then is the rule's fault, and not the
 * learning's.
 */
export function knowing(law: Law, callSeconds: number): Strategy {
  const left = (age: number) => Math.max(1 - law.cdf(age), LEFT_MIN);
  const rates = PRIOR_RATES.map((prior, bin) => {
    const { from, to } = spanOf(bin);
    if (left(to) <= LEFT_MIN) return prior;
    return Math.max(Math.log(left(from) / left(to)) / (to - from), prior / 1000);
  });
  return waiting(rates, callSeconds);
}

function waiting(rates: Rates, callSeconds: number): Strategy {
  const schedule = leastCostSchedule(rates, { pollCostSeconds: callSeconds, ...BOUNDS });
  return { name: 'jobwatch', begin: () => (ageSeconds) => schedule.nextPollAge(ageSeconds) - ageSeconds };
}

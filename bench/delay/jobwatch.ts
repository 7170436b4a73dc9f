import { watchEnvironment } from '../../functions/watch/environment.ts';
import { toMs } from '../../lib/base/time.ts';
import { spanOf } from '../../lib/cadence/bins.ts';
import { pollCostOf, SOLO_CALL } from '../../lib/cadence/cadence.ts';
import { type Counts, countsOfJob, type Weights, withLater } from '../../lib/cadence/counts.ts';
import { PRIOR_RATES, type Rates } from '../../lib/cadence/hazard.ts';
import { fitModel } from '../../lib/cadence/model.ts';
import { leastCostSchedule } from '../../lib/cadence/optimal-schedule.ts';
import { weightsOf } from '../../lib/cadence/weights.ts';
import type { Law } from './laws.ts';
import type { Strategy } from './strategy.ts';

/** When a job ended, as far as its watcher knows: after the one age, and by the other. */
export interface Observed {
  readonly fromSeconds: number;
  readonly toSeconds: number;
}

/** What jobwatch has learned of one kind of jobs. */
export interface Learner {
  /** Answers what the job added to what is known. */
  observe(observed: Observed): Weights;
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
export const OWN_CALL_SECONDS = pollCostOf(SOLO_CALL, {
  pollCostSeconds: Number(watchEnvironment.entries.POLL_COST_SECONDS.pipe[0].default),
});

export const CADENCE_SETTINGS = {
  pollMinMs: BOUNDS.minSeconds * 1000,
  pollMaxMs: BOUNDS.maxSeconds * 1000,
  pollCostSeconds: OWN_CALL_SECONDS,
};

export function makeLearner(callSeconds: number): Learner {
  let counts: Counts | null = null;
  let jobs = 0;
  let model = fitModel([], KIND, BEGIN_MS);
  const nowMs = () => BEGIN_MS + jobs * HOUR_MS;
  return {
    observe(observed) {
      const weights = weightsOf({ kind: 'ended', ...observed }, model);
      const job = countsOfJob(KIND, weights, nowMs());
      counts = counts === null ? job : withLater(counts, job);
      jobs += 1;
      return weights;
    },
    strategy() {
      model = fitModel(counts === null ? [] : [counts], KIND, nowMs());
      return waiting(model.rates, callSeconds);
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

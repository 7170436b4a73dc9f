import { makeSeededRandom as seeded } from '../../local/simulator/faults.ts';
import { DEPLOYMENT, scoreDeployed } from './deployed.ts';
import { bestFixed, fixedIntervals, type Point, refine } from './equal-calls.ts';
import { BOUNDS, knowing, OWN_CALL_SECONDS } from './jobwatch.ts';
import type { Kind } from './laws.ts';
import { type Evidence, learnFrom } from './learn.ts';
import { endedOf, FREE, type Gaps, gridOf, leastDelay, makeOptimum } from './optimum.ts';
import type { Peer } from './peers.ts';
import { type FullScore, type Jobs, makeJobs, mean, type Score, scoreStrategy } from './score.ts';
import type { Strategy } from './strategy.ts';

/** How much has been observed before the judged job, and how. */
export interface Level {
  readonly jobs: number;
  readonly evidence: Evidence;
}

export const LEVELS: readonly Level[] = [
  { jobs: 0, evidence: 'polled' },
  { jobs: 20, evidence: 'polled' },
  { jobs: 200, evidence: 'polled' },
  { jobs: 20, evidence: 'told' },
  { jobs: 200, evidence: 'told' },
];

export const SEED = 20_261_121;
/** Learners of the same kind that saw different jobs. */
const LEARNERS = new Map([
  [0, 1],
  [20, 6],
  [200, 4],
]);
const GRID = 2000;
/** Bounds on the gaps leave fewer choices to try, so that the grid can be finer. */
const BOUNDED_GRID = 3000;
const DEPLOYED_JOBS = 400;

/** Costs of a call in seconds of delay per job: what a sweep goes over. */
export const CALL_SECONDS: readonly number[] = logSpaced(0.02, 2000, 12);
const OPTIMUM_CALL_SECONDS = logSpaced(0.005, 2000, 50);

export interface JobwatchFigures {
  readonly level: Level;
  readonly sweep: readonly Point[];
  /** With the cost of a call that is built in. */
  readonly own: FullScore;
  readonly deployed: FullScore;
}

export interface KindFigures {
  readonly kind: Kind;
  readonly about: string;
  readonly peers: readonly { readonly peer: Peer; readonly score: FullScore }[];
  readonly jobwatch: readonly JobwatchFigures[];
  /** The rule with the law itself in place of what was learned. */
  readonly knowing: readonly Point[];
  /** The least delay that is possible with so many calls per job; null: more calls than the sweep reaches. */
  readonly optimal: (calls: number) => number | null;
  /** The same, with the bounds that jobwatch puts on the gap between two polls. */
  readonly optimalInBounds: (calls: number) => number | null;
  readonly fixed: (calls: number) => (Score & { intervalSeconds: number }) | null;
}

/** Everything about one kind of jobs. */
export function measureKind(kind: Kind, peers: readonly Peer[], levels: readonly Level[] = LEVELS): KindFigures {
  const law = kind.at(0);
  const jobs = makeJobs(law.durations);
  const intervals = fixedIntervals(jobs);
  const scored = peers.map((peer) => ({
    peer,
    score: scoreStrategy(jobs, peer.strategy, seeded(SEED), peer.schedules),
  }));
  const targets = scored.map((one) => one.score.calls);
  return {
    kind,
    about: law.about,
    peers: scored,
    jobwatch: levels.map((level) => measureJobwatch(kind, jobs, level, targets)),
    knowing: sweep(jobs, targets, (callSeconds) => [knowing(law, callSeconds)]),
    optimal: optimumAt(jobs, FREE, GRID),
    optimalInBounds: optimumAt(jobs, BOUNDS, BOUNDED_GRID),
    fixed: (calls) => bestFixed(intervals, calls),
  };
}

function measureJobwatch(kind: Kind, jobs: Jobs, level: Level, targets: readonly number[]): JobwatchFigures {
  const own = learners(kind, level, OWN_CALL_SECONDS);
  const some = Array.from(
    { length: DEPLOYED_JOBS },
    (_, index) => jobs.durations[Math.floor(((index + 0.5) / DEPLOYED_JOBS) * jobs.durations.length)] ?? 0,
  );
  const random = seeded(SEED);
  return {
    level,
    sweep: sweep(jobs, targets, (callSeconds) => learners(kind, level, callSeconds)),
    own: score(jobs, own),
    deployed: meanFull(own.map((strategy) => scoreDeployed(some, strategy, DEPLOYMENT, random))),
  };
}

/** jobwatch's score over costs of a call, finest where it will be compared. */
function sweep(
  jobs: Jobs,
  targets: readonly number[],
  strategiesAt: (callSeconds: number) => readonly Strategy[],
): readonly Point[] {
  const measure = (callSeconds: number) => ({ callSeconds, ...score(jobs, strategiesAt(callSeconds)) });
  return refine(CALL_SECONDS.map(measure), targets, measure);
}

function learners(kind: Kind, { jobs, evidence }: Level, callSeconds: number): Strategy[] {
  const count = LEARNERS.get(jobs) ?? 4;
  return Array.from({ length: count }, (_, index) =>
    learnFrom(kind, jobs, { callSeconds, evidence, seed: SEED + index }),
  );
}

function score(jobs: Jobs, strategies: readonly Strategy[]): FullScore {
  return meanFull(strategies.map((strategy) => scoreStrategy(jobs, strategy, () => 0.5, 1)));
}

function meanFull(scores: readonly FullScore[]): FullScore {
  return { ...mean(scores), p95Seconds: scores.reduce((sum, { p95Seconds }) => sum + p95Seconds, 0) / scores.length };
}

function optimumAt(jobs: Jobs, gaps: Gaps, points: number): (calls: number) => number | null {
  const solve = makeOptimum(endedOf(jobs), gridOf(jobs, points), gaps);
  const optima = OPTIMUM_CALL_SECONDS.map((callSeconds) => ({ callSeconds, ...solve(callSeconds) }));
  const mostCalls = Math.max(...optima.map(({ calls }) => calls));
  return (calls) => (calls > mostCalls ? null : leastDelay(optima, calls));
}

function logSpaced(from: number, to: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) => from * (to / from) ** (index / (count - 1)));
}

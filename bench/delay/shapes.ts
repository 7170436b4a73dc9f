import { fixedIntervals } from './equal-calls.ts';
import { makeLearner, OWN_CALL_SECONDS } from './jobwatch.ts';
import { type Kind, OTHER_SHAPES, SHAPES } from './laws.ts';
import { learnFrom } from './learn.ts';
import { type Jobs, makeJobs, mean, scoreStrategy } from './score.ts';
import type { Strategy } from './strategy.ts';
import { markdown, short } from './tables.ts';

const AFTER = [20, 200];
const HISTORIES = new Map([
  [20, 6],
  [200, 10],
]);
const SEED = 20_261_121;
/** A shape at these lengths: where the polls of one schedule fall on one length is luck. */
const LENGTHS = [0.8, 0.85, 0.9, 0.95, 1, 1.05, 1.1, 1.17, 1.25];

/** The cost of a watch that knows nothing ÷ that of the fixed interval with the least, chosen in hindsight. */
export function costWithoutHistory(kind: Kind, length = 1): number {
  const jobs = makeJobs(kind.at(0).durations.map((seconds) => seconds * length));
  return costOf(jobs, [makeLearner(OWN_CALL_SECONDS).strategy()]) / bestFixed(jobs);
}

export function geometricMean(values: readonly number[]): number {
  return Math.exp(values.reduce((sum, one) => sum + Math.log(one), 0) / values.length);
}

/** What is known, and what is not, on twelve shapes and on twelve others. */
export function shapeText(): string[] {
  return [
    'Shapes: cost ÷ that of the fixed interval with the least, chosen in hindsight. "At nine lengths": the geometric mean ' +
      `over the shape ${LENGTHS[0]} to ${LENGTHS.at(-1)} times as long, since one schedule may fall well or badly on one length.`,
    shapeTable(),
    'The same of twelve other shapes, without which the rule was chosen; nothing known.',
    otherTable(),
  ];
}

function shapeTable(): string {
  const rows = SHAPES.map((kind) => {
    const jobs = makeJobs(kind.at(0).durations);
    const best = bestFixed(jobs);
    const learned = AFTER.map((count) =>
      costOf(
        jobs,
        Array.from({ length: HISTORIES.get(count) ?? 1 }, (_, at) =>
          learnFrom(kind, count, { callSeconds: OWN_CALL_SECONDS, evidence: 'polled', seed: SEED + at }),
        ),
      ),
    );
    return { name: kind.name, best, unknown: costWithoutHistory(kind), smooth: atAllLengths(kind), learned };
  });
  const body = rows.map(({ name, best, unknown, smooth, learned }) => [
    name,
    short(best),
    unknown.toFixed(3),
    smooth.toFixed(3),
    ...learned.flatMap((cost) => [cost.toFixed(3), (cost / best).toFixed(3)]),
  ]);
  const last = [summary(rows.map(({ unknown }) => unknown)), summary(rows.map(({ smooth }) => smooth))];
  const known = AFTER.flatMap((jobs) => [`after ${jobs}: cost`, '÷ best fixed']);
  return markdown(
    ['shape', 'best fixed: cost', 'nothing known', 'at nine lengths', ...known],
    [...body, ['mean (geometric), worst', '', ...last, ...known.map(() => '')]],
  );
}

function otherTable(): string {
  const rows = OTHER_SHAPES.map((kind) => ({
    name: kind.name,
    unknown: costWithoutHistory(kind),
    smooth: atAllLengths(kind),
  }));
  const last = [summary(rows.map(({ unknown }) => unknown)), summary(rows.map(({ smooth }) => smooth))];
  return markdown(
    ['shape', 'nothing known', 'at nine lengths'],
    [
      ...rows.map(({ name, unknown, smooth }) => [name, unknown.toFixed(3), smooth.toFixed(3)]),
      ['mean (geometric), worst', ...last],
    ],
  );
}

function atAllLengths(kind: Kind): number {
  return geometricMean(LENGTHS.map((length) => costWithoutHistory(kind, length)));
}

function summary(ratios: readonly number[]): string {
  return `${geometricMean(ratios).toFixed(3)}, ${Math.max(...ratios).toFixed(3)}`;
}

function bestFixed(jobs: Jobs): number {
  return Math.min(...fixedIntervals(jobs).map(({ calls, delaySeconds }) => delaySeconds + OWN_CALL_SECONDS * calls));
}

function costOf(jobs: Jobs, strategies: readonly Strategy[]): number {
  const { calls, delaySeconds } = mean(strategies.map((strategy) => scoreStrategy(jobs, strategy, () => 0.5, 1)));
  return delaySeconds + OWN_CALL_SECONDS * calls;
}

import type { BenchSection } from '../section.ts';
import { fixedIntervals } from './equal-calls.ts';
import { makeLearner, OWN_CALL_SECONDS } from './jobwatch.ts';
import { SHAPES } from './laws.ts';
import { learnFrom } from './learn.ts';
import { measurePlanning } from './planning.ts';
import { makeJobs, mean, scoreStrategy } from './score.ts';
import { play, STREAMS, type Stream, type Watched } from './streams.ts';
import { markdown, short } from './tables.ts';

/** None of them was looked at while the rule was made. */
const SEEDS = [101, 102, 103, 104, 105, 106];
const FIXED = [5, 10];
const KINDS_PLANNED = [12, 120, 240];
const AFTER = [20, 200];
const HISTORIES = new Map([
  [20, 6],
  [200, 10],
]);

/**
 * The rule that forgot by time alone (half in 7 days), knew 4 / (400 s + t) before anything and threw all plans away at
 * once, with the same seeds.
 */
const BEFORE = [
  ['150 s → 30 s, one a minute, jobs 310–350: mean delay', '26.4 s'],
  ['150 s → 30 s, one a minute, jobs 350–400: mean delay', '8.46 s'],
  ['doubles every 100 jobs, jobs 350–400: cost', '8.72'],
  ['nothing known, 12 shapes: mean (geometric), worst', '1.175, 1.959'],
  ['after 200 jobs, cost: tight, bimodal, createELB, trimodal', '2.666, 4.555, 3.199, 8.222'],
  ['planning with 120 kinds, nothing learned', '1287 µs'],
];

export const changesSection: BenchSection = {
  name: 'changes',
  title: 'Jobs that change, and jobs of which nothing is known',
  async run() {
    const streams: string[][] = [];
    for (const stream of STREAMS) streams.push(...(await streamRows(stream)));
    return [
      `One kind of jobs, simulated on an ideal clock; cost = delay + ${OWN_CALL_SECONDS} s a call.`,
      `Streams: ${SEEDS.length} seeds; what a worker learned reaches it a minute later.`,
      markdown(
        [
          'stream',
          'jobs',
          'calls',
          'mean delay s',
          'p95 s',
          'cost',
          ...FIXED.map((seconds) => `cost of fixed ${seconds} s`),
        ],
        streams,
      ),
      'Shapes: cost ÷ that of the fixed interval with the least, chosen in hindsight.',
      shapeTable(),
      'Planning: when a job is polled next, over all kinds and with 1 to 16 jobs to a call; µs a poll.',
      markdown(
        ['kinds', 'nothing is learned', 'one kind of them is learned of between two sweeps'],
        KINDS_PLANNED.map(measurePlanning).map(({ kinds, microseconds, learningMicroseconds }) => [
          String(kinds),
          short(microseconds),
          short(learningMicroseconds),
        ]),
      ),
      'Before: the rule that forgot by time alone and expected jobs to last longer, same seeds and machine.',
      markdown(['', 'before'], BEFORE),
    ].join('\n\n');
  },
};

async function streamRows(stream: Stream): Promise<string[][]> {
  const runs: (readonly Watched[])[] = [];
  for (const seed of SEEDS) runs.push(await play(stream, seed));
  return stream.spans.map(([from, to]) => {
    const jobs = runs.flatMap((run) => run.slice(from, to));
    const average = (of: (job: Watched) => number) => jobs.reduce((total, job) => total + of(job), 0) / jobs.length;
    const calls = average((job) => job.calls);
    const delay = average((job) => job.delaySeconds);
    const delays = jobs.map(({ delaySeconds }) => delaySeconds).sort((a, b) => a - b);
    const fixed = FIXED.map((seconds) =>
      average(({ lastedSeconds }) => {
        const polls = Math.max(1, Math.ceil(lastedSeconds / seconds));
        return polls * seconds - lastedSeconds + OWN_CALL_SECONDS * polls;
      }),
    );
    const cost = delay + OWN_CALL_SECONDS * calls;
    const figures = [calls, delay, delays[Math.floor(delays.length * 0.95)], cost, ...fixed];
    return [stream.name, `${from}–${to}`, ...figures.map(short)];
  });
}

function shapeTable(): string {
  const rows = SHAPES.map((kind) => {
    const jobs = makeJobs(kind.at(0).durations);
    const best = Math.min(
      ...fixedIntervals(jobs).map(({ calls, delaySeconds }) => delaySeconds + OWN_CALL_SECONDS * calls),
    );
    const costOf = (strategies: readonly ReturnType<typeof learnFrom>[]) => {
      const { calls, delaySeconds } = mean(strategies.map((strategy) => scoreStrategy(jobs, strategy, () => 0.5, 1)));
      return delaySeconds + OWN_CALL_SECONDS * calls;
    };
    const unknown = costOf([makeLearner(OWN_CALL_SECONDS).strategy()]);
    const learned = AFTER.map((count) =>
      costOf(
        Array.from({ length: HISTORIES.get(count) ?? 1 }, (_, at) =>
          learnFrom(kind, count, { callSeconds: OWN_CALL_SECONDS, evidence: 'polled', seed: 20_261_121 + at }),
        ),
      ),
    );
    return { name: kind.name, best, unknown, learned };
  });
  const ratios = rows.map(({ unknown, best }) => unknown / best);
  const geometric = Math.exp(ratios.reduce((sum, one) => sum + Math.log(one), 0) / ratios.length);
  const body = rows.map(({ name, best, unknown, learned }) => [
    name,
    short(best),
    (unknown / best).toFixed(3),
    ...learned.flatMap((cost) => [cost.toFixed(3), (cost / best).toFixed(3)]),
  ]);
  return markdown(
    ['shape', 'best fixed: cost', 'nothing known', ...AFTER.flatMap((jobs) => [`after ${jobs}: cost`, '÷ best fixed'])],
    [
      ...body,
      [
        'mean (geometric), worst',
        '',
        `${geometric.toFixed(3)}, ${Math.max(...ratios).toFixed(3)}`,
        ...AFTER.flatMap(() => ['', '']),
      ],
    ],
  );
}

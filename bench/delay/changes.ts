import type { BenchSection } from '../section.ts';
import { OWN_CALL_SECONDS } from './jobwatch.ts';
import { measurePlanning } from './planning.ts';
import { shapeText } from './shapes.ts';
import { play, STREAMS, type Stream, type Watched } from './streams.ts';
import { markdown, short } from './tables.ts';

/** None of them was looked at while the rule was made. */
const SEEDS = [101, 102, 103, 104, 105, 106];
const FIXED = [5, 10];
const KINDS_PLANNED = [12, 120, 240];

/**
 * The rule that forgot by time alone (half in 7 days), knew 4 / (400 s + t) before anything and threw all plans away at
 * once, with the same seeds.
 */
const BEFORE = [
  ['150 s → 30 s, one a minute, jobs 310–350: mean delay', '26.4 s'],
  ['150 s → 30 s, one a minute, jobs 350–400: mean delay', '8.46 s'],
  ['doubles every 100 jobs, jobs 350–400: cost', '8.72'],
  ['nothing known, 12 shapes: mean (geometric), worst', '1.175, 1.959; with 1.5 / (75 s + t) 1.097, 1.558'],
  ['nothing known, 12 shapes at nine lengths, with 1.5 / (75 s + t)', '1.105, 1.557'],
  ['nothing known, 12 other shapes, with 1.5 / (75 s + t)', '1.272, 1.814; at nine lengths 1.275, 1.767'],
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
      ...shapeText(),
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

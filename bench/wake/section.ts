import { makeSeededRandom as seeded } from '../../local/simulator/faults.ts';
import { KINDS } from '../delay/laws.ts';
import { markdown, short } from '../delay/tables.ts';
import type { BenchSection } from '../section.ts';
import { type Design, type ModelJob, type Modelled, playDesign } from './deployment.ts';
import { computeStreams, type StreamRow } from './streams.ts';

const SEED = 20_261_121;
const JOBS = 1000;
const LAWS = ['createELB', 'wide'];
const ARRIVE_SECONDS = [60, 600];

const DESIGNS: readonly (readonly [string, Design])[] = [
  ['ticks of 50 s', { kind: 'ticks', watchSeconds: 50 }],
  ['ticks of 57 s', { kind: 'ticks', watchSeconds: 57 }],
  ['each batch a round of its own', { kind: 'batches', pollers: 5, batchMax: 10, overpulls: false }],
  ['a leader', { kind: 'leader', pollers: 5, batchMax: 10, overpulls: false }],
  ['a leader, batches of 3', { kind: 'leader', pollers: 5, batchMax: 3, overpulls: false }],
  ['a leader, pollers that keep batches', { kind: 'leader', pollers: 5, batchMax: 10, overpulls: true }],
];

const ABOUT = `The whole of \`watch\` on a virtual clock, seed ${SEED}: ${JOBS} jobs of one ALB scope that arrive evenly at
random, nothing known. A receive takes 15 ms and finds each visible message with probability 0.7 (assumed), the vendor
answers after 150 ms. An event source has five pollers and two places; whether a poller takes messages that there is no
place for, nobody outside AWS can tell: the last row does. SQS requests count those of the pollers, but for long polls
that found nothing. Lambda seconds are those of all invocations.`;

const STREAMS_ABOUT = `The same model, nothing known at the beginning: jobs that come one by one, at random, to one scope. Lambda and
SQS beside what an idle stack has. The bench of cost goes on from here.`;

/** Who works on what becomes visible: compared for ADR 13. */
export const wakeSection: BenchSection = {
  name: 'wake',
  title: 'The queue wakes the watch: designs',
  async run() {
    const parts = [ABOUT];
    for (const { name, at } of KINDS.filter((kind) => LAWS.includes(kind.name))) {
      for (const seconds of ARRIVE_SECONDS) {
        const jobs = arriving(at(0).durations, seconds);
        const rows: string[][] = [];
        for (const [title, design] of DESIGNS) rows.push(rowOf(title, await playDesign(design, jobs, SEED)));
        const head = ['', 'calls a job', 'polls a job', 'mean delay s', 'p95', 'most calls in a second'];
        parts.push(`### ${name}, ${JOBS} in ${seconds} s`, markdown([...head, 'SQS a poll', 'Lambda s'], rows));
      }
    }
    parts.push('### Streams of jobs', STREAMS_ABOUT, streamTable(await computeStreams()));
    return parts.join('\n\n');
  },
};

function streamTable(rows: readonly StreamRow[]): string {
  const head = ['jobs of', 'one every … s', '', 'calls a job', 'polls a job', 'mean delay s', 'p95', 'SQS a poll'];
  return markdown(
    [...head, 'invocations a poll', 'Lambda s a poll', 'Lambda s in a second'],
    rows.flatMap(({ about, everySeconds, ticks, woken }) =>
      (
        [
          ['ticks of 57 s', ticks],
          ['a leader', woken],
        ] as const
      ).map(([name, way]) => [
        about,
        String(everySeconds),
        name,
        ...[way.callsPerJob, way.pollsPerJob, way.meanSeconds, way.p95Seconds].map(short),
        ...[way.sqsPerJob, way.invocationsPerJob, way.lambdaSecondsPerJob].map((one) => short(one / way.pollsPerJob)),
        short(way.lambdaSecondsPerJob / everySeconds),
      ]),
    ),
  );
}

function arriving(durations: ArrayLike<number>, seconds: number): ModelJob[] {
  const random = seeded(SEED);
  return Array.from({ length: JOBS }, (_, index) => ({
    jobId: `job-${index}`,
    beginsSeconds: random() * seconds,
    lastsSeconds: durations[Math.floor(random() * durations.length)] ?? 0,
  }));
}

function rowOf(title: string, { delaysMs, callsAtMs, polls, sqsRequests, workedMs }: Modelled): string[] {
  const sorted = delaysMs.toSorted((a, b) => a - b);
  const mean = sorted.reduce((sum, ms) => sum + ms, 0) / sorted.length;
  const figures = [callsAtMs.length / sorted.length, polls / sorted.length, mean / 1000];
  const p95 = (sorted[Math.floor(sorted.length * 0.95)] ?? Number.NaN) / 1000;
  return [
    title,
    ...[...figures, p95].map(short),
    String(mostInASecond(callsAtMs)),
    short(sqsRequests / polls),
    String(Math.round(workedMs / 1000)),
  ];
}

/** In any second, not those of the clock. */
export function mostInASecond(atMs: readonly number[]): number {
  const sorted = atMs.toSorted((a, b) => a - b);
  let most = 0;
  for (let first = 0, last = 0; last < sorted.length; last++) {
    while ((sorted[last] ?? 0) - (sorted[first] ?? 0) >= 1000) first++;
    most = Math.max(most, last - first + 1);
  }
  return most;
}

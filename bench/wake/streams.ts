import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { makeSeededRandom as seeded } from '../../local/simulator/faults.ts';
import { KINDS } from '../delay/laws.ts';
import { type Design, type Modelled, playDesign } from './deployment.ts';

/** Jobs that come all the time at random, one in so many seconds on average. */
interface Stream {
  readonly law: string;
  readonly about: string;
  readonly everySeconds: readonly number[];
}

const STREAMS: readonly Stream[] = [
  { law: 'createELB', about: '26 s', everySeconds: [1, 2, 5, 10, 30, 60, 300, 1800] },
  { law: 'UPGRADE', about: '28 min', everySeconds: [60, 600, 3600] },
];
const LEAST_JOBS = 200;
/** Much longer than any job takes: the last ones hardly count. */
const LEAST_SECONDS = { createELB: 1800, UPGRADE: 20_000 } as Readonly<Record<string, number>>;
const SEED = 20_261_121;
const FILE = join(import.meta.dirname, 'streams.json');
/** Of a tick that finds nothing: an idle stack has it as well. */
const IDLE_TICK_MS = 1000;

const DESIGNS = {
  ticks: { kind: 'ticks', watchSeconds: 57 },
  woken: { kind: 'leader', pollers: 5, batchMax: 10, overpulls: false },
} as const satisfies Readonly<Record<string, Design>>;

const way = v.object({
  callsPerJob: v.number(),
  pollsPerJob: v.number(),
  meanSeconds: v.number(),
  p95Seconds: v.number(),
  sqsPerJob: v.number(),
  /** Beside the ticks of an idle stack. */
  lambdaSecondsPerJob: v.number(),
  /** By the queue. */
  invocationsPerJob: v.number(),
  leaseReadsPerJob: v.number(),
  leaseWritesPerJob: v.number(),
});

const streams = v.array(
  v.object({ law: v.string(), about: v.string(), everySeconds: v.number(), ticks: way, woken: way }),
);

/** What a stream of jobs of one scope takes: where ticks alone work, and where the queue wakes workers. */
export type StreamRow = v.InferOutput<typeof streams>[number];
export type StreamWay = v.InferOutput<typeof way>;

/** Throws if the bench has never run. */
export function readStreams(): readonly StreamRow[] {
  if (!existsSync(FILE)) throw new Error(`${FILE} is not there: npm run bench -- wake computes it first.`);
  return v.parse(streams, JSON.parse(readFileSync(FILE, 'utf8')));
}

/** Takes a minute; the result stays in a file, which the bench of cost goes on from. */
export async function computeStreams(): Promise<readonly StreamRow[]> {
  const rows: StreamRow[] = [];
  for (const { law, about, everySeconds: all } of STREAMS)
    for (const everySeconds of all) {
      const ticks = await playStream(DESIGNS.ticks, law, everySeconds);
      const woken = await playStream(DESIGNS.woken, law, everySeconds);
      rows.push({ law, about, everySeconds, ticks, woken });
    }
  const rounded = (_: string, value: unknown) => (typeof value === 'number' ? Number(value.toPrecision(4)) : value);
  writeFileSync(FILE, `${JSON.stringify(rows, rounded, 2)}\n`);
  return readStreams();
}

export async function playStream(design: Design, law: string, everySeconds: number): Promise<StreamWay> {
  const durations = KINDS.find(({ name }) => name === law)?.at(0).durations ?? [];
  const random = seeded(SEED);
  const count = Math.max(LEAST_JOBS, Math.ceil((LEAST_SECONDS[law] ?? 0) / everySeconds));
  const jobs = Array.from({ length: count }, (_, index) => ({
    jobId: `job-${index}`,
    beginsSeconds: random() * count * everySeconds,
    lastsSeconds: durations[Math.floor(random() * durations.length)] ?? 0,
  }));
  return wayOf(design, await playDesign(design, jobs, SEED));
}

function wayOf({ kind }: Design, modelled: Modelled): StreamWay {
  const { delaysMs, callsAtMs, polls, sqsRequests, invocations, workedMs, leaseReads, leaseWrites } = modelled;
  const jobs = delaysMs.length;
  const sorted = delaysMs.toSorted((a, b) => a - b);
  const idleTicks = kind === 'ticks' ? invocations : 0;
  return {
    callsPerJob: callsAtMs.length / jobs,
    pollsPerJob: polls / jobs,
    meanSeconds: sorted.reduce((sum, ms) => sum + ms, 0) / jobs / 1000,
    p95Seconds: (sorted[Math.floor(jobs * 0.95)] ?? Number.NaN) / 1000,
    sqsPerJob: (sqsRequests - idleTicks) / jobs,
    lambdaSecondsPerJob: (workedMs - idleTicks * IDLE_TICK_MS) / 1000 / jobs,
    invocationsPerJob: kind === 'ticks' ? 0 : invocations / jobs,
    leaseReadsPerJob: leaseReads / jobs,
    leaseWritesPerJob: leaseWrites / jobs,
  };
}

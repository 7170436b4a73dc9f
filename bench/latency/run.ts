import { setTimeout as sleep } from 'node:timers/promises';
import { makeSeededRandom as seeded } from '../../local/simulator/faults.ts';
import { type Configuration, lawOf } from './configurations.ts';
import { type Stages, stagesOf, type Told } from './stages.ts';
import { type LatencyWorld, startWorld } from './world.ts';

/** What one configuration showed. */
export interface Latency extends Stages {
  readonly callsPerJob: number;
  readonly pollsPerJob: number;
  /** To the pending queue. */
  readonly sqsRequestsPerPoll: number;
  /** Of the functions that watch: of both, and of a batch that the queue handed over. */
  readonly lambdaSecondsPerPoll: number;
  readonly lambdaSecondsPerBatch: number | null;
  readonly lastedSeconds: readonly number[];
}

export interface RunOptions {
  /** Deployments side by side, each with engines of its own. */
  readonly stacks: number;
  /** Jobs alone, over all stacks. A crowd has its own number. */
  readonly samples: number;
  readonly seed: number;
  /** Of the stack, over their defaults. */
  readonly parameters: Readonly<Record<string, string>>;
}

const TICK_MS = 60_000;
/** A tick goes home when a long poll of 5 s has found nothing. */
const QUIET_MS = 8000;
/** The job that never ends has been found, and its tick works on. */
const WARM_UP_MS = 8000;
const CROWD_MS = 60_000;

export async function measure(configuration: Configuration, options: RunOptions): Promise<Latency> {
  const { stacks, seed, parameters } = options;
  const worlds: LatencyWorld[] = [];
  try {
    for (let stack = 0; stack < stacks; stack++) worlds.push(await startWorld(configuration, seed + stack, parameters));
    const plan = configuration.jobs === 1 ? playAlone : playCrowd;
    await plan(worlds, configuration, options);
    const told: Told[] = [];
    for (const world of worlds) told.push(...(await world.read()));
    return summed(worlds, told);
  } finally {
    await Promise.all(worlds.map((world) => world.close()));
  }
}

function summed(worlds: readonly LatencyWorld[], told: readonly Told[]): Latency {
  const counts = worlds.map((world) => world.counts());
  const sum = (of: (one: (typeof counts)[number]) => number) => counts.reduce((total, one) => total + of(one), 0);
  const polls = sum((one) => one.polls);
  const allPolls = sum((one) => one.allPolls);
  const batches = sum((one) => one.batches);
  return {
    ...stagesOf(told),
    callsPerJob: sum(({ calls }) => calls) / told.length,
    pollsPerJob: polls / told.length,
    sqsRequestsPerPoll: sum(({ sqsRequests }) => sqsRequests) / allPolls,
    lambdaSecondsPerPoll: sum(({ lambdaMs }) => lambdaMs.watch + lambdaMs.wake) / 1000 / allPolls,
    lambdaSecondsPerBatch: batches === 0 ? null : sum(({ lambdaMs }) => lambdaMs.wake) / 1000 / batches,
    lastedSeconds: told.map(({ lastedSeconds }) => lastedSeconds),
  };
}

/**
 * One job after the other in each deployment, at moments that are spread evenly over the minute between two ticks: with
 * few jobs, chance would decide how long they wait for the next.
 */
async function playAlone(
  worlds: readonly LatencyWorld[],
  configuration: Configuration,
  { samples, seed }: RunOptions,
): Promise<void> {
  const random = seeded(seed);
  const durations = shuffled([...lawOf(configuration, samples).durations], random);
  const jobs = durations.map((seconds, number) => ({
    jobId: `${configuration.name}-${number}`,
    seconds,
    phaseMs: ((number + 0.5) / samples) * TICK_MS,
  }));
  await Promise.all(
    worlds.map(async (world, stack) => {
      world.begin();
      const beganMs = Date.now();
      const left = jobs.filter((_, number) => number % worlds.length === stack);
      await sleep(QUIET_MS);
      while (left.length > 0) {
        const waitMs = ({ phaseMs }: { phaseMs: number }) => untilPhase(Date.now() - beganMs, phaseMs);
        const next = left.toSorted((a, b) => waitMs(a) - waitMs(b))[0];
        if (next === undefined) break;
        left.splice(left.indexOf(next), 1);
        await sleep(waitMs(next));
        await world.submit(next);
        await world.untilTold(next.jobId);
        await sleep(QUIET_MS);
        if (configuration.known === 0) await world.forget();
      }
    }),
  );
}

/** Until the next moment that lies so far behind a whole minute. */
export function untilPhase(elapsedMs: number, phaseMs: number): number {
  return (((phaseMs - elapsedMs) % TICK_MS) + TICK_MS) % TICK_MS;
}

/** All jobs of a crowd come at moments of one minute that are drawn by lot. */
async function playCrowd(
  worlds: readonly LatencyWorld[],
  configuration: Configuration,
  { seed }: RunOptions,
): Promise<void> {
  await Promise.all(
    worlds.map(async (world, stack) => {
      const random = seeded(seed + stack);
      const durations = shuffled([...lawOf(configuration, configuration.jobs).durations], random);
      const jobs = durations.map((seconds, number) => ({
        jobId: `${configuration.name}-${stack}-${number}`,
        seconds,
        atMs: random() * CROWD_MS,
      }));
      world.begin();
      // Not always the same moment of a tick.
      await sleep(WARM_UP_MS + random() * TICK_MS);
      world.countFromNow();
      await Promise.all(
        jobs.map(async ({ atMs, ...job }) => {
          await sleep(atMs);
          await world.submit(job);
          await world.untilTold(job.jobId);
        }),
      );
    }),
  );
}

function shuffled<One>(all: readonly One[], random: () => number): One[] {
  return all
    .map((one) => ({ one, lot: random() }))
    .toSorted((a, b) => a.lot - b.lot)
    .map(({ one }) => one);
}

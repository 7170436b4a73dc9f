import { toMs } from '../base/time.ts';
import type { Cadence } from '../cadence/cadence.ts';
import { withNextPoll } from '../job/check-by.ts';
import type { Job } from '../job/job.ts';
import { bestEffort } from './faults.ts';
import type { WatchPorts } from './ports.ts';

/** Durations change slowly. */
const READ_EVERY_MS = 60_000;

/** The cadence, kept up to date with what all workers have learned. */
export interface Learned {
  /** Reads what was learned, at most once a minute. */
  readonly refresh: () => Promise<void>;
  /** A job that was never polled is polled when such a job may have ended, or at its deadline. */
  readonly firstPoll: (job: Job) => Promise<Job>;
}

export function makeLearned(
  ports: Pick<WatchPorts, 'durations' | 'clock' | 'mono' | 'log'>,
  cadence: Pick<Cadence, 'refit' | 'firstPollMs'>,
): Learned {
  const { durations, clock, mono, log } = ports;
  let latest: { readonly atMono: number; readonly read: Promise<void> } | null = null;

  /** Without it the watch goes on with what it knew. */
  function read(): Promise<void> {
    return bestEffort(log, 'durations', async () => cadence.refit(await durations.read(), clock()));
  }

  function refresh(): Promise<void> {
    if (latest === null || mono() - latest.atMono >= READ_EVERY_MS) latest = { atMono: mono(), read: read() };
    return latest.read;
  }

  async function firstPoll(job: Job): Promise<Job> {
    if (job.lastPolledAt !== null) return job;
    await refresh();
    const nowMs = clock();
    const atMs = Math.max(Math.min(cadence.firstPollMs(job), toMs(job.deadlineAt)), nowMs);
    return withNextPoll(job, atMs, nowMs);
  }

  return { refresh, firstPoll };
}

import { errorName } from '../base/error.ts';
import { toIso, toMs } from '../base/time.ts';
import type { Cadence, Company } from '../cadence/cadence.ts';
import type { Job } from '../job/job.ts';
import type { Call, Vendor } from '../vendors/vendor.ts';
import type { WatchPorts } from './ports.ts';

/** Durations change slowly. */
const KNOW_EVERY_MS = 60_000;

/** The cadence, kept up to date with what all workers have learned. */
export function makeKnowledge(ports: Pick<WatchPorts, 'durations' | 'clock' | 'mono' | 'log'>, cadence: Cadence) {
  const { durations, clock, mono, log } = ports;
  let latest: { readonly atMono: number; readonly read: Promise<void> } | null = null;

  /** Without it the watch goes on with what it knew. */
  async function read(): Promise<void> {
    try {
      cadence.know(await durations.read(), clock());
    } catch (error) {
      log.error('watch.fault', { what: 'durations', error: errorName(error) });
    }
  }

  /** Reads at most once a minute. */
  function refresh(): Promise<void> {
    if (latest === null || mono() - latest.atMono >= KNOW_EVERY_MS) latest = { atMono: mono(), read: read() };
    return latest.read;
  }

  return {
    refresh,

    /** A job that was never asked is asked when such a job may have ended, or at its deadline. */
    async firstLook(job: Job): Promise<Job> {
      if (job.lastPolledAt !== null) return job;
      await refresh();
      const nowMs = clock();
      const atMs = Math.max(Math.min(cadence.firstAskMs(job), toMs(job.deadlineAt)), nowMs);
      return { ...job, nextPollAt: toIso(atMs) };
    },
  };
}

/** How a look was made, for the wait that follows it. */
export function companyOf(call: Call, pages: number | null, { grouping }: Pick<Vendor, 'grouping'>): Company {
  const { batchMax, listPageMax } = grouping;
  return { jobs: call.jobIds.length, requests: pages ?? 1, canShare: batchMax > 0 || listPageMax > 0 };
}

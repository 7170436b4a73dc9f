import type { Clock } from '../../lib/base/time.ts';
import type { CounterBook } from './counters.ts';
import type { Effects, FaultBook } from './faults.ts';
import type { JobStore, JobView, Viewer } from './job-store.ts';
import type { Keyring } from './keyring.ts';
import type { Reply } from './reply.ts';
import type { Options } from './schema.ts';

/** All that the simulator keeps between two requests. */
export interface World {
  readonly clock: Clock;
  readonly options: () => Options;
  readonly jobs: JobStore;
  readonly keys: Keyring;
  readonly faults: FaultBook;
  readonly counters: CounterBook;
}

/** One request while it is answered. */
export interface Visit {
  readonly nowMs: number;
  /** The time that the service believes it is: `nowMs`, unless a fault puts its clock wrong. */
  readonly serviceNowMs: number;
  readonly effects: Effects;
}

/** The answers of a cloud's gateway that faults put in the place of the service's own. */
export interface CloudErrors {
  /** `waitMs`: the wait that it names. */
  readonly throttled: (status: number | undefined, waitMs: number | undefined) => Reply;
  readonly failed: (status: number, code: string | undefined, message: string | undefined) => Reply;
}

/** A request that was understood as far as its address goes. */
export interface Call {
  /** How its cloud says that something is wrong. */
  readonly errors: CloudErrors;
  readonly api: string;
  readonly action: string;
  /** The name of the key that the request claims; nothing is verified yet. */
  readonly key: string;
  /** The job ids that the request names. */
  readonly jobIds: readonly string[];
  readonly answer: (visit: Visit) => Reply;
}

export function viewerOf(visit: Visit, owner: string | undefined): Viewer {
  const { believed } = visit.effects;
  return {
    nowMs: visit.nowMs,
    owner,
    isVanished: (jobId) => believed.some((fault) => fault.kind === 'vanish' && isAbout(fault, jobId)),
    wordFor(jobId) {
      for (const fault of believed) if (fault.kind === 'unknownStatus' && isAbout(fault, jobId)) return fault.word;
      return null;
    },
  };
}

/** Whether a fault makes a batch fail as a whole for the sake of one of its ids. */
export function isPoisoned(visit: Visit, jobIds: readonly string[]): boolean {
  return visit.effects.believed.some(
    (fault) => fault.kind === 'poison' && jobIds.some((jobId) => isAbout(fault, jobId)),
  );
}

/** Counts the jobs that an answer shows, and hands them on. */
export function shown(world: World, visit: Visit, views: readonly JobView[]): readonly JobView[] {
  for (const view of views) world.jobs.countPoll(view, visit.nowMs);
  return views;
}

function isAbout(fault: { jobId?: string | undefined }, jobId: string): boolean {
  return fault.jobId === undefined || fault.jobId === jobId;
}

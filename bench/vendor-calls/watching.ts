import { toIso, toMs } from '../../lib/base/time.ts';
import type { Account } from '../../lib/vendors/account.ts';
import { makeVendors } from '../../lib/vendors/registry.ts';
import type { Vendor } from '../../lib/vendors/vendor.ts';
import type { PendingQueue } from '../../lib/watch/ports.ts';
import { makeSeededRandom as seeded } from '../../local/simulator/faults.ts';
import { fakeClock } from '../../test/fakes/clock.ts';
import { fakeJobs } from '../../test/fakes/jobs.ts';
import { fakePending } from '../../test/fakes/pending.ts';
import { type CloudJob, makeCloud } from './cloud.ts';
import { makeTick } from './worker.ts';

/** How the simulated deployment behaves. Pace, ticks and bounds are the defaults of the stack. */
export interface Surroundings {
  /** A receive returns each visible message with this probability only, at most ten, in no order. */
  readonly sampleShare: number;
  /** One receive takes so long. */
  readonly receiveMs: number;
  /** Every call polls one job, as if the vendor knew no batch. */
  readonly isAlone: boolean;
}

const TICK_MS = 60_000;
const ACCOUNT: Account = { vendor: 'alibaba', accessKeyId: 'ak', accessKeySecret: 'secret' };
const API = 'alibaba.alb';

/** What was watched: every job, when its end was noticed, and every call. */
export interface Watched {
  readonly delaysMs: readonly number[];
  readonly calls: readonly { readonly atMs: number; readonly jobs: number }[];
}

/**
 * The whole of `watch` (queue messages, records, cadence, plan, pace, the vendor's client) on a virtual clock. Waves of
 * jobs follow each other; what is learned stays. A vendor's answer and a write take no time.
 */
export function makeDeployment(surroundings: Surroundings, seed: number) {
  const clock = fakeClock();
  const random = seeded(seed);
  const jobs = fakeJobs(clock);
  const cloud = makeCloud(clock);
  const queue = fakePending({ clock, random, sampleRate: surroundings.sampleShare });
  const arrivals: CloudJob[] = [];

  /** Messages are sent when their time has come, also in the middle of a long poll. */
  const pending: PendingQueue = {
    ...queue,
    async receive(max, waitSeconds) {
      await clock.sleep(surroundings.receiveMs);
      submitDue();
      const untilNext = ((arrivals[0]?.beginsMs ?? Number.POSITIVE_INFINITY) - clock()) / 1000;
      return queue.receive(max, Math.min(waitSeconds, untilNext));
    },
  };

  function submitDue(): void {
    for (let next = arrivals[0]; next !== undefined && next.beginsMs <= clock(); next = arrivals[0]) {
      arrivals.shift();
      const submittedAt = toIso(next.beginsMs);
      queue.send(JSON.stringify({ api: API, region: 'eu-central-1', jobId: next.jobId, submittedAt }));
    }
  }

  const vendors = vendorsOf(cloud.send, clock, surroundings.isAlone);
  const tick = makeTick({ account: ACCOUNT, clock, random, jobs, pending, vendors });

  return {
    clock,
    /** Runs until every job of the wave has been told; the wave's times count from now. */
    async watch(wave: readonly { beginsSeconds: number; lastsSeconds: number; jobId: string }[]): Promise<Watched> {
      const startMs = clock();
      const before = cloud.calls.length;
      for (const { beginsSeconds, lastsSeconds, jobId } of wave) {
        const beginsMs = startMs + Math.round(beginsSeconds * 1000);
        const job = { jobId, beginsMs, endsMs: beginsMs + Math.round(lastsSeconds * 1000) };
        cloud.add(job);
        arrivals.push(job);
      }
      arrivals.sort((a, b) => a.beginsMs - b.beginsMs);
      while (arrivals.length > 0 || queue.size() > 0) {
        const nextTickMs = clock() + TICK_MS;
        submitDue();
        await tick();
        clock.set(Math.max(clock(), nextTickMs));
      }
      const ends = new Map(jobs.all().map((job) => [job.jobId, job.endedAt]));
      const waveIds = new Set(wave.map(({ jobId }) => jobId));
      const watched = cloud.all().filter(({ jobId }) => waveIds.has(jobId));
      return {
        delaysMs: watched.map(({ jobId, endsMs }) => toMs(ends.get(jobId) ?? '') - endsMs),
        calls: cloud.calls.slice(before),
      };
    },
  };
}

function vendorsOf(send: ReturnType<typeof makeCloud>['send'], clock: () => number, isAlone: boolean) {
  let nonces = 0;
  const vendors = makeVendors({
    send,
    clock,
    nonce: () => {
      nonces += 1;
      return `n${nonces}`;
    },
  });
  const alone = (vendor: Vendor): Vendor => ({ ...vendor, grouping: { batchMax: 0, listPageMax: 0 } });
  return isAlone ? new Map([...vendors].map(([api, vendor]) => [api, alone(vendor)])) : vendors;
}

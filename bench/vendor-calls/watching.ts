import { makeAdmission } from '../../lib/admission/admission.ts';
import { makeKeyBreaker } from '../../lib/admission/key-breaker.ts';
import { makePace } from '../../lib/admission/pace.ts';
import { toIso, toMs } from '../../lib/base/time.ts';
import { BINS } from '../../lib/cadence/bins.ts';
import { type Counts, type Kind, periodOf, type Weights, weightAt } from '../../lib/cadence/durations.ts';
import type { AccountLookup } from '../../lib/vendors/account.ts';
import { makeVendors } from '../../lib/vendors/registry.ts';
import type { Vendor } from '../../lib/vendors/vendor.ts';
import type { PendingQueue, WatchPorts } from '../../lib/watch/ports.ts';
import { runTick } from '../../lib/watch/tick.ts';
import { makeWatch } from '../../lib/watch/watch.ts';
import { makeSeededRandom as seeded } from '../../local/simulator/faults.ts';
import { fakeClock } from '../../test/fakes/clock.ts';
import { fakeJobs } from '../../test/fakes/jobs.ts';
import { fakeKeyStates } from '../../test/fakes/key-states.ts';
import { fakePending } from '../../test/fakes/pending.ts';
import { type CloudJob, makeCloud } from './cloud.ts';

/** How the simulated deployment behaves. Pace, ticks and bounds are the defaults of the stack. */
export interface Surroundings {
  /** A receive returns each visible message with this probability only, at most ten, in no order. */
  readonly sampleShare: number;
  /** One receive takes so long. */
  readonly receiveMs: number;
  /** Every call polls one job, as if the vendor knew no batch. */
  readonly isAlone: boolean;
}

const SETTINGS = { stage: 'bench', watchSeconds: 50, pollMinMs: 2000, pollMaxMs: 300_000, vendorTimeoutMs: 5000 };
const TICK_MS = 60_000;
const PACE = { callsPerSecond: 5, inFlightMax: 10 };
const ACCOUNT: AccountLookup = {
  kind: 'found',
  version: '1',
  account: { vendor: 'alibaba', accessKeyId: 'ak', accessKeySecret: 'secret' },
};
const API = 'alibaba.alb';
const SILENT = { info: () => undefined, warn: () => undefined, error: () => undefined };

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
      clock.advance(surroundings.receiveMs);
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

  const tick = makeTick({ clock, random, jobs, pending, vendors: vendorsOf(cloud.send, clock, surroundings.isAlone) });

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

interface Ports extends Pick<WatchPorts, 'jobs' | 'pending' | 'vendors'> {
  readonly clock: ReturnType<typeof fakeClock>;
  readonly random: () => number;
}

function makeTick({ clock, random, ...parts }: Ports): () => Promise<unknown> {
  const sleep = async (ms: number) => clock.advance(ms);
  const keys = makeKeyBreaker(
    { keyStates: fakeKeyStates(), clock, sleep, random, publishDenied: async () => undefined },
    { probeMs: 13_000 },
  );
  const pace = makePace(PACE, random);
  const accounts = async () => ACCOUNT;
  const ports = {
    ...parts,
    reject: async () => undefined,
    publish: async () => undefined,
    admit: makeAdmission({ accounts, keys, pace, clock, sleep }),
    pages: { get: () => undefined, learn: async () => undefined, recall: async () => undefined },
    durations: memoryDurations(clock),
    log: SILENT,
    sleep,
    clock,
    mono: clock,
  };
  const watch = makeWatch(ports, SETTINGS);
  return () =>
    runTick(
      watch,
      { ...ports, noteTick: async () => undefined, leaveUnderWay: keys.leaveUnderWay },
      { ...SETTINGS, workers: 1 },
      () => 70_000,
    );
}

/** The table `durations` in memory. */
function memoryDurations(clock: () => number): WatchPorts['durations'] {
  const kinds = new Map<string, Counts & { ends: number[]; censored: number[]; count: number }>();
  return {
    read: async () => structuredClone([...kinds.values()]),
    async learn(kind: Kind, { ends, censored }: Weights) {
      const { sinceMs } = periodOf(clock());
      const name = JSON.stringify([kind.api, kind.operation, kind.region, sinceMs]);
      const none = () => new Array<number>(BINS).fill(0);
      const counts = kinds.get(name) ?? { ...kind, sinceMs, ends: none(), censored: none(), count: 0 };
      kinds.set(name, counts);
      const growth = weightAt(clock(), sinceMs);
      for (const [bin, weight] of ends) counts.ends[bin] = (counts.ends[bin] ?? 0) + weight * growth;
      for (const [bin, weight] of censored) counts.censored[bin] = (counts.censored[bin] ?? 0) + weight * growth;
      if (ends.size > 0) counts.count += 1;
    },
  };
}

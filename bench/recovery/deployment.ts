import { makeAdmission } from '../../lib/admission/admission.ts';
import { makeKeyBreaker } from '../../lib/admission/key-breaker.ts';
import { makePace } from '../../lib/admission/pace.ts';
import type { Account } from '../../lib/vendors/account.ts';
import { makeVendors } from '../../lib/vendors/registry.ts';
import type { PendingQueue } from '../../lib/watch/ports.ts';
import { runTick } from '../../lib/watch/tick.ts';
import { makeWatch } from '../../lib/watch/watch.ts';
import { makeSeededRandom as seeded } from '../../local/simulator/faults.ts';
import { START_MS } from '../../test/fakes/clock.ts';
import { fakeGroups } from '../../test/fakes/groups.ts';
import { fakeJobs } from '../../test/fakes/jobs.ts';
import { fakeKeyStates } from '../../test/fakes/key-states.ts';
import { fakePending } from '../../test/fakes/pending.ts';
import { makeSickCloud } from './sick-cloud.ts';
import { makeVirtualTime } from './virtual-time.ts';

/** Jobs are polled every 10 s at the latest, so that what is measured is the outage and not the cadence. */
export const POLL_MAX_MS = 10_000;
const SETTINGS = {
  stage: 'bench',
  watchSeconds: 50,
  pollMinMs: 2000,
  pollMaxMs: POLL_MAX_MS,
  pollCostSeconds: 0.5,
  vendorTimeoutMs: 5000,
};
const TICK_MS = 60_000;
const TICK_MAX_MS = 70_000;
const PACE = { callsPerSecond: 5, inFlightMax: 10 };
const SILENT = { info: () => undefined, warn: () => undefined, error: () => undefined };

export interface BenchScope {
  readonly api: string;
  readonly region: string;
}

export interface Deployment {
  readonly account: Account;
  readonly scopes: readonly BenchScope[];
  readonly jobsEach: number;
  readonly seed: number;
}

/** The whole of `watch` in virtual time, a tick a minute. What a process remembers ends with it, the tables stay. */
export function makeDeployment({ account, scopes, jobsEach, seed }: Deployment) {
  const time = makeVirtualTime(START_MS);
  const { clock, sleep } = time;
  const random = seeded(seed);
  const cloud = makeSickCloud(time);
  const now = Object.assign(clock, {
    set: () => undefined,
    advance: () => undefined,
    sleep,
    timer: (ms: number) => ({ done: sleep(ms), cancel: () => undefined }),
    hold: <Result>(work: Promise<Result>) => work,
  });
  const jobs = fakeJobs(now);
  const keyStates = fakeKeyStates();
  const queue = fakePending({ clock: now, random, movesClock: false });
  const pending: PendingQueue = { ...queue, receive };
  let version = '1';
  let isCold = false;
  let over = false;

  async function receive(max: number, waitSeconds: number) {
    const untilMs = clock() + waitSeconds * 1000;
    while (queue.visible() === 0 && clock() < untilMs) await sleep(Math.min(250, untilMs - clock()));
    return queue.receive(max, 0);
  }

  function makeProcess() {
    const publishDenied = async () => undefined;
    const keys = makeKeyBreaker({ keyStates, clock, sleep, random, publishDenied }, { probeMs: 13_000 });
    const accounts = async () => ({ kind: 'found', account, version }) as const;
    let nonces = 0;
    const nonce = () => {
      nonces += 1;
      return `n${nonces}`;
    };
    const ports = {
      jobs,
      groups: fakeGroups(now),
      pending,
      vendors: makeVendors({ send: cloud.send, clock, nonce }),
      reject: async () => undefined,
      publish: async () => undefined,
      admit: makeAdmission({ accounts, keys, pace: makePace(PACE, random), clock, sleep }),
      pages: { get: () => undefined, learn: async () => undefined, recall: async () => undefined },
      durations: { read: async () => [], learn: async () => undefined },
      log: SILENT,
      sleep,
      clock,
      mono: clock,
    };
    const watch = makeWatch(ports, SETTINGS);
    const tickPorts = { ...ports, noteTick: async () => undefined, leaveUnderWay: keys.leaveUnderWay };
    return () => {
      const endsMs = clock() + TICK_MAX_MS;
      return runTick(watch, tickPorts, { ...SETTINGS, workers: 1 }, () => endsMs - clock());
    };
  }

  async function schedule(): Promise<void> {
    let tick = makeProcess();
    while (!over) {
      const beganMs = clock();
      if (isCold) tick = makeProcess();
      await tick();
      await sleep(beganMs + TICK_MS - clock());
    }
  }

  const jobIds = scopes.flatMap(({ api, region }) =>
    Array.from({ length: jobsEach }, (_, index) => {
      const jobId = `${api}-${region}-${index}`.replaceAll('.', '-');
      const project = api.startsWith('huawei') ? { projectId: 'project' } : {};
      queue.send(JSON.stringify({ api, region, jobId, ...project }));
      return jobId;
    }),
  );
  void schedule();

  return {
    ...time,
    cloud,
    jobIds,
    /** From now on each tick has a process of its own. */
    coldStarts(): void {
      isCold = true;
    },
    /** The account is written anew: its key has had no good answer yet. */
    newVersion(): void {
      version = String(Number(version) + 1);
    },
    close(): void {
      over = true;
    },
  };
}

import { toIso, toMs } from '../../lib/base/time.ts';
import type { Account } from '../../lib/vendors/account.ts';
import { makeVendors } from '../../lib/vendors/registry.ts';
import type { PendingQueue } from '../../lib/watch/ports.ts';
import { makeSeededRandom as seeded } from '../../local/simulator/faults.ts';
import { type FakeClock, fakeClock } from '../../test/fakes/clock.ts';
import { fakeJobs } from '../../test/fakes/jobs.ts';
import { fakeLeaderStore } from '../../test/fakes/leader.ts';
import { fakePending } from '../../test/fakes/pending.ts';
import { countedQueue } from '../counted-queue.ts';
import { makeCloud } from '../vendor-calls/cloud.ts';
import { makeShared, makeWorker } from '../vendor-calls/worker.ts';
import { type EventSourceOptions, runEventSource } from './event-source.ts';

/** Who works on what becomes visible. */
export type Design =
  | { readonly kind: 'ticks'; readonly watchSeconds: number }
  /** Each batch of the event source is a round of its own, beside the others. */
  | ({ readonly kind: 'batches' } & Pollers)
  /** A batch is the first round of a leader. */
  | ({ readonly kind: 'leader' } & Pollers);

type Pollers = Pick<EventSourceOptions, 'pollers' | 'batchMax' | 'overpulls'>;

export interface ModelJob {
  readonly jobId: string;
  readonly beginsSeconds: number;
  readonly lastsSeconds: number;
}

export interface Modelled {
  readonly delaysMs: readonly number[];
  readonly callsAtMs: readonly number[];
  readonly polls: number;
  /** Without the long polls of an event source that found nothing: an idle queue has as many. */
  readonly sqsRequests: number;
  readonly invocations: number;
  /** That Lambda is paid for, of all invocations together. */
  readonly workedMs: number;
  /** Requests to the leader lease. */
  readonly leaseReads: number;
  readonly leaseWrites: number;
}

const TICK_MS = 60_000;
const SQS_MS = 15;
const ANSWER_MS = 150;
const HAND_OVER_MS = 30;
const STORE_MS = 5;
const CONCURRENCY = 2;
const ACCOUNT: Account = { vendor: 'alibaba', accessKeyId: 'ak', accessKeySecret: 'secret' };

/** The whole of `watch` on a virtual clock, woken in one way or another; plays the jobs to their ends. */
export async function playDesign(design: Design, jobs: readonly ModelJob[], seed: number): Promise<Modelled> {
  const clock = fakeClock();
  const random = seeded(seed);
  const startMs = clock();
  const records = fakeJobs(clock);
  const cloud = makeCloud(clock);
  const queue = fakePending({ clock, random, sampleRate: 0.7 });
  const counted = polledQueue(queue, clock);
  let nonces = 0;
  const nonce = () => `n${nonces++}`;
  const send: typeof cloud.send = async (request) => {
    await clock.sleep(ANSWER_MS);
    return cloud.send(request);
  };
  const vendors = makeVendors({ send, clock, nonce });
  const shared = makeShared(clock);
  const newWorker = () =>
    makeWorker({ account: ACCOUNT, clock, random, shared, jobs: records, pending: counted.pending, vendors });
  let sent = 0;
  const isOver = () => sent === jobs.length && queue.size() === 0;

  async function submit(): Promise<void> {
    for (const { jobId, beginsSeconds, lastsSeconds } of jobs.toSorted((a, b) => a.beginsSeconds - b.beginsSeconds)) {
      const beginsMs = startMs + Math.round(beginsSeconds * 1000);
      await clock.sleep(beginsMs - clock());
      cloud.add({ jobId, beginsMs, endsMs: beginsMs + Math.round(lastsSeconds * 1000) });
      queue.send(JSON.stringify({ api: 'alibaba.alb', region: 'eu-central-1', jobId, submittedAt: toIso(beginsMs) }));
      sent += 1;
    }
  }

  const worked = stopwatch(clock);
  const leases = { leaseReads: 0, leaseWrites: 0 };
  const over = design.kind === 'ticks' ? ticks(design.watchSeconds) : woken(design);
  await Promise.all([submit(), over]);
  const ends = new Map(records.all().map((job) => [job.jobId, toMs(job.endedAt ?? '')]));
  return {
    delaysMs: cloud.all().map(({ jobId, endsMs }) => (ends.get(jobId) ?? Number.NaN) - endsMs),
    callsAtMs: cloud.calls.map(({ atMs }) => atMs),
    polls: cloud.calls.reduce((sum, one) => sum + one.jobs, 0),
    sqsRequests: counted.requests(),
    invocations: worked.times(),
    workedMs: worked.ms(),
    ...leases,
  };

  async function ticks(watchSeconds: number): Promise<void> {
    const worker = newWorker();
    for (let tickMs = startMs; !isOver(); tickMs += TICK_MS) {
      await clock.sleep(tickMs - clock());
      await worked.around(worker.tick(watchSeconds));
    }
  }

  async function woken({ kind, ...pollers }: Exclude<Design, { kind: 'ticks' }>): Promise<void> {
    const idle: ReturnType<typeof makeWorker>[] = [];
    const lease = fakeLeaderStore();
    const store: typeof lease = {
      ...lease,
      read() {
        leases.leaseReads += 1;
        return clock.sleep(STORE_MS).then(lease.read);
      },
      write(one) {
        leases.leaseWrites += 1;
        return clock.sleep(STORE_MS).then(() => lease.write(one));
      },
    };
    const invoke = async (batch: Parameters<ReturnType<typeof makeWorker>['batch']>[0]) => {
      const worker = idle.pop() ?? newWorker();
      await worked.around(kind === 'batches' ? worker.batch(batch, CONCURRENCY) : worker.wake(batch, store, nonce));
      idle.push(worker);
    };
    const rest = { clock, concurrency: CONCURRENCY, handOverMs: HAND_OVER_MS, queue: counted.ofPollers };
    await runEventSource({ ...pollers, ...rest, invoke, isOver });
  }
}

function stopwatch(clock: FakeClock) {
  let workedMs = 0;
  let times = 0;
  return {
    ms: () => workedMs,
    times: () => times,
    async around<Result>(work: Promise<Result>): Promise<void> {
      const beganMs = clock();
      times += 1;
      await work;
      workedMs += clock() - beganMs;
    },
  };
}

/** The queue as it is counted, and as the pollers of an event source receive from it. */
function polledQueue(queue: PendingQueue, clock: FakeClock) {
  const { pending, count, requests } = countedQueue(queue, clock, SQS_MS);
  const ofPollers: Pick<PendingQueue, 'receive'> = {
    async receive(max, waitSeconds) {
      await clock.sleep(SQS_MS);
      const messages = await queue.receive(max, waitSeconds);
      if (messages.length > 0) count();
      return messages;
    },
  };
  return { pending, requests, ofPollers };
}

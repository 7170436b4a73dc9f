import { makeAdmission } from '../../lib/admission/admission.ts';
import { makeKeyBreaker } from '../../lib/admission/key-breaker.ts';
import { makePace } from '../../lib/admission/pace.ts';
import type { Log } from '../../lib/base/log.ts';
import { toIso } from '../../lib/base/time.ts';
import { deniedEvent, type Event } from '../../lib/events/event.ts';
import { jobIdOf } from '../../lib/job/identity.ts';
import type { Job } from '../../lib/job/job.ts';
import type { AccountLookup } from '../../lib/vendors/account.ts';
import type { Rejected, WatchPorts, WatchSettings } from '../../lib/watch/ports.ts';
import type { ShiftReport } from '../../lib/watch/shift.ts';
import { runTick } from '../../lib/watch/tick.ts';
import { makeWatch } from '../../lib/watch/watch.ts';
import { fakeClock, START_MS, seededRandom } from './clock.ts';
import { fakeGroups } from './groups.ts';
import { fakeJobs } from './jobs.ts';
import { fakeKeyStates } from './key-states.ts';
import { fakePending, type PendingOptions } from './pending.ts';
import { fakeVendor } from './vendor.ts';

export interface LogLine {
  readonly level: 'info' | 'warn' | 'error';
  readonly message: string;
  readonly fields: Record<string, unknown>;
}

export const SETTINGS: WatchSettings = {
  stage: 'test',
  watchSeconds: 50,
  pollMinMs: 2000,
  pollMaxMs: 300_000,
  pollCostSeconds: 0.5,
  vendorTimeoutMs: 5000,
};

export const ACCOUNT: AccountLookup = {
  kind: 'found',
  version: '1',
  account: { vendor: 'huawei', accessKeyId: 'AK', accessKeySecret: 'SK' },
};

/** The watch on fakes: one store, one queue, one vendor `test.api`, and workers that can be made and dropped. */
export function makeWorld(options: { seed?: number; queue?: Partial<PendingOptions> } = {}) {
  const clock = fakeClock();
  const random = seededRandom(options.seed ?? 1);
  const pending = fakePending({ clock, random, ...options.queue });
  const jobs = fakeJobs(clock);
  const groups = fakeGroups(clock);
  const keyStates = fakeKeyStates();
  const vendor = fakeVendor(clock);
  const told: Event[] = [];
  const rejected: Rejected[] = [];
  const lines: LogLine[] = [];
  const accounts = new Map<string, AccountLookup>([['default', ACCOUNT]]);
  const log: Log = {
    info: (message, fields = {}) => void lines.push({ level: 'info', message, fields }),
    warn: (message, fields = {}) => void lines.push({ level: 'warn', message, fields }),
    error: (message, fields = {}) => void lines.push({ level: 'error', message, fields }),
  };

  /** A worker with a memory of its own, as after a cold start. `wrap` may break its ports. */
  function makeWorker(
    wrap: (ports: WatchPorts) => WatchPorts = (ports) => ports,
    settings = SETTINGS,
    lookup: (name: string) => Promise<AccountLookup> = async (name) =>
      accounts.get(name) ?? { kind: 'absent', reason: `account "${name}" does not exist`, version: null },
    callsPerSecond = 1000,
  ) {
    const pace = makePace({ callsPerSecond, inFlightMax: 50 }, random);
    const ports: WatchPorts = wrap({
      pending,
      reject: async (message) => void rejected.push(message),
      jobs,
      groups,
      publish: async (events) => void told.push(...events),
      vendors: new Map([[vendor.api, vendor]]),
      admit: async () => ({ kind: 'wait', untilMs: 0, reason: 'replaced below' }),
      pages: { get: () => undefined, learn: async () => undefined, recall: async () => undefined },
      durations: { read: async () => [], learn: async () => undefined },
      log,
      clock,
      mono: clock,
    });
    const { sleep } = clock;
    const keys = makeKeyBreaker(
      {
        keyStates,
        clock,
        sleep,
        random,
        publishDenied: async ({ id, denial }) => {
          if (denial === null) return;
          await ports.publish([
            deniedEvent('test', {
              subject: id,
              account: denial.account,
              deniedSince: denial.since,
              reason: denial.reason,
            }),
          ]);
        },
      },
      { probeMs: 13_000 },
    );
    const watch = makeWatch(
      { ...ports, admit: makeAdmission({ accounts: lookup, keys, pace, clock, sleep }) },
      settings,
    );
    const shiftPorts = { ...ports, sleep, leaveUnderWay: keys.leaveUnderWay };
    const tick = (): Promise<ShiftReport> =>
      runTick(watch, { ...shiftPorts, noteTick: async () => undefined }, { ...settings, workers: 1 }, () => 70_000);
    return { watch, tick, pace, shiftPorts };
  }

  /** Ticks once a minute, each by `worker`, until nothing is left to do or the minutes are over. */
  async function runMinutes(minutes: number, worker = makeWorker()): Promise<void> {
    for (let minute = 0; minute < minutes && pending.size() > 0; minute++) {
      const nextMs = clock() + 60_000;
      await worker.tick();
      clock.set(Math.max(clock(), nextMs));
    }
  }

  function submit(jobId: string, extra: Record<string, unknown> = {}): string {
    pending.send(JSON.stringify({ ...BODY, jobId, ...extra }));
    return idOf(jobId);
  }

  const ends = (id: string) =>
    told.filter((event) => ofJob(event, id) && /succeeded|failed|canceled|timed_out|lost|stopped/.test(event.type));
  const job = (id: string): Job | undefined => jobs.all().find((one) => one.id === id);

  return {
    clock,
    random,
    pending,
    jobs,
    groups,
    keyStates,
    vendor,
    told,
    rejected,
    lines,
    accounts,
    makeWorker,
    runMinutes,
    submit,
    ends,
    job,
  };
}

export type World = ReturnType<typeof makeWorld>;

/** Submitted so long ago that the first look is due at once. */
export const LONG_AGO = { submittedAt: toIso(START_MS - 3_600_000) };

export const BODY = { api: 'test.api', region: 'eu-1' };

export function idOf(jobId: string): string {
  return jobIdOf({ ...BODY, account: 'default', projectId: null, jobId });
}

function ofJob(event: Event, id: string): boolean {
  const data = event.data as { job?: { id?: string } };
  return data.job?.id === id;
}

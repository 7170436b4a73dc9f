import { makeSend } from '../../lib/adapters/http/send.ts';
import { makeAdmission } from '../../lib/admission/admission.ts';
import { makeKeyBreaker } from '../../lib/admission/key-breaker.ts';
import { makePace } from '../../lib/admission/pace.ts';
import type { Send } from '../../lib/base/http.ts';
import type { Log } from '../../lib/base/log.ts';
import { deniedEvent, type Event } from '../../lib/events/event.ts';
import { jobIdOf } from '../../lib/job/identity.ts';
import type { Account, AccountLookup } from '../../lib/vendors/account.ts';
import { makeVendors } from '../../lib/vendors/registry.ts';
import type { Rejected, WatchPorts } from '../../lib/watch/ports.ts';
import type { ShiftReport } from '../../lib/watch/shift.ts';
import { runTick } from '../../lib/watch/tick.ts';
import { makeWatch } from '../../lib/watch/watch.ts';
import type { Simulator } from '../../local/simulator/simulator.ts';
import { startSimulator } from '../../local/simulator/start.ts';
import { fakeClock, seededRandom } from './clock.ts';
import { fakeGroups } from './groups.ts';
import { fakeJobs } from './jobs.ts';
import { fakeKeyStates } from './key-states.ts';
import { fakePending } from './pending.ts';
import { type LogLine, SETTINGS } from './world.ts';

export const APIS: readonly string[] = ['alibaba.nlb', 'alibaba.alb', 'huawei.elb.v1', 'huawei.elb.v3'];
export type AccountName = 'alibaba' | 'huawei' | 'user';

/** A vendor that hangs is given up after this; it costs real time. */
const HANG_MS = 150;

export interface Wanted {
  readonly api: string;
  readonly account: AccountName;
  readonly jobId: string;
  /** Null for Alibaba. */
  readonly projectId: string | null;
}

/**
 * The watch on an in-memory queue and table, and the real vendors over HTTP to the simulator. All have one clock, which
 * stands still while any request is under way.
 */
export async function makeVendorWorld(seed: number) {
  const clock = fakeClock();
  const random = seededRandom(seed);
  const simulator = await startSimulator({
    clock,
    scenario: {
      credentials: [
        { vendor: 'alibaba', accessKeyId: 'ak', accessKeySecret: 'secret' },
        { vendor: 'huawei', accessKeyId: 'hwak', accessKeySecret: 'secret' },
        { vendor: 'huawei', domain: 'acme', username: 'watcher', password: 'secret' },
      ],
      options: { seed },
    },
  });
  const accounts = accountsFor(simulator);
  const send = heldSend(clock);
  const pending = fakePending({ clock, random, twinRate: 0.05, sampleRate: 0.8 });
  const jobs = fakeJobs(clock);
  const keyStates = fakeKeyStates();
  const pages = new Map<string, number>();
  const told: Event[] = [];
  const rejected: Rejected[] = [];
  const faults: LogLine[] = [];
  const log: Log = {
    info: () => undefined,
    warn: () => undefined,
    error: (message, fields = {}) => void faults.push({ level: 'error', message, fields }),
  };
  let nonces = 0;

  /** A worker after a cold start. */
  function makeWorker(): { tick: () => Promise<ShiftReport> } {
    const publishDenied: Parameters<typeof makeKeyBreaker>[0]['publishDenied'] = async ({ id, denial }) => {
      if (denial === null) return;
      const { account, since, reason } = denial;
      told.push(deniedEvent('test', { subject: id, account, deniedSince: since, reason }));
    };
    const { sleep } = clock;
    const keys = makeKeyBreaker({ keyStates, clock, sleep, random, publishDenied }, { probeMs: 13_000 });
    const pace = makePace({ callsPerSecond: 5, inFlightMax: 10 }, random);
    const lookup = async (name: string): Promise<AccountLookup> =>
      accounts.get(name) ?? { kind: 'absent', reason: 'there is no such account', version: null };
    const ports: WatchPorts = {
      pending,
      reject: async (message) => void rejected.push(message),
      jobs,
      groups: fakeGroups(clock),
      publish: async (events) => void told.push(...events),
      vendors: makeVendors({ send, clock, nonce: () => `${seed}-${++nonces}` }),
      admit: makeAdmission({ accounts: lookup, keys, pace, clock, sleep }),
      pages: {
        get: (key) => pages.get(key),
        learn: async (key, count) => void pages.set(key, count),
        recall: async () => undefined,
      },
      durations: { read: async () => [], learn: async () => undefined },
      log,
      clock,
      mono: clock,
    };
    const watch = makeWatch(ports, SETTINGS);
    const tickPorts = { ...ports, sleep, noteTick: async () => undefined, leaveUnderWay: keys.leaveUnderWay };
    return {
      tick: () => {
        return runTick(watch, tickPorts, { ...SETTINGS, workers: 1 }, () => 70_000);
      },
    };
  }

  return {
    clock,
    random,
    simulator,
    jobs,
    told,
    rejected,
    faults,
    makeWorker,
    /** Messages that are left in the pending queue. */
    left: pending.size,

    submit({ projectId, ...job }: Wanted, extra: Record<string, unknown> = {}): string {
      const body = { region: REGION, ...job, ...(projectId === null ? {} : { projectId }), ...extra };
      pending.send(JSON.stringify(body));
      return jobIdOf({ region: REGION, ...job, projectId });
    },

    /** A tick a minute, and now and then by a worker that knows nothing yet. */
    async runMinutes(minutes: number, isDone: () => boolean = () => false): Promise<void> {
      let worker = makeWorker();
      for (let minute = 0; minute < minutes && !isDone(); minute++) {
        const nextMs = clock() + 60_000;
        if (random() < 0.1) worker = makeWorker();
        await worker.tick();
        clock.set(Math.max(clock(), nextMs));
      }
    },
  };
}

export type VendorWorld = Awaited<ReturnType<typeof makeVendorWorld>>;

const REGION = 'eu-1';

function accountsFor({ url }: Simulator): ReadonlyMap<string, AccountLookup> {
  const endpoints = Object.fromEntries(APIS.map((api) => [api, url]));
  const user = { iamEndpoint: url, domain: 'acme', username: 'watcher', password: 'secret' };
  const accounts: Record<AccountName, Account> = {
    alibaba: { vendor: 'alibaba', accessKeyId: 'ak', accessKeySecret: 'secret', endpoints },
    huawei: { vendor: 'huawei', accessKeyId: 'hwak', accessKeySecret: 'secret', endpoints },
    user: { vendor: 'huawei', ...user, endpoints },
  };
  return new Map(Object.entries(accounts).map(([name, account]) => [name, { kind: 'found', version: '1', account }]));
}

/** A call takes no time, and its five seconds if it timed out. */
function heldSend(clock: ReturnType<typeof fakeClock>): Send {
  const real = makeSend({ timeoutMs: HANG_MS, maxBytes: 1_000_000 });
  return async (request) => {
    const response = await clock.hold(real(request));
    if (response.kind === 'failure' && response.error === 'timeout') clock.advance(SETTINGS.vendorTimeoutMs);
    return response;
  };
}

import { makeAdmission } from '../../lib/admission/admission.ts';
import { makeKeyBreaker } from '../../lib/admission/key-breaker.ts';
import { makePace } from '../../lib/admission/pace.ts';
import type { Account, AccountLookup } from '../../lib/vendors/account.ts';
import type { PendingMessage, WatchPorts } from '../../lib/watch/ports.ts';
import { runShift } from '../../lib/watch/shift.ts';
import { runTick } from '../../lib/watch/tick.ts';
import { type LeaderStore, makeLeader } from '../../lib/watch/wake/leader.ts';
import { makeWake } from '../../lib/watch/wake/wake.ts';
import { makeWatch } from '../../lib/watch/watch.ts';
import type { fakeClock } from '../../test/fakes/clock.ts';
import { memoryDurations } from '../../test/fakes/durations.ts';
import { fakeGroups } from '../../test/fakes/groups.ts';
import { fakeKeyStates } from '../../test/fakes/key-states.ts';

/** A worker of `watch` on a virtual clock; pace and bounds are the defaults of the stack. */

const SETTINGS = {
  stage: 'bench',
  watchSeconds: 50,
  pollMinMs: 2000,
  pollMaxMs: 300_000,
  pollCostSeconds: 0.5,
  vendorTimeoutMs: 5000,
};
/** What Lambda gives a tick beyond the time in which it receives. */
const AFTER_MS = 20_000;
const PACE = { callsPerSecond: 5, inFlightMax: 10 };
const SILENT = { info: () => undefined, warn: () => undefined, error: () => undefined };

export interface WorkerPorts extends Pick<WatchPorts, 'jobs' | 'pending' | 'vendors'> {
  /** Of every account. */
  readonly account: Account;
  readonly clock: ReturnType<typeof fakeClock>;
  readonly random: () => number;
  /** What all processes learn together; absent: this one is alone. */
  readonly shared?: Shared;
}

/** Tables that outlive processes. */
export function makeShared(clock: () => number) {
  return { keyStates: fakeKeyStates(), pages: memoryPages(), durations: memoryDurations(clock) };
}

type Shared = ReturnType<typeof makeShared>;

/** Answers a tick of the worker, which works for so long; what the worker has learned stays for the next one. */
export function makeTick(ports: WorkerPorts) {
  return makeWorker(ports).tick;
}

/** How long a woken worker receives. */
const WOKEN_SECONDS = 20;
/** What Lambda gives it. */
const WOKEN_MS = 60_000;

/** A process: its memory outlives its invocations. */
export function makeWorker({ account, clock, random, shared = makeShared(clock), ...parts }: WorkerPorts) {
  const { sleep } = clock;
  const { keyStates, pages, durations } = shared;
  const keys = makeKeyBreaker(
    { keyStates, clock, sleep, random, publishDenied: async () => undefined },
    { probeMs: 13_000 },
  );
  const pace = makePace(PACE, random);
  const lookup: AccountLookup = { kind: 'found', version: '1', account };
  const accounts = async () => lookup;
  const ports = {
    ...parts,
    groups: fakeGroups(clock),
    reject: async () => undefined,
    publish: async () => undefined,
    admit: makeAdmission({ accounts, keys, pace, clock, sleep }),
    pages,
    durations,
    log: SILENT,
    sleep,
    clock,
    mono: clock,
  };
  const watch = makeWatch(ports, SETTINGS);
  const leaveUnderWay = keys.leaveUnderWay;

  return {
    tick(watchSeconds = SETTINGS.watchSeconds) {
      const endMs = clock() + watchSeconds * 1000 + AFTER_MS;
      const settings = { ...SETTINGS, watchSeconds, workers: 1 };
      const noteTick = async () => undefined;
      return runTick(watch, { ...ports, noteTick, leaveUnderWay }, settings, () => endMs - clock());
    },

    /** A batch as a round of its own, whatever others do: each worker has so much of the pace. */
    async batch(batch: readonly PendingMessage[], workers: number): Promise<void> {
      const endMs = clock() + WOKEN_MS;
      const settings = { ...SETTINGS, watchSeconds: 0, workers, batch, mayGo: () => true };
      await runShift(watch, { ...ports, leaveUnderWay }, settings, () => endMs - clock());
    },

    /** Woken with a batch, or by the schedule with none, as one of those of whom one leads. */
    async wake(batch: readonly PendingMessage[], store: LeaderStore, nonce: () => string): Promise<void> {
      const endMs = clock() + WOKEN_MS;
      const tryToLead = makeLeader({ store, clock, sleep, nonce, paceFullMs: pace.fullMs, log: SILENT });
      const wake = makeWake(
        {
          ...ports,
          tryToLead,
          work: async (messages, leadership) => {
            const settings = { ...SETTINGS, watchSeconds: WOKEN_SECONDS, workers: 1, mayGo: () => true };
            const shift = { ...settings, batch: messages, leadership };
            await runShift(watch, { ...ports, leaveUnderWay }, shift, () => endMs - clock());
          },
        },
        SETTINGS,
      );
      await wake(batch, () => endMs - clock());
    },
  };
}

function memoryPages(): WatchPorts['pages'] {
  const pages = new Map<string, number>();
  return {
    get: (key) => pages.get(key),
    learn: async (key, count) => void pages.set(key, count),
    recall: async () => undefined,
  };
}

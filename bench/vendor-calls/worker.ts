import { makeAdmission } from '../../lib/admission/admission.ts';
import { makeKeyBreaker } from '../../lib/admission/key-breaker.ts';
import { makePace } from '../../lib/admission/pace.ts';
import type { Account, AccountLookup } from '../../lib/vendors/account.ts';
import type { WatchPorts } from '../../lib/watch/ports.ts';
import { runTick } from '../../lib/watch/tick.ts';
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
}

/** Answers a tick of the worker, which works for so long; what the worker has learned stays for the next one. */
export function makeTick({ account, clock, random, ...parts }: WorkerPorts) {
  const { sleep } = clock;
  const keys = makeKeyBreaker(
    { keyStates: fakeKeyStates(), clock, sleep, random, publishDenied: async () => undefined },
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
    pages: memoryPages(),
    durations: memoryDurations(clock),
    log: SILENT,
    sleep,
    clock,
    mono: clock,
  };
  const watch = makeWatch(ports, SETTINGS);
  return (watchSeconds = SETTINGS.watchSeconds) => {
    const endMs = clock() + watchSeconds * 1000 + AFTER_MS;
    const settings = { ...SETTINGS, watchSeconds, workers: 1 };
    return runTick(
      watch,
      { ...ports, noteTick: async () => undefined, leaveUnderWay: keys.leaveUnderWay },
      settings,
      () => endMs - clock(),
    );
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

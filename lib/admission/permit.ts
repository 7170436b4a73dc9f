import type { Clock } from '../base/time.ts';
import type { Account } from '../vendors/account.ts';
import type { PollResult } from '../vendors/vendor.ts';
import type { KeyBreaker, KeyPermit } from './key-permit.ts';
import type { Pace, Share } from './pace.ts';
import type { Tick } from './tick.ts';
import { keyVerdict, paceOutcome, scopeVerdict } from './verdict.ts';

/** The permit to make one call, with what it needs. */
export interface Permit {
  readonly kind: 'go';
  readonly account: Account;
  /** Before each request: waits for the scope's pace, a bounded time; false if no request may begin any more. */
  readonly acquire: () => Promise<boolean>;
  /** See `Access`. */
  readonly unsignedFirst: boolean;
  /** Must be called once, with the result or, if there is none, with null. */
  readonly release: (result: PollResult | null) => Promise<void>;
}

export interface PermitPorts {
  readonly keys: KeyBreaker;
  readonly pace: Pace;
  readonly clock: Clock;
  readonly sleep: (ms: number) => Promise<void>;
}

/** What the call has taken, and `release` gives back. */
export interface Taken {
  /** What the pace counts the call under, and the part of it that it may have. */
  readonly paced: string;
  readonly share: Share;
  /** When the pace admitted it, as cool-downs are counted. */
  readonly epoch: number;
  readonly byScope: KeyPermit;
  readonly byKey: KeyPermit;
}

/** The longest that one call may go on making requests: well within the lease of its messages. */
const CALL_MAX_MS = 30_000;

/**
 * The call's first request was paid by the admission. Further ones (pages, halves of a batch) wait for the pace: a call
 * that was begun and given up over and over would never get to its last page.
 */
export function makePermit(ports: PermitPorts, account: Account, taken: Taken, tick: Tick): Permit {
  const untilMs = ports.clock() + CALL_MAX_MS;
  let prepaid = true;

  async function acquire(): Promise<boolean> {
    if (ports.clock() >= untilMs) return false;
    if (!prepaid) return (await paced(ports, taken, tick, untilMs)) && tick.mayBegin();
    prepaid = false;
    return tick.mayBegin();
  }

  const unsignedFirst = taken.byKey.isWary;
  return { kind: 'go', account, acquire, unsignedFirst, release: (result) => release(ports, taken, result) };
}

/** What the vendor wished meanwhile, or another call found out, holds for the further requests of this one, too. */
async function paced({ pace, clock, sleep }: PermitPorts, taken: Taken, tick: Tick, untilMs: number) {
  const { paced: name, share } = taken;
  for (;;) {
    // First: a request that is not made any more takes nothing from those that are.
    if (!tick.mayBegin() || clock() >= untilMs || pace.isCooling(name, clock())) return false;
    if (pace.take(name, share, clock())) return true;
    await sleep(pace.intervalMs(share));
  }
}

async function release({ keys, pace, clock }: PermitPorts, taken: Taken, result: PollResult | null): Promise<void> {
  pace.release(taken.paced, paceOutcome(result), clock(), taken.epoch);
  try {
    await keys.release(taken.byKey, keyVerdict(result));
  } finally {
    await keys.release(taken.byScope, scopeVerdict(result));
  }
}

import type { Clock } from '../base/time.ts';
import { keyFingerprint, type Scope, scopeKey } from '../job/identity.ts';
import { isTrouble, type Observation } from '../job/observation.ts';
import type { Account, AccountLookup } from '../vendors/account.ts';
import type { Answer, Vendor } from '../vendors/vendor.ts';
import type { KeyAdmission, Keys, Pass, Subject, Verdict } from './key-breaker.ts';
import { DENIED_LOOK_MS } from './key-state.ts';
import type { CallOutcome, Pace, Wait } from './pace.ts';

export interface AdmissionPorts {
  /** Cached for a tick; never rejects for an absent or malformed account. */
  readonly accounts: (name: string) => Promise<AccountLookup>;
  readonly keys: Keys;
  readonly pace: Pace;
  readonly clock: Clock;
  readonly sleep: (ms: number) => Promise<void>;
}

/** The leave to make one call, with what it needs. `close` must be called once, with the answer or with null. */
export interface Leave {
  readonly kind: 'go';
  readonly account: Account;
  /** Waits for the scope's pace, a bounded time; false if it is over or if no call may begin any more. */
  readonly spend: () => Promise<boolean>;
  readonly close: (answer: Answer | null) => Promise<void>;
}

/**
 * Huawei locks a key that collects bad signatures: no more calls than this may be unanswered at once, over all workers.
 */
const HUAWEI_IN_FLIGHT_MAX = 4;
const OTHER_IN_FLIGHT_MAX = 50;
/** The longest that one call may go on making requests: well within the lease of its messages. */
const CALL_MAX_MS = 30_000;

/**
 * Who may call, and when: account, then pace, then refusals. What was taken is given back if a later one says no. The
 * workers that share the pace share the calls of a key as well.
 */
export function makeAdmission(ports: AdmissionPorts) {
  const { keys, pace, clock } = ports;

  return async function admit(scope: Scope, vendor: Vendor, mayBegin: () => boolean): Promise<Leave | Wait> {
    const lookup = await ports.accounts(scope.account);
    const holder: Subject = subject(
      `account#${scope.account}@${vendor.cloud}`,
      scope,
      lookup,
      false,
      OTHER_IN_FLIGHT_MAX,
    );
    const unusable = whyUnusable(lookup, scope, vendor);
    if (unusable !== null || lookup.kind !== 'found') {
      const reason = unusable ?? 'unusable';
      await keys.denyAccount(holder, reason);
      return { kind: 'wait', untilMs: clock() + DENIED_LOOK_MS, reason };
    }
    await keys.clearAccount(holder);
    return enter(scope, lookup, mayBegin);
  };

  async function enter(
    scope: Scope,
    lookup: Extract<AccountLookup, { kind: 'found' }>,
    mayBegin: () => boolean,
  ): Promise<Leave | Wait> {
    const { account } = lookup;
    const huaweiShare = Math.max(1, Math.floor(HUAWEI_IN_FLIGHT_MAX / pace.workers()));
    const share = account.vendor === 'huawei' ? huaweiShare : OTHER_IN_FLIGHT_MAX;
    // A scope that hangs may not hold all the calls that its key has.
    const placeShare = Math.max(1, Math.floor(share / 2));
    const place = subject(`scope#${scopeKey(scope)}`, scope, lookup, false, placeShare);
    const key = subject(`key#${fingerprint(account)}`, scope, lookup, true, share);
    const known = keys.knownDenial(place) ?? keys.knownDenial(key);
    if (known !== null) return known;
    const paced = pace.admit(scopeKey(scope), clock());
    if (paced.kind === 'wait') return paced;
    const taken = await takePasses(place, key).catch((fault: unknown) => {
      pace.cancel(scopeKey(scope), clock());
      throw fault;
    });
    if (taken.kind === 'go') return leave(scope, account, taken, mayBegin);
    pace.cancel(scopeKey(scope), clock());
    return taken.kind === 'wait' ? taken : pace.later(scopeKey(scope), clock(), taken.reason);
  }

  /** Both or none: a pass that is not given back would hold its place for ever. */
  async function takePasses(place: Subject, key: Subject): Promise<Passes | NoPass> {
    const byPlace = await keys.admit(place);
    if (byPlace.kind !== 'go') return byPlace;
    let byKey: KeyAdmission | null = null;
    try {
      byKey = await keys.admit(key);
    } finally {
      if (byKey?.kind !== 'go') await keys.settle(byPlace.pass, { kind: 'undecided', doubt: false });
    }
    return byKey.kind === 'go' ? { kind: 'go', place: byPlace.pass, key: byKey.pass } : byKey;
  }

  /**
   * The call's first request is paid by the admission. Further ones (pages, halves of a batch) wait for the pace: a
   * call that was begun and given up over and over would never get to its last page.
   */
  function leave(scope: Scope, account: Account, passes: Passes, mayBegin: () => boolean): Leave {
    const key = scopeKey(scope);
    const untilMs = ports.clock() + CALL_MAX_MS;
    let prepaid = true;
    const spend = async (): Promise<boolean> => {
      if (ports.clock() >= untilMs) return false;
      if (!prepaid) return (await paced(key, untilMs)) && mayBegin();
      prepaid = false;
      return mayBegin();
    };
    const close = async (answer: Answer | null): Promise<void> => {
      ports.pace.settle(key, answer === null ? { kind: 'nothing' } : outcomeOf(answer), ports.clock());
      try {
        await ports.keys.settle(passes.key, answer === null ? { kind: 'undecided', doubt: true } : keyVerdict(answer));
      } finally {
        const verdict: Verdict = answer === null ? { kind: 'undecided', doubt: false } : scopeVerdict(answer);
        await ports.keys.settle(passes.place, verdict);
      }
    };
    return { kind: 'go', account, spend, close };
  }

  async function paced(scope: string, untilMs: number): Promise<boolean> {
    while (!ports.pace.spend(scope, ports.clock())) {
      if (ports.clock() >= untilMs) return false;
      await ports.sleep(ports.pace.intervalMs());
    }
    return true;
  }
}

interface Passes {
  readonly kind: 'go';
  readonly place: Pass;
  readonly key: Pass;
}

type NoPass = Exclude<KeyAdmission, { kind: 'go' }>;

export type Admit = ReturnType<typeof makeAdmission>;

function subject(id: string, scope: Scope, lookup: AccountLookup, needsTrial: boolean, inFlightMax: number): Subject {
  return { id, account: scope.account, accountVersion: lookup.version, needsTrial, inFlightMax };
}

function whyUnusable(lookup: AccountLookup, scope: Scope, vendor: Vendor): string | null {
  if (lookup.kind !== 'found') return lookup.reason;
  if (lookup.account.vendor === vendor.cloud) return null;
  return `account "${scope.account}" is of ${lookup.account.vendor}, ${scope.api} needs one of ${vendor.cloud}`;
}

/** The same access key in two accounts is one key to the vendor. */
function fingerprint(account: Account): string {
  if ('accessKeyId' in account) return keyFingerprint(account.vendor, account.accessKeyId);
  return keyFingerprint(account.vendor, new URL(account.iamEndpoint).origin, account.domain, account.username);
}

/** The pace cares about the worst of what came back. */
function outcomeOf(answer: Answer): CallOutcome {
  const seen = [...answer.observations.values()];
  const throttled = seen.find((observation) => observation.kind === 'throttled');
  if (throttled?.kind === 'throttled') return { kind: 'throttled', retryAfterMs: throttled.retryAfterMs };
  if (seen.some((observation) => !isTrouble(observation))) return { kind: 'answered' };
  if (seen.some((observation) => observation.kind === 'unreachable')) return { kind: 'unreachable' };
  return { kind: seen.some((observation) => observation.kind === 'unasked') ? 'nothing' : 'answered' };
}

function keyVerdict(answer: Answer): Verdict {
  const seen = [...answer.observations.values()];
  const refusal = denialOf(seen, 'key');
  if (refusal !== null) return { kind: 'refused', reason: refusal, refusals: answer.keyRefusals };
  const known = seen.some((observation) => !isTrouble(observation)) || denialOf(seen, 'scope') !== null;
  return known ? { kind: 'good', refusals: answer.keyRefusals } : { kind: 'undecided', doubt: answer.keyDoubts > 0 };
}

function scopeVerdict(answer: Answer): Verdict {
  const seen = [...answer.observations.values()];
  const refusal = denialOf(seen, 'scope');
  if (refusal !== null) return { kind: 'refused', reason: refusal, refusals: 0 };
  return seen.some((observation) => !isTrouble(observation))
    ? { kind: 'good', refusals: 0 }
    : { kind: 'undecided', doubt: false };
}

function denialOf(seen: readonly Observation[], what: 'key' | 'scope'): string | null {
  const denial = seen.find((observation) => observation.kind === 'denied' && observation.what === what);
  return denial?.kind === 'denied' ? denial.reason : null;
}

import type { Account, AccountLookup } from './account.ts';
import { keyFingerprint, type Scope, scopeKey } from './identity.ts';
import type { Keys, Pass, Subject, Verdict } from './keys.ts';
import { isTrouble, type Observation } from './observation.ts';
import type { Admission, CallOutcome, Pace } from './pace.ts';
import type { Clock } from './time.ts';
import type { Answer, Vendor } from './vendor.ts';

export interface AdmissionPorts {
  /** Cached for a tick; never rejects for an absent or malformed account. */
  readonly accounts: (name: string) => Promise<AccountLookup>;
  readonly keys: Keys;
  readonly pace: Pace;
  readonly clock: Clock;
}

/** The leave to make one call, with what it needs. `close` must be called once, with the answer or with null. */
export interface Leave {
  readonly kind: 'go';
  readonly account: Account;
  /** Takes one further request from the scope's pace. */
  readonly spend: () => boolean;
  readonly close: (answer: Answer | null) => Promise<void>;
}

export type Refusal = Extract<Admission, { kind: 'wait' }>;

/** Huawei locks a key that collects bad signatures: no more calls than this may be unanswered at once, over all workers. */
const HUAWEI_IN_FLIGHT_MAX = 4;
const OTHER_IN_FLIGHT_MAX = 50;
const DENIED_LOOK_MS = 60_000;

/** Who may call, and when: account, then refusals, then pace. */
export function makeAdmission(ports: AdmissionPorts, settings: { workers: number }) {
  const huaweiShare = Math.max(1, Math.floor(HUAWEI_IN_FLIGHT_MAX / settings.workers));

  return async function admit(scope: Scope, vendor: Vendor): Promise<Leave | Refusal> {
    const lookup = await ports.accounts(scope.account);
    const holder: Subject = subject(`account#${scope.account}`, scope, lookup, false, OTHER_IN_FLIGHT_MAX);
    const unusable = whyUnusable(lookup, scope, vendor);
    if (unusable !== null || lookup.kind !== 'found') {
      const reason = unusable ?? 'unusable';
      await ports.keys.denyAccount(holder, reason);
      return { kind: 'wait', untilMs: ports.clock() + DENIED_LOOK_MS, reason };
    }
    await ports.keys.clearAccount(holder);
    return enter(scope, lookup);
  };

  async function enter(scope: Scope, lookup: Extract<AccountLookup, { kind: 'found' }>): Promise<Leave | Refusal> {
    const { account } = lookup;
    const share = account.vendor === 'huawei' ? huaweiShare : OTHER_IN_FLIGHT_MAX;
    const place = subject(`scope#${scopeKey(scope)}`, scope, lookup, false, OTHER_IN_FLIGHT_MAX);
    const key = subject(`key#${fingerprint(account)}`, scope, lookup, true, share);

    const byScope = await ports.keys.admit(place);
    if (byScope.kind === 'wait' || byScope.pass === undefined) return asRefusal(byScope);
    const byKey = await ports.keys.admit(key);
    if (byKey.kind === 'wait' || byKey.pass === undefined) {
      await ports.keys.settle(byScope.pass, { kind: 'undecided', doubt: false });
      return asRefusal(byKey);
    }
    const paced = ports.pace.admit(scopeKey(scope), ports.clock());
    if (paced.kind === 'wait') {
      await ports.keys.settle(byKey.pass, { kind: 'undecided', doubt: false });
      await ports.keys.settle(byScope.pass, { kind: 'undecided', doubt: false });
      return paced;
    }
    return leave(scope, account, byScope.pass, byKey.pass);
  }

  /** The call's first request is paid by the admission; `spend` answers yes to it once. */
  function leave(scope: Scope, account: Account, place: Pass, key: Pass): Leave {
    let prepaid = true;
    return {
      kind: 'go',
      account,
      spend: () => {
        if (!prepaid) return ports.pace.spend(scopeKey(scope), ports.clock());
        prepaid = false;
        return true;
      },
      close: async (answer) => {
        ports.pace.settle(scopeKey(scope), answer === null ? { kind: 'nothing' } : outcomeOf(answer), ports.clock());
        await ports.keys.settle(key, answer === null ? { kind: 'undecided', doubt: true } : keyVerdict(answer));
        await ports.keys.settle(place, answer === null ? { kind: 'undecided', doubt: false } : scopeVerdict(answer));
      },
    };
  }
}

export type Admit = ReturnType<typeof makeAdmission>;

function asRefusal(admission: Admission): Refusal {
  if (admission.kind === 'wait') return admission;
  throw new Error('An admission without a pass is a wait.');
}

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
  return keyFingerprint(account.vendor, account.iamEndpoint, account.domain, account.username);
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
  return known ? { kind: 'good' } : { kind: 'undecided', doubt: answer.keyDoubts > 0 };
}

function scopeVerdict(answer: Answer): Verdict {
  const seen = [...answer.observations.values()];
  const refusal = denialOf(seen, 'scope');
  if (refusal !== null) return { kind: 'refused', reason: refusal, refusals: 0 };
  return seen.some((observation) => !isTrouble(observation)) ? { kind: 'good' } : { kind: 'undecided', doubt: false };
}

function denialOf(seen: readonly Observation[], what: 'key' | 'scope'): string | null {
  const denial = seen.find((observation) => observation.kind === 'denied' && observation.what === what);
  return denial?.kind === 'denied' ? denial.reason : null;
}

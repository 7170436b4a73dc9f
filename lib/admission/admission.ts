import { type Scope, scopeKey } from '../job/identity.ts';
import { type Account, type AccountLookup, cloudOf, keyOf } from '../vendors/account.ts';
import type { Vendor } from '../vendors/vendor.ts';
import { accountCredential, keyCredential, scopeCredential } from './credential.ts';
import type { Credential } from './key-memory.ts';
import type { KeyAdmission, KeyPermit } from './key-permit.ts';
import { DENIED_WAIT_MS } from './key-state.ts';
import type { Busy, Share, Wait } from './pace.ts';
import { makePermit, type Permit, type PermitPorts } from './permit.ts';
import type { Tick } from './tick.ts';

export interface AdmissionPorts extends PermitPorts {
  /** Never rejects for an absent or malformed account. */
  readonly accounts: (name: string, tick: Tick) => Promise<AccountLookup>;
}

/**
 * May this call be made now? `busy`: not yet, and it is worth waiting for. `wait`: when its jobs should come back, and
 * why.
 */
export type Admit = (scope: Scope, vendor: Vendor, tick: Tick) => Promise<Permit | Busy | Wait>;

/**
 * Who may call, and when: is there an account, then pace, then refusals. What was taken is given back if a later one
 * says no. The workers that share the tick share pace and calls of a key.
 */
export function makeAdmission(ports: AdmissionPorts): Admit {
  const { accounts, keys, clock } = ports;

  return async function admit(scope, vendor, tick) {
    // A name without an account is known here for a while: nothing is read for it.
    const absent = keys.knownDenial(accountCredential(scope, vendor, { version: null }));
    if (absent !== null) return absent;
    const lookup = await accounts(scope.account, tick);
    const account = accountCredential(scope, vendor, lookup);
    const unusable = whyUnusable(lookup, scope, vendor);
    if (unusable !== null || lookup.kind !== 'found') {
      const reason = unusable ?? 'unusable';
      await keys.denyAccount(account, reason);
      return { kind: 'wait', untilMs: clock() + DENIED_WAIT_MS, reason, isDenied: true };
    }
    await keys.clearAccount(account);
    return enter(ports, scope, vendor, lookup, tick);
  };
}

function whyUnusable(lookup: AccountLookup, scope: Scope, vendor: Vendor): string | null {
  if (lookup.kind !== 'found') return lookup.reason;
  const cloud = cloudOf(lookup.account);
  if (cloud === vendor.cloud) return null;
  return `account "${scope.account}" is of ${cloud}, ${scope.api} needs one of ${vendor.cloud}`;
}

async function enter(
  ports: AdmissionPorts,
  scope: Scope,
  vendor: Vendor,
  lookup: Extract<AccountLookup, { kind: 'found' }>,
  tick: Tick,
): Promise<Permit | Busy | Wait> {
  const { keys, pace, clock } = ports;
  const { name, share } = pacedBy(scope, vendor, lookup.account, tick);
  const byScope = scopeCredential(scope, vendor, lookup, tick);
  const byKey = keyCredential(scope, vendor, lookup, tick);
  const known = keys.knownDenial(byScope) ?? keys.knownDenial(byKey);
  if (known !== null) return known;
  const paced = pace.acquire(name, share, clock());
  if (paced.kind !== 'go') return paced;
  const taken = await acquireBoth(ports, tick, byScope, byKey).catch((fault: unknown) => {
    pace.cancel(name, share, clock(), paced.epoch);
    throw fault;
  });
  if (taken.kind === 'go')
    return makePermit(ports, lookup.account, { ...taken, paced: name, share, epoch: paced.epoch }, tick);
  pace.cancel(name, share, clock(), paced.epoch);
  return taken.kind === 'wait' ? taken : pace.busy(name, share, clock(), taken.reason);
}

/** What the pace counts a call under, and how fast that may go. */
function pacedBy(scope: Scope, { api, key, pace }: Vendor, account: Account, { workers }: Tick) {
  const name = pace?.of === 'key' ? `${api}#${keyOf(account, key)}` : scopeKey(scope);
  const share: Share = { workers, atMostPerSecond: pace?.callsPerSecond };
  return { name, share };
}

type Both =
  | { readonly kind: 'go'; readonly byScope: KeyPermit; readonly byKey: KeyPermit }
  | Exclude<KeyAdmission, { kind: 'go' }>;

/** Both or none: a permit that is not given back would be held for ever. */
async function acquireBoth({ keys }: AdmissionPorts, tick: Tick, scope: Credential, key: Credential): Promise<Both> {
  const byScope = await keys.acquire(scope, tick);
  if (byScope.kind !== 'go') return byScope;
  let byKey: KeyAdmission | null = null;
  try {
    byKey = await keys.acquire(key, tick);
  } finally {
    if (byKey?.kind !== 'go') await keys.release(byScope.permit, { kind: 'undecided', doubt: false });
  }
  return byKey.kind === 'go' ? { kind: 'go', byScope: byScope.permit, byKey: byKey.permit } : byKey;
}

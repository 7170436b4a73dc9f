import { type Scope, scopeKey } from '../job/identity.ts';
import { type AccountLookup, keyOf } from '../vendors/account.ts';
import type { Vendor } from '../vendors/vendor.ts';
import type { Credential } from './key-memory.ts';
import type { Tick } from './tick.ts';

/** The three things of a call that may be refused, each with a breaker of its own: account, key and scope. */

/** What is wrong with the account itself is told for each cloud that has a use for it. */
export function accountCredential(
  { account }: Scope,
  vendor: Vendor,
  { version }: Pick<AccountLookup, 'version'>,
): Credential {
  const id = `account#${account}@${vendor.cloud}`;
  return { id, account, accountVersion: version, ...NO_KEY, inFlightMax: 0 };
}

const NO_KEY = { lockRule: null, scope: null, workers: 1 };

type FoundAccount = Extract<AccountLookup, { kind: 'found' }>;

export function keyCredential(
  scope: Scope,
  { key }: Vendor,
  { account, version }: FoundAccount,
  { workers }: Tick,
): Credential {
  return {
    id: `key#${keyOf(account, key)}`,
    account: scope.account,
    accountVersion: version,
    lockRule: key.lockRule,
    scope: scopeKey(scope),
    inFlightMax: key.callsAtOnce(workers),
    workers,
  };
}

export function scopeCredential(
  scope: Scope,
  { key }: Vendor,
  { version }: FoundAccount,
  { workers }: Tick,
): Credential {
  // A scope that hangs may not hold all the calls that its key has.
  const inFlightMax = Math.max(1, Math.floor(key.callsAtOnce(workers) / 2));
  const id = `scope#${scopeKey(scope)}`;
  return { id, account: scope.account, accountVersion: version, ...NO_KEY, inFlightMax };
}

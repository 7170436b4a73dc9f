import type { Clock } from '../base/time.ts';
import { LOCK_RULE } from '../vendors/account.ts';
import {
  type CallsUnderWay,
  type Credential,
  type KeyMemory,
  type KeyWait,
  makeCallsUnderWay,
  makeKeyMemory,
} from './key-memory.ts';
import { closed, opened, published, undecided } from './key-outcome.ts';
import { claimProbe, recentBad } from './key-retry.ts';
import { DENIED_WAIT_MS, type KeyState } from './key-state.ts';
import { type KeyStateStore, type KeyStates, makeKeyStates } from './key-state-store.ts';
import type { Tick } from './tick.ts';

/**
 * A circuit breaker with a half-open probe, for each key, scope and account that a vendor may refuse:
 *
 *   closed      its last answer was good: calls go
 *   open        it was refused: no call goes until `key-retry.ts` says that it is tried again
 *   half-open   nothing good is known yet, or the wait is over: one call alone, the probe, finds out, and others wait
 *
 * Workers and cold starts share it through the table `state`. docs/vendors.md has the rule.
 */
export function makeKeyBreaker(ports: BreakerPorts, settings: { probeMs: number }): KeyBreaker {
  const memory = makeKeyMemory(ports.clock);
  const breaker: Breaker = {
    ...ports,
    ...settings,
    memory,
    calls: makeCallsUnderWay(),
    states: makeKeyStates(ports),
  };
  return {
    knownDenial: memory.knownDenial,
    acquire: (credential, tick) => acquire(breaker, credential, tick),
    release: (permit, verdict) => release(breaker, permit, verdict),
    denyAccount: (account, reason) => denyAccount(breaker, account, reason),
    clearAccount: (account) => clearAccount(breaker, account),
  };
}

export interface BreakerPorts {
  readonly keyStates: KeyStateStore;
  /** Sends `jobwatch.account.denied`; a repeat is the same event. */
  readonly publishDenied: (state: KeyState) => Promise<void>;
  readonly clock: Clock;
  readonly sleep: (ms: number) => Promise<void>;
  /** In [0, 1). */
  readonly random: () => number;
}

export interface KeyBreaker {
  /** Whether the credential is known here to be denied, without reading the table. */
  readonly knownDenial: (credential: Credential) => KeyWait | null;
  /** Waits for a probe of the same credential in this process (one call's time), then decides. */
  readonly acquire: (credential: Credential, tick: Tick) => Promise<KeyAdmission>;
  /** Gives a permit back, whatever came of its call. */
  readonly release: (permit: KeyPermit, verdict: Verdict) => Promise<void>;
  /** An account without usable credentials: nothing is called. */
  readonly denyAccount: (account: Credential, reason: string) => Promise<void>;
  /** The account has usable credentials (again). */
  readonly clearAccount: (account: Credential) => Promise<void>;
}

/** The permit to make one call of a credential. */
export interface KeyPermit {
  readonly credential: Credential;
  /** When the probe was marked as one that may be refused; null: no probe. */
  readonly markMs: number | null;
}

export type KeyAdmission =
  | { readonly kind: 'go'; readonly permit: KeyPermit }
  | KeyWait
  /** As many calls as are allowed are under way: to be given a slot. */
  | { readonly kind: 'crowd'; readonly reason: string };

/** What a call says about a credential. */
export type Verdict =
  /**
   * `refusals`: what was refused before the good answer (a clock that was off), which the vendor has counted all the
   * same.
   */
  | { readonly kind: 'good'; readonly refusals: number }
  | { readonly kind: 'refused'; readonly reason: string; readonly refusals: number }
  | { readonly kind: 'undecided'; readonly doubt: boolean };

interface Breaker extends BreakerPorts {
  readonly probeMs: number;
  readonly memory: KeyMemory;
  readonly calls: CallsUnderWay;
  readonly states: KeyStates;
}

/** Calls come back this soon when another worker was faster with its probe. */
const OTHER_PROBE_WAIT_MS = 1000;

async function acquire(breaker: Breaker, credential: Credential, tick: Tick): Promise<KeyAdmission> {
  const { memory, calls } = breaker;
  for (;;) {
    const denial = memory.knownDenial(credential);
    if (denial !== null) return denial;
    const probe = calls.probe(credential.id);
    if (probe === null) break;
    await probe;
  }
  const state = memory.trustedState(credential, tick);
  return state === null ? probeFirst(breaker, credential) : enter(breaker, credential, null, state);
}

/** One call more, if neither the bound on calls nor the vendor's lock of the key forbids it. */
function enter(
  { calls, clock }: Breaker,
  credential: Credential,
  markMs: number | null,
  state: KeyState,
): KeyAdmission {
  const { id, needsProbe, inFlightMax } = credential;
  const count = calls.count(id);
  const mayLock = markMs === null && needsProbe && recentBad(state, clock()).length + count >= LOCK_RULE.badMax;
  if (count >= inFlightMax || mayLock)
    return { kind: 'crowd', reason: 'as many calls of this key or scope as are allowed are under way' };
  calls.begin(id);
  return { kind: 'go', permit: { credential, markMs } };
}

/** Other calls of this process wait until the table has been read, and until the probe that may follow is over. */
async function probeFirst(breaker: Breaker, credential: Credential): Promise<KeyAdmission> {
  breaker.calls.beginProbe(credential.id);
  let isProbe = false;
  try {
    const admission = await consult(breaker, credential);
    isProbe = admission.kind === 'go' && admission.permit.markMs !== null;
    return admission;
  } finally {
    if (!isProbe) breaker.calls.endProbe(credential.id);
  }
}

/** What the table says: another worker may have denied the credential, or be probing it. */
async function consult(breaker: Breaker, credential: Credential): Promise<KeyAdmission> {
  const { memory, states } = breaker;
  const nowMs = breaker.clock();
  const state = await publishPending(breaker, await states.get(credential.id));
  if (state.denial === null && (memory.wasGood(credential) || !credential.needsProbe)) {
    memory.trust(credential, state);
    return enter(breaker, credential, null, state);
  }
  memory.distrust(credential);
  const caller = { name: credential.account, version: credential.accountVersion };
  const claim = claimProbe(state, caller, nowMs, breaker.probeMs);
  if (claim.kind === 'wait') {
    if (state.denial !== null) memory.deny(credential, claim.untilMs, claim.reason);
    return claim;
  }
  if ((await states.put(claim.claimed)) === 'conflict')
    return { kind: 'wait', untilMs: nowMs + OTHER_PROBE_WAIT_MS, reason: 'another worker is trying the credentials' };
  return enter(breaker, credential, nowMs, claim.claimed);
}

async function release(breaker: Breaker, { credential, markMs }: KeyPermit, verdict: Verdict): Promise<void> {
  const { calls, states } = breaker;
  const { id } = credential;
  calls.end(id);
  try {
    if (verdict.kind === 'refused') await open(breaker, credential, markMs, verdict);
    else if (verdict.kind === 'good') await close(breaker, credential, markMs, verdict.refusals);
    else if (markMs !== null) await states.update(id, (known) => undecided(known, markMs, verdict.doubt));
  } finally {
    if (markMs !== null) calls.endProbe(id);
  }
}

/** The process knows first, then the table: if the table can't be written, the key is all the same known here. */
async function open(
  breaker: Breaker,
  credential: Credential,
  markMs: number | null,
  { reason, refusals }: { reason: string; refusals: number },
): Promise<void> {
  breaker.memory.distrustAll(credential);
  breaker.memory.deny(credential, breaker.clock() + DENIED_WAIT_MS, reason);
  await deny(breaker, credential, reason, Math.max(0, refusals - (markMs === null ? 0 : 1)));
}

async function close(
  { memory, states, clock }: Breaker,
  credential: Credential,
  markMs: number | null,
  refusals: number,
): Promise<void> {
  if (markMs === null && refusals === 0) return;
  memory.clear(credential);
  const bad = { refusals, nowMs: clock() };
  memory.trust(credential, await states.update(credential.id, (known) => closed(known, markMs, bad)));
}

/** Writes that the credential is denied, and tells it once. */
async function deny(breaker: Breaker, credential: Credential, reason: string, refusals: number): Promise<void> {
  const { id, account, accountVersion } = credential;
  const refusal = { account, accountVersion, reason, refusals };
  const state = await breaker.states.update(id, (known) => opened(known, refusal, breaker.clock()));
  await publishPending(breaker, state);
}

/** An event that is pending is sent by whoever finds it: a worker may have died between the denial and its event. */
async function publishPending({ states, publishDenied }: Breaker, state: KeyState): Promise<KeyState> {
  if (state.denial === null || state.denial.told) return state;
  const { since } = state.denial;
  await publishDenied(state);
  return states.update(state.id, (known) => (known.denial?.since === since ? published(known) : known));
}

async function denyAccount(breaker: Breaker, account: Credential, reason: string): Promise<void> {
  const { memory, states, clock } = breaker;
  if (memory.knownDenial(account) !== null) return;
  memory.distrust(account);
  const known = await publishPending(breaker, await states.get(account.id));
  if (known.denial?.reason !== reason) await deny(breaker, account, reason, 0);
  memory.deny(account, clock() + DENIED_WAIT_MS, reason);
}

async function clearAccount({ memory, states, clock }: Breaker, account: Credential): Promise<void> {
  if (memory.wasGood(account)) return;
  const known = await states.get(account.id);
  const bad = { refusals: 0, nowMs: clock() };
  if (known.denial !== null) await states.update(account.id, (state) => closed(state, null, bad));
  memory.clear(account);
  memory.trust(account, known);
}

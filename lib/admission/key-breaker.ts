import type { Clock } from '../base/time.ts';
import { type LeftUnderWay, makeLeftUnderWay } from './key-left.ts';
import { type CallsUnderWay, type Credential, type KeyMemory, makeCallsUnderWay, makeKeyMemory } from './key-memory.ts';
import { closed, opened, published, type Refusal, undecided } from './key-outcome.ts';
import type { KeyAdmission, KeyBreaker, KeyPermit, Verdict } from './key-permit.ts';
import { claimProbe, isProven, recentRefusals } from './key-retry.ts';
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
    left: makeLeftUnderWay(ports.random),
    states: makeKeyStates(ports),
  };
  return {
    knownDenial: memory.knownDenial,
    acquire: (credential, tick) => acquireNoted(breaker, credential, tick),
    release: (permit, verdict) => release(breaker, permit, verdict),
    denyAccount: (account, reason) => denyAccount(breaker, account, reason),
    clearAccount: (account) => clearAccount(breaker, account),
    leaveUnderWay: (tick, untilMs) => leaveUnderWay(breaker, tick, untilMs),
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

interface Breaker extends BreakerPorts {
  readonly probeMs: number;
  readonly memory: KeyMemory;
  readonly calls: CallsUnderWay;
  readonly left: LeftUnderWay;
  readonly states: KeyStates;
}

/** As soon as those who wait for a call of the key look again by themselves. */
const HELD_LOOK_MS = 1000;
/** Calls come back this soon when another worker was faster with its probe. */
const OTHER_PROBE_WAIT_MS = 1000;

/** A call that begins when the tick has received its last message is written down for the next one first. */
async function acquireNoted(breaker: Breaker, credential: Credential, tick: Tick): Promise<KeyAdmission> {
  const admission = await acquire(breaker, credential, tick);
  if (admission.kind !== 'go' || credential.lockRule === null) return admission;
  try {
    await note(breaker, credential.id, tick);
    return admission;
  } catch (error) {
    await release(breaker, admission.permit, { kind: 'undecided', doubt: false });
    throw error;
  }
}

async function acquire(breaker: Breaker, credential: Credential, tick: Tick): Promise<KeyAdmission> {
  const { memory, calls } = breaker;
  for (;;) {
    const denial = memory.knownDenial(credential);
    if (denial !== null) return denial;
    const probe = calls.probe(credential.id);
    if (probe === null) break;
    await probe;
  }
  const state = trustedState(breaker, credential, tick);
  return state === null ? probeFirst(breaker, credential, tick) : enter(breaker, { credential, tick, state }, null);
}

/** Calls that others have left under way end soon: who is held back by them looks again, once a second. */
function trustedState(breaker: Breaker, credential: Credential, tick: Tick): KeyState | null {
  const { memory, left, clock } = breaker;
  const state = memory.trustedState(credential, tick);
  if (state === null || credential.lockRule === null || !left.hasOthers(state, clock())) return state;
  return isFull(breaker, { credential, tick, state }) ? memory.trustedState(credential, tick, HELD_LOOK_MS) : state;
}

interface Entry {
  readonly credential: Credential;
  readonly tick: Tick;
  readonly state: KeyState;
}

const CROWD: KeyAdmission = {
  kind: 'crowd',
  reason: 'as many calls of this key or scope as are allowed are under way',
};

function isFull({ calls, left, clock }: Breaker, { credential, tick, state }: Entry): boolean {
  return calls.count(credential.id) >= left.callsMax(credential, tick, state, clock());
}

/** One call more, if neither the bound on calls nor the vendor's lock of the key forbids it. */
function enter(breaker: Breaker, entry: Entry, markMs: number | null): KeyAdmission {
  const { calls, clock } = breaker;
  const { credential, state } = entry;
  const { id, lockRule } = credential;
  const refusals = lockRule === null ? 0 : recentRefusals(state, lockRule, clock());
  const mayLock = lockRule !== null && markMs === null && refusals + calls.count(id) >= lockRule.badMax;
  if (mayLock || isFull(breaker, entry)) return CROWD;
  calls.begin(credential);
  return { kind: 'go', permit: { credential, markMs, isWary: markMs !== null && state.doubts.length > 1 } };
}

/** Other calls of this process wait until the table has been read, and until the probe that may follow is over. */
async function probeFirst(breaker: Breaker, credential: Credential, tick: Tick): Promise<KeyAdmission> {
  breaker.calls.beginProbe(credential.id);
  let isProbe = false;
  try {
    const admission = await consult(breaker, credential, tick);
    isProbe = admission.kind === 'go' && admission.permit.markMs !== null;
    return admission;
  } finally {
    if (!isProbe) breaker.calls.endProbe(credential.id);
  }
}

/** What the table says: another worker may have denied the credential, or be probing it. */
async function consult(breaker: Breaker, credential: Credential, tick: Tick): Promise<KeyAdmission> {
  const { memory, states } = breaker;
  const nowMs = breaker.clock();
  const state = await publishPending(breaker, await states.get(credential.id));
  const isGood = credential.lockRule === null || memory.wasGood(credential) || isProven(state, credential);
  if (state.denial === null && isGood) {
    memory.trust(credential, state);
    return enter(breaker, { credential, tick, state }, null);
  }
  memory.distrust(credential);
  // Before the claim: one that is written counts as a call.
  if (isFull(breaker, { credential, tick, state })) return CROWD;
  const claim = claimProbe(state, credential, nowMs, breaker.probeMs);
  if (claim.kind === 'wait') {
    if (state.denial !== null) memory.deny(credential, claim.untilMs, claim.reason);
    return claim;
  }
  if ((await states.put(claim.claimed)) === 'conflict')
    return { kind: 'wait', untilMs: nowMs + OTHER_PROBE_WAIT_MS, reason: 'another worker is trying the credentials' };
  return enter(breaker, { credential, tick, state: claim.claimed }, nowMs);
}

async function release(breaker: Breaker, { credential, markMs }: KeyPermit, verdict: Verdict): Promise<void> {
  const { calls, states, memory } = breaker;
  const { id } = credential;
  calls.end(id);
  try {
    if (verdict.kind === 'good' && verdict.scopeToo) memory.noteGoodScope(credential);
    if (verdict.kind === 'refused') await open(breaker, credential, markMs, verdict);
    else if (verdict.kind === 'good') await close(breaker, credential, markMs, verdict.refusals);
    else if (markMs !== null) await states.update(id, (known) => undecided(known, markMs, verdict.doubt));
  } finally {
    if (markMs !== null) calls.endProbe(id);
    await endLeft(breaker, id);
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
  await deny(breaker, credential, { markMs, reason, refusals: Math.max(0, refusals - (markMs === null ? 0 : 1)) });
}

async function close(
  { memory, states, clock }: Breaker,
  credential: Credential,
  markMs: number | null,
  refusals: number,
): Promise<void> {
  if (markMs === null && refusals === 0) return;
  memory.clear(credential);
  const answer = { markMs, refusals, goodScopes: memory.goodScopes(credential) };
  memory.trust(credential, await states.update(credential.id, (known) => closed(known, credential, answer, clock())));
}

/** Writes that the credential is denied, and tells it once. */
async function deny(
  breaker: Breaker,
  credential: Credential,
  refused: Pick<Refusal, 'markMs' | 'reason' | 'refusals'>,
): Promise<void> {
  const { memory, states, clock } = breaker;
  const refusal = { ...refused, goodScopes: memory.goodScopes(credential) };
  const state = await states.update(credential.id, (known) => opened(known, credential, refusal, clock()));
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
  if (known.denial?.reason !== reason) await deny(breaker, account, { markMs: null, reason, refusals: 0 });
  memory.deny(account, clock() + DENIED_WAIT_MS, reason);
}

async function clearAccount({ memory, states, clock }: Breaker, account: Credential): Promise<void> {
  if (memory.wasGood(account)) return;
  const known = await states.get(account.id);
  const answer = { markMs: null, refusals: 0, goodScopes: [] };
  if (known.denial !== null) await states.update(account.id, (state) => closed(state, account, answer, clock()));
  memory.clear(account);
  memory.trust(account, known);
}

/** What of the tick is still under way is for the next one to reckon with, in whatever process that is. */
async function leaveUnderWay(breaker: Breaker, tick: Tick, untilMs: number): Promise<void> {
  const { calls, left, clock } = breaker;
  left.leave(tick, clock(), untilMs);
  await Promise.all([...calls.ofLockable().keys()].map((id) => note(breaker, id, tick)));
}

async function note({ calls, left, states, clock }: Breaker, id: string, tick: Tick): Promise<void> {
  const toNote = left.toNote(id, tick, calls.count(id));
  if (toNote === null) return;
  try {
    await states.update(id, (known) => left.noted(known, toNote.left, clock()));
  } catch (error) {
    // Whoever begins the next call of the key tries again.
    toNote.undo();
    throw error;
  }
}

async function endLeft({ calls, left, states, clock }: Breaker, id: string): Promise<void> {
  if (calls.count(id) > 0 || !left.forget(id)) return;
  await states.update(id, (known) => left.noted(known, null, clock()));
}

import type { HttpFailure, HttpResponse } from '../base/http.ts';
import { type Clock, toIso, toMs } from '../base/time.ts';
import type { Circuit, SubscriptionStore } from './ports.ts';
import type { Subscription } from './subscription.ts';

export interface HealthPorts {
  readonly subscriptions: Pick<SubscriptionStore, 'setCircuit' | 'beginTurn' | 'setProof'>;
  readonly clock: Clock;
}

/** An attempt may be made. `subscription` is as it is stored now: a trial has written to it. */
export interface Pass {
  readonly kind: 'pass';
  readonly subscription: Subscription;
  /** The one attempt after a pause. */
  readonly isTrial: boolean;
  /** The one attempt of all workers while nobody knows whether the endpoint answers. */
  readonly hasTurn: boolean;
}
/** To come back at some time within `spreadMs` from `untilMs`. */
export interface Hold {
  readonly kind: 'wait';
  readonly untilMs: number;
  readonly spreadMs: number;
}

export interface Health {
  /** Whether an attempt may be made now. A trial holds the circuit open for all others while it lasts. */
  readonly admit: (subscription: Subscription) => Promise<Pass | Hold>;
  readonly succeeded: (pass: Pass) => Promise<void>;
  /** If the circuit was written since the attempt was admitted, that stays. */
  readonly failed: (pass: Pass, outcome: HttpResponse | HttpFailure) => Promise<void>;
  /** The endpoint is disabled now: a turn is given back, so that it is free when somebody enables it. */
  readonly disabled: (pass: Pass) => Promise<void>;
}

/** What this process has seen of an endpoint and when it last wrote that down. */
interface Count {
  failures: number;
  markedMs: number;
  openedMs: number;
  proofWrittenMs: number;
}

/** Failures in a row, as this process counts them, that open an endpoint's circuit. */
const FAILURES_MAX = 5;
const WRITE_INTERVAL_MS = 10_000;
const PAUSE_MIN_MS = 30_000;
const PAUSE_MAX_MS = 10 * 60_000;
/** Deliveries that waited for one circuit come back spread over this time. */
const PAUSE_SPREAD_MS = 60_000;
/** For so long after a success an endpoint is trusted to answer: any number of workers may call it. */
const PROOF_MS = 5 * 60_000;
const PROOF_WRITE_MS = 60_000;
/** The shortest time that the queue can hide a message for. */
const LOOK_MIN_MS = 1000;
/** Subscriptions are at most a hundred; deleted ones may not pile up in a long-lived process. */
const COUNTS_MAX = 1000;

/**
 * Keeps sick endpoints from being called in vain, and from holding many workers while they are. Two means, both on the
 * subscription, so that all processes know.
 *
 * The turn: an endpoint that nobody has had a success from for 5 minutes, or that has timed out since, is called by one
 * worker at a time until it answers. A call that hangs holds a whole batch; so it holds one, not all.
 *
 * The circuit: after 5 failures in a row, as each process counts for itself, or a time-out when nothing has succeeded
 * for 30 s, deliveries wait without an attempt, as long as the endpoint has been failing, within 30 s and 10 min; then
 * one of them, the winner of a conditional write, is the trial, and its outcome closes the circuit or opens it again.
 * Each process writes at most every 10 s, trials and recoveries apart.
 */
export function makeHealth(ports: HealthPorts, leaseMs: number): Health {
  const counts = new Map<string, Count>();
  const countOf = ({ id }: Subscription): Count => {
    const count = counts.get(id) ?? { ...NOTHING_SEEN };
    if (counts.size >= COUNTS_MAX) counts.clear();
    counts.set(id, count);
    return count;
  };
  return {
    admit: (subscription) => admit({ ports, leaseMs }, subscription),
    succeeded: (pass) => succeeded(ports, pass, countOf(pass.subscription)),
    failed: (pass, outcome) => failed(ports, pass, outcome, countOf(pass.subscription)),
    disabled: async ({ subscription, hasTurn }) => {
      if (hasTurn) await ports.subscriptions.setProof(subscription.id, null);
    },
  };
}

const NOTHING_SEEN: Count = {
  failures: 0,
  markedMs: -Infinity,
  openedMs: -Infinity,
  proofWrittenMs: -Infinity,
};

interface Context {
  readonly ports: HealthPorts;
  readonly leaseMs: number;
}

async function admit(context: Context, subscription: Subscription): Promise<Pass | Hold> {
  const nowMs = context.ports.clock();
  if (subscription.openUntil !== null) return await tryAgain(context, subscription, toMs(subscription.openUntil));
  if (nowMs - msOf(subscription.provenAt) < PROOF_MS)
    return { kind: 'pass', subscription, isTrial: false, hasTurn: false };
  return await takeTurn(context, subscription, nowMs);
}

/** Who finds the turn taken looks again after as long as it has lasted: soon if it is young, seldom if it hangs. */
async function takeTurn({ ports, leaseMs }: Context, subscription: Subscription, nowMs: number): Promise<Pass | Hold> {
  const takenUntilMs = msOf(subscription.turnUntil);
  if (takenUntilMs > nowMs) {
    const hold = soon(nowMs, nowMs - (takenUntilMs - leaseMs));
    return { ...hold, untilMs: Math.min(hold.untilMs, takenUntilMs) };
  }
  const turnUntil = toIso(nowMs + leaseMs);
  if ((await ports.subscriptions.beginTurn(subscription.id, toIso(nowMs), turnUntil)) === 'conflict')
    return soon(nowMs);
  const stored = { ...subscription, turnUntil, version: subscription.version + 1 };
  return { kind: 'pass', subscription: stored, isTrial: false, hasTurn: true };
}

/** For whom somebody else's call is in the way, which has lasted so long. */
export function soon(nowMs: number, lastedMs = 0): Hold {
  const waitMs = Math.max(lastedMs, LOOK_MIN_MS);
  return { kind: 'wait', untilMs: nowMs + waitMs, spreadMs: waitMs };
}

async function tryAgain(
  { ports, leaseMs }: Context,
  subscription: Subscription,
  openUntilMs: number,
): Promise<Pass | Hold> {
  const nowMs = ports.clock();
  if (openUntilMs > nowMs) return { kind: 'wait', untilMs: openUntilMs, spreadMs: PAUSE_SPREAD_MS };
  const ticket: Circuit = { openUntil: toIso(nowMs + leaseMs), failingSince: subscription.failingSince };
  const written = await ports.subscriptions.setCircuit(subscription.id, ticket, circuitOf(subscription));
  if (written === 'conflict') return { kind: 'wait', untilMs: nowMs + leaseMs, spreadMs: PAUSE_SPREAD_MS };
  const stored = { ...subscription, ...ticket, version: subscription.version + 1 };
  return { kind: 'pass', subscription: stored, isTrial: true, hasTurn: false };
}

async function succeeded(ports: HealthPorts, { subscription, hasTurn }: Pass, count: Count): Promise<void> {
  const nowMs = ports.clock();
  count.failures = 0;
  const isStale = nowMs - Math.max(msOf(subscription.provenAt), count.proofWrittenMs) >= PROOF_WRITE_MS;
  if (hasTurn || isStale) {
    count.proofWrittenMs = nowMs;
    await ports.subscriptions.setProof(subscription.id, toIso(nowMs));
  }
  if (subscription.openUntil === null && subscription.failingSince === null) return;
  await ports.subscriptions.setCircuit(subscription.id, { openUntil: null, failingSince: null });
}

async function failed(
  ports: HealthPorts,
  pass: Pass,
  outcome: HttpResponse | HttpFailure,
  count: Count,
): Promise<void> {
  const { subscription, hasTurn } = pass;
  const nowMs = ports.clock();
  const hasTimedOut = outcome.kind === 'failure' && outcome.error === 'timeout';
  count.failures += 1;
  await writeCircuit(ports, pass, count, { nowMs, hasTimedOut });
  if (hasTurn) await ports.subscriptions.setProof(subscription.id, null);
  // Of the many that time out together one takes the proof away; the others may not end the turn that somebody has
  // begun since.
  else if (hasTimedOut && typeof subscription.provenAt === 'string')
    await ports.subscriptions.setProof(subscription.id, null, subscription.provenAt);
}

async function writeCircuit(
  ports: HealthPorts,
  { subscription, isTrial }: Pass,
  count: Count,
  { nowMs, hasTimedOut }: { nowMs: number; hasTimedOut: boolean },
): Promise<void> {
  const failingSince = subscription.failingSince ?? toIso(nowMs);
  const isDue = (lastMs: number) => nowMs - lastMs >= WRITE_INTERVAL_MS;
  const isSick = count.failures >= FAILURES_MAX || (hasTimedOut && nowMs - toMs(failingSince) >= PAUSE_MIN_MS);
  const write = (circuit: Circuit) => ports.subscriptions.setCircuit(subscription.id, circuit, circuitOf(subscription));
  if (isTrial || (isSick && isDue(count.openedMs))) {
    const written = await write({ openUntil: toIso(nowMs + pauseMs(failingSince, nowMs)), failingSince });
    if (written === 'saved') count.openedMs = nowMs;
  } else if (subscription.failingSince === null && isDue(count.markedMs)) {
    count.markedMs = nowMs;
    await write({ openUntil: null, failingSince });
  }
}

function pauseMs(failingSince: string, nowMs: number): number {
  return Math.min(Math.max(nowMs - toMs(failingSince), PAUSE_MIN_MS), PAUSE_MAX_MS);
}

function circuitOf({ openUntil, failingSince }: Subscription): Circuit {
  return { openUntil, failingSince };
}

function msOf(iso: string | null | undefined): number {
  return typeof iso === 'string' ? toMs(iso) : -Infinity;
}

import { type Clock, toIso, toMs } from '../base/time.ts';
import { QUICK_MS } from './bulkhead.ts';
import type { CircuitState, SubscriptionStore } from './ports.ts';
import { type HeldLeases, makeHeldLeases } from './probe-lease.ts';
import type { Failed } from './sinks/sink.ts';
import type { Subscription } from './subscription.ts';

/**
 * A circuit breaker for each endpoint, with half-open probes. Its state is on the subscription, so that all processes
 * know.
 *
 * Closed: the endpoint has answered with success within 5 minutes, and any number of workers may call it.
 *
 * Half-open: nobody has had a success for 5 minutes, or a call has timed out or been slow since. One worker at a time
 * calls it, the holder of the probe lease, until it answers quickly. A call that lasts holds a whole batch; so it holds
 * one, not all.
 *
 * Open: after 5 failures in a row, as each process counts for itself, or a time-out when nothing has succeeded for
 * 30 s. Deliveries wait without an attempt, as long as the endpoint has been failing, within 30 s and 10 min; then one
 * of them, the winner of a conditional write, is the probe, and its outcome closes the circuit or opens it again. Each
 * process writes at most every 10 s, probes and recoveries apart.
 */
export interface Circuit {
  /**
   * Whether an attempt may be made now. A probe of an open circuit holds it open for all others while it lasts. Without
   * `mayProbeFailing` an endpoint that has been failing is not probed.
   */
  readonly admit: (subscription: Subscription, mayProbeFailing: boolean) => Promise<Permit | Wait>;
  /** After so long: a slow success proves nothing, since the next call would hold its worker too. */
  readonly succeeded: (permit: Permit, tookMs: number) => Promise<void>;
  /** If the circuit was written since the attempt was admitted, that stays. */
  readonly failed: (permit: Permit, failure: Pick<Failed, 'isTimeout'>) => Promise<void>;
  /** It asks to be left alone for so long, and is well: all wait, then one is the probe. */
  readonly throttled: (permit: Permit, forMs: number) => Promise<void>;
  /**
   * The attempt tells nothing of the endpoint, or was not made, or the endpoint is disabled now: it is free for the next
   * one, as it was before.
   */
  readonly released: (permit: Permit) => Promise<void>;
  /** The attempt is over, whatever came of it. Called last, once a permit. */
  readonly ended: (permit: Permit) => void;
}

export interface CircuitPorts {
  readonly subscriptions: Pick<SubscriptionStore, 'setCircuit' | 'leaseProbe' | 'setLastSuccess'>;
  readonly clock: Clock;
}

/** An attempt may be made. `subscription` is as it is stored now: a probe of an open circuit has written to it. */
export interface Permit {
  readonly kind: 'permit';
  readonly subscription: Subscription;
  /** Which circuit it probes, as the only attempt of all workers; null: the circuit is closed. */
  readonly probe: 'open' | 'half-open' | null;
  /** Until when it was open before a probe of an open circuit held it so. */
  readonly wasOpenUntil?: Subscription['openUntil'];
}

/** To come back at some time within `spreadMs` from `untilMs`. */
export interface Wait {
  readonly kind: 'wait';
  readonly untilMs: number;
  readonly spreadMs: number;
}

/** What this process has seen of an endpoint and when it last wrote that down. */
interface Seen {
  failures: number;
  failureWrittenMs: number;
  openWrittenMs: number;
  successWrittenMs: number;
}

const NOTHING_SEEN: Seen = {
  failures: 0,
  failureWrittenMs: -Infinity,
  openWrittenMs: -Infinity,
  successWrittenMs: -Infinity,
};

/** Failures in a row, as this process counts them, that open an endpoint's circuit. */
const FAILURES_MAX = 5;
const WRITE_INTERVAL_MS = 10_000;
const OPEN_MIN_MS = 30_000;
const OPEN_MAX_MS = 10 * 60_000;
/** Deliveries that waited for one circuit come back spread over this time. */
const OPEN_SPREAD_MS = 60_000;
/** For so long after a success an endpoint is trusted to answer. */
const CLOSED_MS = 5 * 60_000;
const SUCCESS_WRITE_INTERVAL_MS = 60_000;
/** For whom an endpoint that has been failing is not to be probed: another worker does it. */
const FAILING_WAIT_MS = 5000;
/** For whom the call of somebody else is in the way, at an endpoint that was slow or failed the last time. */
const SICK_WAIT_MS = 4000;
/** The shortest time that the queue can delay a message for. */
const WAIT_MIN_MS = 1000;
/** Subscriptions are at most a hundred; deleted ones may not pile up in a long-lived process. */
const SEEN_MAX = 1000;

/** `leaseMs`: how long a probe keeps all others away if its worker dies. */
export function makeCircuit(ports: CircuitPorts, leaseMs: number): Circuit {
  const seen = new Map<string, Seen>();
  const seenOf = ({ id }: Subscription): Seen => {
    const known = seen.get(id) ?? { ...NOTHING_SEEN };
    if (seen.size >= SEEN_MAX) seen.clear();
    seen.set(id, known);
    return known;
  };
  const leases = makeHeldLeases();
  const isShared = ({ subscription, probe }: Permit) => probe === 'half-open' && leases.isShared(subscription.id);
  return {
    admit: (subscription, mayProbeFailing) => {
      // Calls side by side under one lease are for an endpoint that is slow, not for one that fails.
      const mayShare = seenOf(subscription).failures === 0;
      return admit(ports, subscription, { leaseMs, leases, mayShare, mayProbeFailing });
    },
    succeeded: (permit, tookMs) =>
      succeeded(ports, permit, seenOf(permit.subscription), { tookMs, isShared: isShared(permit) }),
    failed: (permit, { isTimeout }) =>
      failed(ports, permit, isTimeout, { seen: seenOf(permit.subscription), isShared: isShared(permit) }),
    throttled: async ({ subscription, probe }, forMs) => {
      const { id, failingSince } = subscription;
      const openUntil = toIso(ports.clock() + forMs);
      await ports.subscriptions.setCircuit(id, { openUntil, failingSince }, stateOf(subscription));
      if (probe === 'half-open') await ports.subscriptions.setLastSuccess(id, null);
    },
    released: async (permit) => {
      const { subscription, probe, wasOpenUntil = null } = permit;
      const before: CircuitState = { openUntil: wasOpenUntil, failingSince: subscription.failingSince };
      if (probe === 'open') await ports.subscriptions.setCircuit(subscription.id, before, stateOf(subscription));
      if (probe === 'half-open') await unprove(ports, permit, isShared(permit));
    },
    ended: ({ subscription, probe }) => {
      if (probe === 'half-open') leases.ended(subscription);
    },
  };
}

interface Probing {
  readonly leaseMs: number;
  readonly leases: HeldLeases;
  readonly mayShare: boolean;
  readonly mayProbeFailing: boolean;
}

async function admit(ports: CircuitPorts, subscription: Subscription, probing: Probing): Promise<Permit | Wait> {
  const { openUntil, failingSince } = subscription;
  const nowMs = ports.clock();
  const isClosed = openUntil === null && nowMs - lastSuccessMs(subscription) < CLOSED_MS;
  if (isClosed) return { kind: 'permit', subscription, probe: null };
  if (!probing.mayProbeFailing && failingSince !== null && msOf(openUntil) <= nowMs)
    return shortWait(nowMs, FAILING_WAIT_MS);
  if (openUntil !== null) return await probeOpen(ports, subscription, toMs(openUntil), probing.leaseMs);
  return await probeHalfOpen(ports, subscription, probing);
}

/** Who finds the lease taken comes back after as long as it has lasted: soon if it is young, seldom if it hangs. */
async function probeHalfOpen(
  ports: CircuitPorts,
  subscription: Subscription,
  probing: Probing,
): Promise<Permit | Wait> {
  const { leases, leaseMs } = probing;
  const nowMs = ports.clock();
  const leasedUntilMs = msOf(subscription.turnUntil);
  const sickMs = subscription.provenAt === null ? SICK_WAIT_MS : 0;
  if (leasedUntilMs > nowMs) {
    const permit = leases.holds(subscription) ? share(subscription, probing, nowMs) : null;
    if (permit !== null) return permit;
    const wait = shortWait(nowMs, Math.max(nowMs - (leasedUntilMs - leaseMs), sickMs));
    return { ...wait, untilMs: Math.min(wait.untilMs, leasedUntilMs) };
  }
  const turnUntil = toIso(nowMs + leaseMs);
  const written = await ports.subscriptions.leaseProbe(subscription.id, toIso(nowMs), turnUntil);
  // Of the calls that want it at once in this process one takes it for all.
  if (written === 'conflict') return share(subscription, probing, nowMs) ?? shortWait(nowMs, sickMs);
  const stored = { ...subscription, turnUntil, version: subscription.version + 1 };
  leases.taken(subscription.id, turnUntil);
  return { kind: 'permit', subscription: stored, probe: 'half-open' };
}

function share(subscription: Subscription, { leases, leaseMs, mayShare }: Probing, nowMs: number): Permit | null {
  const turnUntil = mayShare ? leases.share(subscription.id, nowMs, leaseMs) : null;
  return turnUntil === null
    ? null
    : { kind: 'permit', subscription: { ...subscription, turnUntil }, probe: 'half-open' };
}

/** For whom somebody else's call is in the way, which has lasted so long. */
export function shortWait(nowMs: number, lastedMs = 0): Wait {
  const waitMs = Math.max(lastedMs, WAIT_MIN_MS);
  return { kind: 'wait', untilMs: nowMs + waitMs, spreadMs: waitMs };
}

/** While the circuit is open all wait; then who wins the write that holds it open for the others is the probe. */
async function probeOpen(
  ports: CircuitPorts,
  subscription: Subscription,
  openUntilMs: number,
  leaseMs: number,
): Promise<Permit | Wait> {
  const nowMs = ports.clock();
  if (openUntilMs > nowMs) return { kind: 'wait', untilMs: openUntilMs, spreadMs: OPEN_SPREAD_MS };
  const held: CircuitState = { openUntil: toIso(nowMs + leaseMs), failingSince: subscription.failingSince };
  const written = await ports.subscriptions.setCircuit(subscription.id, held, stateOf(subscription));
  // Somebody else probes: soon the circuit says what came of it.
  if (written === 'conflict') return shortWait(nowMs, SICK_WAIT_MS);
  const stored = { ...subscription, ...held, version: subscription.version + 1 };
  return { kind: 'permit', subscription: stored, probe: 'open', wasOpenUntil: subscription.openUntil };
}

async function succeeded(
  ports: CircuitPorts,
  permit: Permit,
  seen: Seen,
  { tookMs, isShared }: { tookMs: number; isShared: boolean },
): Promise<void> {
  const { subscription, probe } = permit;
  const nowMs = ports.clock();
  seen.failures = 0;
  const writtenMs = Math.max(lastSuccessMs(subscription), seen.successWrittenMs);
  if (tookMs > QUICK_MS) await unprove(ports, permit, isShared);
  else if (probe === 'half-open' || nowMs - writtenMs >= SUCCESS_WRITE_INTERVAL_MS) {
    seen.successWrittenMs = nowMs;
    await ports.subscriptions.setLastSuccess(subscription.id, toIso(nowMs));
  }
  if (subscription.openUntil === null && subscription.failingSince === null) return;
  await ports.subscriptions.setCircuit(subscription.id, { openUntil: null, failingSince: null });
}

/**
 * The next call may last as long: one worker is to make it. A lease under which more calls are made ends with the last
 * of them.
 */
async function unprove(ports: CircuitPorts, { subscription, probe }: Permit, isShared: boolean): Promise<void> {
  const { id, provenAt } = subscription;
  if (probe === 'half-open') {
    if (!isShared) await ports.subscriptions.setLastSuccess(id, null);
    // Of the many that last together one takes the last success away; the others may not end the lease that somebody
    // has taken since.
  } else if (typeof provenAt === 'string') await ports.subscriptions.setLastSuccess(id, null, provenAt);
}

async function failed(
  ports: CircuitPorts,
  permit: Permit,
  hasTimedOut: boolean,
  { seen, isShared }: { seen: Seen; isShared: boolean },
): Promise<void> {
  seen.failures += 1;
  await openIfSick(ports, permit, seen, { nowMs: ports.clock(), hasTimedOut });
  if (permit.probe === 'half-open' || hasTimedOut) await unprove(ports, permit, isShared);
}

/** Opens the circuit, or else notes since when the endpoint has been failing. */
async function openIfSick(
  ports: CircuitPorts,
  { subscription, probe }: Permit,
  seen: Seen,
  { nowMs, hasTimedOut }: { nowMs: number; hasTimedOut: boolean },
): Promise<void> {
  const failingSince = subscription.failingSince ?? toIso(nowMs);
  const isDue = (writtenMs: number) => nowMs - writtenMs >= WRITE_INTERVAL_MS;
  const isSick = seen.failures >= FAILURES_MAX || (hasTimedOut && nowMs - toMs(failingSince) >= OPEN_MIN_MS);
  const write = (state: CircuitState) => ports.subscriptions.setCircuit(subscription.id, state, stateOf(subscription));
  if (probe === 'open' || (isSick && isDue(seen.openWrittenMs))) {
    const written = await write({ openUntil: toIso(nowMs + openMs(failingSince, nowMs)), failingSince });
    if (written === 'saved') seen.openWrittenMs = nowMs;
  } else if (subscription.failingSince === null && isDue(seen.failureWrittenMs)) {
    seen.failureWrittenMs = nowMs;
    await write({ openUntil: null, failingSince });
  }
}

function openMs(failingSince: string, nowMs: number): number {
  return Math.min(Math.max(nowMs - toMs(failingSince), OPEN_MIN_MS), OPEN_MAX_MS);
}

function stateOf({ openUntil, failingSince }: Subscription): CircuitState {
  return { openUntil, failingSince };
}

function lastSuccessMs({ provenAt }: Subscription): number {
  return msOf(provenAt);
}

function msOf(iso: string | null | undefined): number {
  return typeof iso === 'string' ? toMs(iso) : -Infinity;
}

import type { Circuit, SubscriptionStore } from './deliver-stores.ts';
import type { Subscription } from './subscription.ts';
import { type Clock, toIso, toMs } from './time.ts';

export interface HealthPorts {
  readonly subscriptions: Pick<SubscriptionStore, 'setCircuit'>;
  readonly clock: Clock;
}

/** `subscription` as it is stored now: a trial has written to it. */
export type Admission =
  | { readonly kind: 'pass'; readonly subscription: Subscription; readonly isTrial: boolean }
  | { readonly kind: 'wait'; readonly untilMs: number };

export interface Health {
  /** Whether an attempt may be made now. A trial holds the circuit open for all others while it lasts. */
  readonly admit: (subscription: Subscription) => Promise<Admission>;
  readonly succeeded: (subscription: Subscription) => Promise<void>;
  /** Takes the subscription as it was admitted: if its circuit was written since, that stays. */
  readonly failed: (subscription: Subscription, isTrial: boolean) => Promise<void>;
}

/** What this process has seen of an endpoint and when it last wrote it down. */
interface Count {
  failures: number;
  markedMs: number;
  openedMs: number;
}

/** Failures in a row, as this process counts them, that open an endpoint's circuit. */
const FAILURES_MAX = 5;
const WRITE_INTERVAL_MS = 10_000;
const PAUSE_MIN_MS = 30_000;
const PAUSE_MAX_MS = 10 * 60_000;
/** Subscriptions are at most a hundred; deleted ones may not pile up in a long-lived process. */
const COUNTS_MAX = 1000;

/**
 * Keeps sick endpoints from being called in vain. After 5 failures in a row a circuit opens: deliveries wait, without an
 * attempt, as long as the endpoint has been failing, within 30 s and 10 min; then one of them, the winner of a conditional
 * write, is the trial, and its outcome closes the circuit or opens it again. Failures in a row are counted by each process
 * for itself: that is enough where many deliveries fail, and where few do, no protection is needed. What the processes share
 * is on the subscription. Each process writes `failingSince` and `openUntil` at most every 10 s, trials and recoveries apart.
 */
export function makeHealth(ports: HealthPorts, leaseMs: number): Health {
  const counts = new Map<string, Count>();
  const countOf = (id: string): Count => {
    const count = counts.get(id) ?? { failures: 0, markedMs: -Infinity, openedMs: -Infinity };
    if (counts.size >= COUNTS_MAX) counts.clear();
    counts.set(id, count);
    return count;
  };
  return {
    admit: (subscription) => admit(ports, subscription, leaseMs),
    succeeded: async (subscription) => {
      countOf(subscription.id).failures = 0;
      if (subscription.openUntil === null && subscription.failingSince === null) return;
      await ports.subscriptions.setCircuit(subscription.id, { openUntil: null, failingSince: null });
    },
    failed: (subscription, isTrial) => failed(ports, subscription, isTrial, countOf(subscription.id)),
  };
}

async function admit(ports: HealthPorts, subscription: Subscription, leaseMs: number): Promise<Admission> {
  if (subscription.openUntil === null) return { kind: 'pass', subscription, isTrial: false };
  const nowMs = ports.clock();
  const openUntilMs = toMs(subscription.openUntil);
  if (openUntilMs > nowMs) return { kind: 'wait', untilMs: openUntilMs };
  const ticket: Circuit = { openUntil: toIso(nowMs + leaseMs), failingSince: subscription.failingSince };
  const written = await ports.subscriptions.setCircuit(subscription.id, ticket, circuitOf(subscription));
  if (written === 'conflict') return { kind: 'wait', untilMs: nowMs + leaseMs };
  return {
    kind: 'pass',
    subscription: { ...subscription, ...ticket, version: subscription.version + 1 },
    isTrial: true,
  };
}

async function failed(ports: HealthPorts, subscription: Subscription, isTrial: boolean, count: Count): Promise<void> {
  const nowMs = ports.clock();
  count.failures += 1;
  const failingSince = subscription.failingSince ?? toIso(nowMs);
  const isDue = (lastMs: number) => nowMs - lastMs >= WRITE_INTERVAL_MS;
  const write = (circuit: Circuit) => ports.subscriptions.setCircuit(subscription.id, circuit, circuitOf(subscription));
  if (isTrial || (count.failures >= FAILURES_MAX && isDue(count.openedMs))) {
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

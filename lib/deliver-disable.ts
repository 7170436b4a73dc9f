import type { SubscriptionStore } from './deliver-stores.ts';
import { disabledEvent, type Event } from './event.ts';
import type { HttpAnswer, HttpFailure } from './http.ts';
import type { Log } from './log.ts';
import { countOne } from './metric.ts';
import { isGone, isSuccess } from './retry.ts';
import type { Subscription } from './subscription.ts';
import { type Clock, toIso, toMs } from './time.ts';

export interface DisablePorts {
  readonly subscriptions: Pick<SubscriptionStore, 'get' | 'save'>;
  readonly tell: (events: readonly Event[]) => Promise<void>;
  readonly clock: Clock;
  readonly log: Log;
}

const FAILING_MAX_MS = 5 * 24 * 3_600_000;
const TRIES = 3;

/**
 * Disables the endpoint if the outcome asks for it: at once after a 410, else after nothing but failures for 5 days. (The first
 * and the latest failure are then further apart than the 12 h that keep one bad hour from counting.) Answers
 * whether it is disabled now, and why. Only one of many that try at the same time writes.
 */
export async function disableIfDue(
  ports: DisablePorts,
  stage: string,
  subscription: Subscription,
  outcome: HttpAnswer | HttpFailure,
): Promise<Subscription | null> {
  const isDue = isGone(outcome)
    ? () => true
    : (stored: Subscription) => !isSuccess(outcome) && hasFailedForDays(stored, ports.clock());
  const reason = isGone(outcome) ? 'the endpoint answered 410 Gone' : 'every attempt has failed for 5 days';
  let stored: Subscription | null = subscription;
  for (let tries = 0; tries < TRIES && stored !== null && isDue(stored); tries += 1) {
    if (stored.state === 'disabled') return stored;
    // Another address has been entered since: what the old one said is no longer about this endpoint.
    if (stored.url !== subscription.url) return null;
    const disabled = { at: toIso(ports.clock()), by: 'jobwatch' as const, reason };
    const next: Subscription = { ...stored, state: 'disabled', disabled, openUntil: null };
    if ((await ports.subscriptions.save(next)) === 'saved') {
      logDisabled(ports, stage, { subscription: next.id, reason });
      return next;
    }
    stored = await ports.subscriptions.get(subscription.id);
  }
  return null;
}

function hasFailedForDays(subscription: Subscription, nowMs: number): boolean {
  return subscription.failingSince !== null && nowMs - toMs(subscription.failingSince) >= FAILING_MAX_MS;
}

/** A log line that is a metric too. */
export function logDisabled(
  { log, clock }: Pick<DisablePorts, 'log' | 'clock'>,
  stage: string,
  what: { readonly subscription: string; readonly reason: string },
): void {
  log.warn('subscription.disabled', { ...what, ...countOne('EndpointsDisabled', stage, clock()) });
}

/** Tells the others that this one was disabled, and by whom. May be repeated: the event is the same each time. */
export async function tellDisabled(
  ports: Pick<DisablePorts, 'tell'>,
  stage: string,
  subscription: Subscription,
): Promise<void> {
  const { id, disabled } = subscription;
  if (disabled === null) return;
  await ports.tell([disabledEvent(stage, { subscription: id, disabledAt: disabled.at, reason: disabled.reason })]);
}

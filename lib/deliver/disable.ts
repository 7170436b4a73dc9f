import type { HttpFailure, HttpResponse } from '../base/http.ts';
import type { Log } from '../base/log.ts';
import { type Clock, toIso, toMs } from '../base/time.ts';
import { disabledEvent, type Event } from '../events/event.ts';
import type { SubscriptionStore } from './ports.ts';
import { isGone, isSuccess } from './retry.ts';
import type { Subscription } from './subscription.ts';

export interface DisablePorts {
  readonly subscriptions: Pick<SubscriptionStore, 'get' | 'save'>;
  readonly tell: (events: readonly Event[]) => Promise<void>;
  readonly clock: Clock;
  readonly log: Log;
}

const FAILING_MAX_MS = 5 * 24 * 3_600_000;
const TRIES = 3;

/**
 * Disables the endpoint if the outcome asks for it: at once after a 410, else after nothing but failures for 5 days.
 * (The first and the latest failure are then further apart than the 12 h that keep one bad hour from counting.) Answers
 * whether it is disabled now, and why. Only one of many that try at the same time writes.
 */
export async function disableIfDue(
  ports: DisablePorts,
  subscription: Subscription,
  outcome: HttpResponse | HttpFailure,
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
      ports.log.warn('subscription.disabled', { subscription: next.id, reason });
      return next;
    }
    stored = await ports.subscriptions.get(subscription.id);
  }
  return null;
}

function hasFailedForDays(subscription: Subscription, nowMs: number): boolean {
  return subscription.failingSince !== null && nowMs - toMs(subscription.failingSince) >= FAILING_MAX_MS;
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

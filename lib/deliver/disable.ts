import type { Log } from '../base/log.ts';
import { type Clock, toIso, toMs } from '../base/time.ts';
import { disabledEvent } from '../events/event.ts';
import { end } from './delivery.ts';
import { CHUNK, type Publish } from './outbox.ts';
import type { DeliveryStore, SubscriptionStore } from './ports.ts';
import type { Sent } from './sinks/sink.ts';
import type { Subscription } from './subscription.ts';

export interface DisablePorts {
  readonly subscriptions: Pick<SubscriptionStore, 'get' | 'save'>;
  readonly publish: Publish;
  readonly clock: Clock;
  readonly log: Log;
}

const FAILING_MAX_MS = 5 * 24 * 3_600_000;
const TRIES = 3;

/**
 * Disables the endpoint if the outcome asks for it: at once if it is gone, else after nothing but failures for 5 days.
 * (The first and the latest failure are then further apart than the 12 h that keep one bad hour from counting.) Answers
 * whether it is disabled now, and why. Only one of many that try at the same time writes.
 */
export async function disableIfDue(
  ports: DisablePorts,
  subscription: Subscription,
  sent: Sent,
): Promise<Subscription | null> {
  if (sent.kind !== 'failed') return null;
  const { isGone, detail } = sent;
  const isDue = (stored: Subscription) => isGone || hasFailedForDays(stored, ports.clock());
  const reason = isGone && detail.error !== null ? detail.error : 'every attempt has failed for 5 days';
  let stored: Subscription | null = subscription;
  for (let tries = 0; tries < TRIES && stored !== null && isDue(stored); tries += 1) {
    if (stored.state === 'disabled') return stored;
    // Another address has been entered since: what the old one said is no longer about this endpoint.
    if (stored.url !== subscription.url || stored.robot !== subscription.robot) return null;
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

/** For the others: this one was disabled, and by whom. May be repeated, since the event is the same each time. */
export async function publishDisabled(
  ports: Pick<DisablePorts, 'publish'>,
  stage: string,
  subscription: Subscription,
): Promise<void> {
  const { id, disabled } = subscription;
  if (disabled === null) return;
  await ports.publish([disabledEvent(stage, { subscription: id, disabledAt: disabled.at, reason: disabled.reason })]);
}

const END_OF_TIME = '9999-12-31T23:59:59.999Z';

/**
 * Ends what waits for disabled subscriptions, up to `limit`; how many. Each would end when its message comes, but that
 * may be delayed for a day. An attempt that is under way keeps its say.
 */
export async function cancelForDisabled(
  ports: {
    readonly subscriptions: Pick<SubscriptionStore, 'list'>;
    readonly deliveries: Pick<DeliveryStore, 'overdue' | 'save'>;
    readonly clock: Clock;
  },
  limit: number,
): Promise<number> {
  let canceled = 0;
  for (const { id, state } of await ports.subscriptions.list()) {
    if (state !== 'disabled' || canceled >= limit) continue;
    const now = toIso(ports.clock());
    const waiting = await ports.deliveries.overdue(id, END_OF_TIME, limit - canceled);
    const idle = waiting.filter(({ unfinished, nextAttemptAt }) => unfinished === 0 || nextAttemptAt <= now);
    for (let at = 0; at < idle.length; at += CHUNK) {
      const chunk = idle.slice(at, at + CHUNK);
      const written = await Promise.all(
        chunk.map((delivery) => ports.deliveries.save(end(delivery, 'canceled', 'the subscription is disabled', now))),
      );
      canceled += written.filter((result) => result === 'saved').length;
    }
  }
  return canceled;
}

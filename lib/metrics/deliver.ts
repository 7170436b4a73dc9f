import type { Delivery } from '../deliver/delivery.ts';
import type { DeliveryStore, SubscriptionStore } from '../deliver/ports.ts';
import type { Subscription } from '../deliver/subscription.ts';
import type { Metrics } from './names.ts';

type MeasuredStore = Pick<DeliveryStore, 'get' | 'save' | 'addAttempt'>;

/** Attempts as they are recorded, deliveries as their end is written. */
export function measureDeliveries<Store extends MeasuredStore>(store: Store, metrics: Metrics): Store {
  return {
    ...store,
    async addAttempt(subscription, eventId, attempt) {
      await store.addAttempt(subscription, eventId, attempt);
      if (attempt.error !== null) metrics.add('AttemptsFailed', 1);
      metrics.add('AttemptDuration', attempt.durationMs);
    },
    async save(delivery: Delivery) {
      const saved = await store.save(delivery);
      if (saved === 'saved' && delivery.state === 'delivered') metrics.add('DeliveriesDelivered', 1);
      if (saved === 'saved' && delivery.state === 'exhausted') metrics.add('DeliveriesExhausted', 1);
      return saved;
    },
  };
}

/** What disables an endpoint here is that it fails. */
export function measureSubscriptions<Store extends Pick<SubscriptionStore, 'save'>>(
  store: Store,
  metrics: Metrics,
): Store {
  return {
    ...store,
    async save(subscription: Subscription) {
      const saved = await store.save(subscription);
      if (saved === 'saved' && subscription.state === 'disabled') metrics.add('EndpointsDisabled', 1);
      return saved;
    },
  };
}

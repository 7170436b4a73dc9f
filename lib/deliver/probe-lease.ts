import { type Iso, toMs } from '../base/time.ts';
import type { Subscription } from './subscription.ts';

/**
 * The probe leases that this process holds. Who holds one may make several calls under it: a slow endpoint holds this
 * process anyway.
 */
export interface HeldLeases {
  readonly taken: (subscription: string, turnUntil: Iso) => void;
  /** The stored lease is one of this process. */
  readonly holds: (subscription: Subscription) => boolean;
  /** Counts one more call under the lease. null: none is held, or it is too old for the call to end within it. */
  readonly share: (subscription: string, nowMs: number, leaseMs: number) => Iso | null;
  /** More calls than one are made under it. */
  readonly isShared: (subscription: string) => boolean;
  readonly ended: (subscription: Subscription) => void;
}

export function makeHeldLeases(): HeldLeases {
  const held = new Map<string, { readonly turnUntil: Iso; calls: number }>();
  const heldOf = ({ id, turnUntil }: Subscription) => {
    const lease = held.get(id);
    return lease !== undefined && lease.turnUntil === turnUntil ? lease : null;
  };
  return {
    taken: (subscription, turnUntil) => held.set(subscription, { turnUntil, calls: 1 }),
    holds: (subscription) => heldOf(subscription) !== null,
    share: (subscription, nowMs, leaseMs) => {
      const lease = held.get(subscription);
      if (lease === undefined || toMs(lease.turnUntil) - nowMs < leaseMs / 2) return null;
      lease.calls += 1;
      return lease.turnUntil;
    },
    isShared: (subscription) => (held.get(subscription)?.calls ?? 0) > 1,
    ended: (subscription) => {
      const lease = heldOf(subscription);
      if (lease === null) return;
      lease.calls -= 1;
      if (lease.calls === 0) held.delete(subscription.id);
    },
  };
}

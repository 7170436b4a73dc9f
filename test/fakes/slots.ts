import type { SlotStore } from '../../lib/deliver/slots.ts';

/** The slots of paced places in memory: passes the same suite as the real ones. */
export function memorySlots(): SlotStore {
  const next = new Map<string, number>();
  return {
    take: async (key, intervalMs, nowMs) => {
      const slotMs = Math.max(next.get(key) ?? nowMs, nowMs);
      next.set(key, slotMs + intervalMs);
      return slotMs;
    },
  };
}

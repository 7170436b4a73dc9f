import { toMs } from '../base/time.ts';
import type { Delivery } from './delivery.ts';

/** Slots of places that take so many messages a minute and no more, shared by all workers. */
export interface SlotStore {
  /** Takes the next free slot, now or later, and moves it on; when it is. */
  readonly take: (key: string, intervalMs: number, nowMs: number) => Promise<number>;
}

/** How often a place may be told. `key` names it to all workers. */
export interface SharedPace {
  readonly key: string;
  readonly intervalMs: number;
  /** A worker may use its slot for so long after its time. */
  readonly lateMs: number;
}

/** A delivery that comes too late has lost its slot: it might be told together with the next ones. */
export function holdsSlot({ slotAt }: Pick<Delivery, 'slotAt'>, { lateMs }: SharedPace, nowMs: number): boolean {
  if (slotAt === null || slotAt === undefined) return false;
  return nowMs - toMs(slotAt) <= lateMs;
}

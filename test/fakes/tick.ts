import type { Tick } from '../../lib/admission/tick.ts';

/** A tick that began before everything, of one worker, with time enough. */
export function aTick(more: Partial<Tick> = {}): Tick {
  return { beganMs: 0, workers: 1, mayBegin: () => true, ...more };
}

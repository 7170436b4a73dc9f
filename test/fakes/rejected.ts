import type { ReceivedRejected, RejectedQueue } from '../../lib/api/ports.ts';
import { toIso } from '../../lib/base/time.ts';
import { START_MS } from './clock.ts';

/** A rejected queue in memory: what is received is hidden until it is given back. Later messages are newer. */
export function fakeRejected(...reasons: readonly (string | null)[]) {
  const hidden = new Map<string, ReceivedRejected>();
  const visible: ReceivedRejected[] = reasons.map((reason, index) => ({
    id: `message-${index}`,
    rejectedAt: toIso(START_MS - 60_000 + index * 1000),
    reason,
    receives: 0,
    receiptHandle: `handle-${index}`,
  }));
  let receives = 0;
  const queue: RejectedQueue = {
    depth: async () => ({ visible: visible.length, inFlight: hidden.size, delayed: 0 }),
    receive: async () => {
      receives += 1;
      const received = visible.splice(0, 10).map((one) => ({ ...one, receives: one.receives + 1 }));
      for (const one of received) hidden.set(one.receiptHandle, one);
      return received;
    },
    release: async (handle) => {
      const one = hidden.get(handle);
      hidden.delete(handle);
      if (one !== undefined) visible.push(one);
    },
  };
  return { ...queue, visible, hidden, receives: () => receives };
}

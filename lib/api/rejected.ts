import type { Clock } from '../base/time.ts';
import { type ApiResponse, json } from './http/types.ts';
import { keptFor } from './kept.ts';
import type { RejectedMessage, RejectedQueue } from './ports.ts';

const SHOWN_MAX = 50;
/** SQS may hand over fewer than ten at a time, however many there are. */
const RECEIVES_MAX = 8;
/** No further receive begins after this time: what was received first is hidden for as long as the others take. */
const LOOK_MS = 3000;
/** Whoever asks within this time gets the same response: the messages are left alone. */
const KEPT_MS = 5000;

/** Reads the rejected queue and gives every message back at once: it is hidden from others for a moment only. */
export function makeRejectedList(ports: {
  readonly rejected: RejectedQueue;
  readonly clock: Clock;
}): () => Promise<ApiResponse> {
  return keptFor(KEPT_MS, ports.clock, async () => {
    const { visible, inFlight, delayed } = await ports.rejected.depth();
    const messages = await look(ports, visible);
    const total = Math.max(visible + inFlight + delayed, messages.length);
    return json(200, { messages, total, isWhole: messages.length === total });
  });
}

/** The newest of those that were found; `visible` is about right, and tells when there is no need to wait for more. */
async function look(
  { rejected, clock }: { readonly rejected: RejectedQueue; readonly clock: Clock },
  visible: number,
): Promise<readonly RejectedMessage[]> {
  const beganMs = clock();
  const found = new Map<string, RejectedMessage>();
  const held: string[] = [];
  try {
    for (let receives = 0; receives < RECEIVES_MAX && clock() - beganMs < LOOK_MS; receives += 1) {
      const received = await rejected.receive();
      for (const { receiptHandle, ...message } of received) {
        held.push(receiptHandle);
        found.set(message.id, message);
      }
      if (received.length === 0 || found.size >= Math.min(visible, SHOWN_MAX)) break;
    }
  } finally {
    // One that can't be given back comes back by itself.
    await Promise.allSettled(held.map((receiptHandle) => rejected.release(receiptHandle)));
  }
  return [...found.values()].sort((a, b) => (a.rejectedAt < b.rejectedAt ? 1 : -1)).slice(0, SHOWN_MAX);
}

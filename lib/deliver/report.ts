import type { Circuit, Permit } from './circuit.ts';
import type { Delivery } from './delivery.ts';
import type { Sent } from './sinks/sink.ts';

/** Work before anything is known of the endpoint: a store at fault keeps no other delivery from it. */
export async function orFree<Result>(
  circuit: Circuit,
  permit: Permit | null,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (permit !== null) await circuit.released(permit).catch(() => undefined);
    throw error;
  }
}

/**
 * Tells the circuit what came of a call. An attempt that cancels its delivery has found the endpoint disabled, or nobody
 * to be told. `next` is null where that could not be written.
 */
export async function report(circuit: Circuit, permit: Permit, next: Delivery | null, sent: Sent): Promise<void> {
  if (next?.state === 'canceled' || sent.kind === 'canceled') await circuit.released(permit);
  else if (sent.kind === 'delivered') await circuit.succeeded(permit, sent.detail.durationMs);
  else if (sent.kind === 'throttled') await circuit.throttled(permit, sent.retryAfterMs);
  else await circuit.failed(permit, sent);
}

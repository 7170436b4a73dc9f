import type { Guarded } from './faults.ts';
import type { PendingMessage, WatchPorts } from './ports.ts';

/** One long poll; SQS allows 20 s, and a short one lets the tick look at its clock. */
const LONG_POLL_SECONDS = 5;
/** The first of a tick: long enough to ask all of SQS's servers, and all that a tick with nothing under watch takes. */
const FIRST_POLL_SECONDS = 1;
const RECEIVE_MAX = 10;
const SECOND_MS = 1000;
/** Messages that one round may hold: the bound on memory. */
const ROUND_MESSAGES_MAX = 400;
const DRAIN_PARALLEL = 4;

export interface RoundPorts extends Pick<WatchPorts, 'pending' | 'clock' | 'mono'> {
  readonly sleep: (ms: number) => Promise<void>;
}

/** Receives what is due: one long poll, and as long as that finds full batches, what else there is. */
export function makeReceiveRound(ports: RoundPorts, guarded: Guarded, stopMono: number) {
  const { pending, mono, clock } = ports;
  const receiveNow = () => guarded('receive', () => pending.receive(RECEIVE_MAX, 0));

  let pollSeconds = FIRST_POLL_SECONDS;

  return async function receiveRound(): Promise<PendingMessage[]> {
    const waitSeconds = Math.min(pollSeconds, Math.max(1, Math.floor((stopMono - mono()) / 1000)));
    pollSeconds = LONG_POLL_SECONDS;
    const messages = await pending.receive(RECEIVE_MAX, waitSeconds);
    if (messages.length === 0) return messages;
    // Jobs meet on whole seconds: what is received a moment apart is polled together.
    if (messages.length < RECEIVE_MAX) {
      await ports.sleep((SECOND_MS - (clock() % SECOND_MS)) % SECOND_MS);
      messages.push(...((await receiveNow()) ?? []));
    }
    let isFull = messages.length >= RECEIVE_MAX;
    while (isFull && messages.length < ROUND_MESSAGES_MAX) {
      const batches = await Promise.all(Array.from({ length: DRAIN_PARALLEL }, receiveNow));
      for (const batch of batches) messages.push(...(batch ?? []));
      isFull = batches.every((batch) => batch?.length === RECEIVE_MAX);
    }
    return messages;
  };
}

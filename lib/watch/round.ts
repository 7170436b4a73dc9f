import type { Guarded } from './faults.ts';
import type { Lines } from './lines.ts';
import type { Due, PendingMessage, WatchPorts } from './ports.ts';
import type { Watch } from './watch.ts';

/** As many as one receive gives. */
export const RECEIVE_MAX = 10;
const SECOND_MS = 1000;
/** What is received so soon after a whole second has all that meet on it. */
const ALIGNED_MS = 250;
/** Messages that one round may hold: the bound on memory. */
const ROUND_MESSAGES_MAX = 400;
const DRAIN_PARALLEL = 4;

export interface RoundPorts extends Pick<WatchPorts, 'pending' | 'clock'> {
  readonly sleep: (ms: number) => Promise<void>;
}

/** What a round has brought. */
export interface Round {
  /** Some of its jobs share calls with others. */
  readonly hasCompany: boolean;
}

/**
 * Rounds: messages are received, and their jobs join their lines. Jobs that may share a call meet on whole seconds: a
 * round that begins within a second waits for its end, and for those that come until then. A round is played when its
 * jobs have joined their lines: nobody waits for a call but the end of the work.
 */
export function makeRounds(
  watch: Watch,
  lines: Pick<Lines, 'add' | 'room'>,
  ports: RoundPorts,
  guarded: Guarded,
  count: { rounds: number; messages: number },
) {
  const { pending, clock } = ports;
  const receive = (waitSeconds: number) => pending.receive(RECEIVE_MAX, waitSeconds);

  /** What else the queue holds, as long as receives come back full. */
  async function drain(first: readonly PendingMessage[]): Promise<readonly PendingMessage[]> {
    const messages = [...first];
    let isFull = first.length >= RECEIVE_MAX;
    while (isFull && messages.length < ROUND_MESSAGES_MAX) {
      const receives = Array.from({ length: DRAIN_PARALLEL }, () => guarded('receive', () => receive(0)));
      const batches = await Promise.all(receives);
      for (const batch of batches) messages.push(...(batch ?? []));
      isFull = batches.every((batch) => batch?.length === RECEIVE_MAX);
    }
    return messages;
  }

  async function visit(messages: readonly PendingMessage[]): Promise<readonly Due[]> {
    count.messages += messages.length;
    const received = await Promise.all(messages.map((message) => guarded('visit', () => watch.receive(message))));
    return received.flatMap((one) => (one?.kind === 'due' ? [one.due] : []));
  }

  async function join(due: readonly Due[]): Promise<void> {
    if (due.length === 0) return;
    await guarded('recall', () => watch.recall(due));
    lines.add(due);
  }

  function nextSecond(): Promise<void> {
    return ports.sleep((SECOND_MS - (clock() % SECOND_MS)) % SECOND_MS);
  }

  /** What was received is brought to its lines, with those that meet it. */
  async function play(first: readonly PendingMessage[]): Promise<Round> {
    const isWhole = first.length >= RECEIVE_MAX || clock() % SECOND_MS < ALIGNED_MS;
    count.rounds += 1;
    const due = await visit(await drain(first));
    const meeting = new Set(watch.meeting(due));
    if (isWhole || meeting.size === 0) {
      await join(due);
    } else {
      await join(due.filter((one) => !meeting.has(one)));
      await nextSecond();
      const others = (await guarded('receive', () => receive(0))) ?? [];
      await join([...meeting, ...(await visit(await drain(others)))]);
    }
    await lines.room();
    return { hasCompany: meeting.size > 0 };
  }

  return { receive, play, nextSecond };
}

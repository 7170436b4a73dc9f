import type { Tick } from '../admission/tick.ts';
import { type Guarded, makeGuarded } from './faults.ts';
import { type Lines, makeLines } from './lines.ts';
import type { PendingMessage, WatchPorts, WatchSettings } from './ports.ts';
import { makeReceiveRound } from './round.ts';
import type { Watch } from './watch.ts';

export interface TickPorts extends Pick<WatchPorts, 'pending' | 'log' | 'mono' | 'clock'> {
  readonly sleep: (ms: number) => Promise<void>;
  /** Notes in the table `state` that the watch is alive. */
  readonly noteTick: (tick: { atMs: number; messages: number; calls: number }) => Promise<void>;
  /** Lets the next tick know what this one still has under way, until `untilMs` at the latest. */
  readonly leaveUnderWay: (tick: Tick, untilMs: number) => Promise<void>;
}

export interface TickSettings extends Pick<WatchSettings, 'watchSeconds' | 'vendorTimeoutMs'> {
  /** Workers that share the tick; at least 1. */
  readonly workers: number;
}

/** What the tick did, for its one log line. */
export interface TickReport {
  readonly rounds: number;
  readonly messages: number;
  readonly calls: number;
  readonly faults: number;
}

/** SQS may fail for a moment; the SDK has then tried three times already. */
const RECEIVE_FAULTS_MAX = 3;
/** After the last vendor call: time to write, to publish and to release. */
const CLOSING_MS = 8000;

/**
 * One invocation: rounds until `WATCH_SECONDS` are over, or until nothing is under watch. Calls run on while the next
 * round is received, so that a vendor that hangs delays its own jobs only.
 */
export async function runTick(
  watch: Watch,
  ports: TickPorts,
  settings: TickSettings,
  remainingMs: () => number,
): Promise<TickReport> {
  const { pending, mono, clock } = ports;
  const stopMono = mono() + settings.watchSeconds * 1000;
  const mayBegin = () => remainingMs() > settings.vendorTimeoutMs + CLOSING_MS;
  const tick: Tick = { beganMs: clock(), workers: settings.workers, mayBegin };
  const count = { rounds: 0, messages: 0, calls: 0, faults: 0 };
  const guarded = makeGuarded(ports.log, () => {
    count.faults += 1;
  });
  const receiveRound = makeReceiveRound(ports, guarded, stopMono);
  const lines = makeLines(watch, ports, tick, guarded, () => {
    count.calls += 1;
  });
  const playRound = makeRounds(watch, lines, guarded, count);
  const note = () =>
    guarded('tick', () => ports.noteTick({ atMs: clock(), messages: count.messages, calls: count.calls }));

  await note();
  let faultsInARow = 0;
  while (mono() < stopMono && mayBegin() && faultsInARow < RECEIVE_FAULTS_MAX) {
    const messages = await guarded('receive', receiveRound);
    faultsInARow = messages === null ? faultsInARow + 1 : 0;
    if (messages === null) continue;
    if (messages.length > 0) await playRound(messages);
    else if (lines.isEmpty() && (await guarded('depth', () => pending.isEmpty()))) break;
  }
  await lines.end();
  if (!lines.isEmpty()) await guarded('leave', () => ports.leaveUnderWay(tick, clock() + remainingMs()));
  await lines.done();
  await note();
  return { ...count };
}

/** A round is played when its jobs have joined their lines: nobody waits for a call but the tick's end. */
function makeRounds(watch: Watch, lines: Lines, guarded: Guarded, count: { rounds: number; messages: number }) {
  return async function playRound(messages: readonly PendingMessage[]): Promise<void> {
    count.rounds += 1;
    count.messages += messages.length;
    const received = await Promise.all(messages.map((message) => guarded('visit', () => watch.receive(message))));
    const due = received.flatMap((one) => (one?.kind === 'due' ? [one.due] : []));
    await guarded('recall', () => watch.recall(due));
    lines.add(due);
    await lines.room();
  };
}

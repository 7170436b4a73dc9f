import type { Tick } from '../admission/tick.ts';
import { makeGuarded } from './faults.ts';
import { makeLines } from './lines.ts';
import type { PendingMessage, WatchPorts, WatchSettings } from './ports.ts';
import { makeRounds, RECEIVE_MAX } from './round.ts';
import type { Leadership } from './wake/leader.ts';
import type { Watch } from './watch.ts';

export interface ShiftPorts extends Pick<WatchPorts, 'pending' | 'log' | 'mono' | 'clock'> {
  readonly sleep: (ms: number) => Promise<void>;
  /** Lets the next tick know what this one still has under way, until `untilMs` at the latest. */
  readonly leaveUnderWay: (tick: Tick, untilMs: number) => Promise<void>;
}

export interface ShiftSettings extends Pick<WatchSettings, 'watchSeconds' | 'vendorTimeoutMs'> {
  /** Workers that share the tick; at least 1. */
  readonly workers: number;
  /** The first round, which was received before. */
  readonly batch?: readonly PendingMessage[];
  /** Whoever leads calls vendors; absent: nobody else does. */
  readonly leadership?: Leadership;
  /** Whether whoever finds nothing to do may go home: the queue wakes somebody. */
  readonly mayGo?: (report: ShiftReport) => boolean;
}

/** What was done, for its one log line. */
export interface ShiftReport {
  readonly rounds: number;
  readonly messages: number;
  readonly calls: number;
  readonly faults: number;
}

/** SQS may fail for a moment; the SDK has then tried three times already. */
const RECEIVE_FAULTS_MAX = 3;
/** After the last vendor call: time to write, to publish and to release. */
export const CLOSING_MS = 8000;
/** One long poll; SQS allows 20 s, and a short one lets the tick look at its clock. */
const LONG_POLL_SECONDS = 5;
/** The first: long enough to ask all of SQS's servers, and all that a tick with nothing under watch takes. */
const FIRST_POLL_SECONDS = 1;
/** Of a worker that may go home: what comes later wakes another. */
const LAST_POLL_SECONDS = 1;
/** A call that takes longer holds up nobody else: what the queue has is received meanwhile. */
const QUICK_MS = 1000;

/**
 * Rounds until the time is over, or until nothing is left to do. Calls run on while the next round is received, so that
 * a vendor that hangs delays its own jobs only.
 */
export async function runShift(
  watch: Watch,
  ports: ShiftPorts,
  settings: ShiftSettings,
  remainingMs: () => number,
): Promise<ShiftReport> {
  const { pending, mono, clock } = ports;
  const { workers, batch = [], leadership, mayGo = () => false } = settings;
  const stopMono = mono() + settings.watchSeconds * 1000;
  const mayBegin = () =>
    remainingMs() > settings.vendorTimeoutMs + CLOSING_MS && (leadership === undefined || leadership.leads());
  const tick: Tick = { beganMs: clock(), workers, mayBegin };
  const count = { rounds: 0, messages: 0, calls: 0, faults: 0 };
  const guarded = makeGuarded(ports.log, () => {
    count.faults += 1;
  });
  const lines = makeLines(watch, ports, tick, guarded, () => {
    count.calls += 1;
  });
  const rounds = makeRounds(watch, lines, ports, guarded, count);
  let hasCompany = false;
  let pollSeconds = FIRST_POLL_SECONDS;

  /** One more round; false: there is nothing left to do. */
  async function goOn(): Promise<boolean> {
    // Those who meet are visible by the whole second: then one receive has them all.
    if (hasCompany) await rounds.nextSecond();
    hasCompany = false;
    const waitSeconds = Math.min(pollSeconds, Math.max(1, Math.floor((stopMono - mono()) / 1000)));
    pollSeconds = mayGo(count) ? LAST_POLL_SECONDS : LONG_POLL_SECONDS;
    const messages = await rounds.receive(waitSeconds);
    if (messages.length > 0) ({ hasCompany } = await rounds.play(messages));
    else if (lines.isEmpty()) return !mayGo(count) && !(await pending.isEmpty());
    return true;
  }

  /** A few messages that are soon dealt with, and share no call, are no reason to ask the queue for more. */
  async function playBatch(): Promise<boolean> {
    ({ hasCompany } = await rounds.play(batch));
    if (hasCompany || batch.length >= RECEIVE_MAX) return false;
    await lines.idle(QUICK_MS);
    return lines.isEmpty();
  }

  let isOver = batch.length > 0 && (await guarded('batch', playBatch)) === true;
  if (!isOver) await leadership?.noteReceiving();
  for (let faultsInARow = 0; !isOver && mono() < stopMono && mayBegin() && faultsInARow < RECEIVE_FAULTS_MAX; ) {
    const hasMore = await guarded('receive', goOn);
    faultsInARow = hasMore === null ? faultsInARow + 1 : 0;
    isOver = hasMore === false;
  }
  await lines.end();
  if (!lines.isEmpty()) await guarded('leave', () => ports.leaveUnderWay(tick, clock() + remainingMs()));
  await leadership?.end();
  await lines.done();
  return { ...count };
}

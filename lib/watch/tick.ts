import { errorText } from '../base/error.ts';
import type { PendingMessage, WatchPorts, WatchSettings } from './ports.ts';
import type { Due, Watch } from './watch.ts';

export interface TickPorts extends Pick<WatchPorts, 'pending' | 'log' | 'mono' | 'clock'> {
  /** Notes in the table `state` that the watch is alive. */
  readonly sleep: (ms: number) => Promise<void>;
  readonly noteTick: (tick: { atMs: number; messages: number; calls: number }) => Promise<void>;
}

/** What the tick did, for its one log line. */
export interface TickReport {
  readonly rounds: number;
  readonly messages: number;
  readonly calls: number;
  readonly faults: number;
}

/** One long poll; SQS allows 20 s, and a short one lets the tick look at its clock. */
const LONG_POLL_SECONDS = 5;
const RECEIVE_MAX = 10;
const SECOND_MS = 1000;
/** Messages that one round may hold, and jobs that may be under way at once: the bound on memory. */
const ROUND_MESSAGES_MAX = 400;
const UNDER_WAY_MAX = 800;
const DRAIN_PARALLEL = 4;
/** SQS may fail for a moment; the SDK has then tried three times already. */
const RECEIVE_FAULTS_MAX = 3;
/** After the last vendor call: time to write, to send and to give back. */
const CLOSING_MS = 8000;

/**
 * One invocation: rounds until `WATCH_SECONDS` are over, or until nothing is under watch. Calls run on while the next
 * round is received, so that a vendor that hangs delays its own jobs only.
 */
export async function runTick(
  watch: Watch,
  ports: TickPorts,
  settings: Pick<WatchSettings, 'watchSeconds' | 'vendorTimeoutMs'>,
  remainingMs: () => number,
): Promise<TickReport> {
  const { pending, mono, clock, log } = ports;
  const stopMono = mono() + settings.watchSeconds * 1000;
  const underWay = new Set<Promise<void>>();
  const count = { rounds: 0, messages: 0, calls: 0, faults: 0, jobs: 0 };

  const mayBegin = () => remainingMs() > settings.vendorTimeoutMs + CLOSING_MS;
  const isOver = () => mono() >= stopMono || !mayBegin();

  /** A fault of SQS or DynamoDB leaves its message alone: the lease runs out and it comes back. */
  async function guarded<Result>(what: string, work: () => Promise<Result>): Promise<Result | null> {
    try {
      return await work();
    } catch (error) {
      count.faults += 1;
      log.error('watch.fault', { what, error: errorText(error) });
      return null;
    }
  }

  async function receiveRound(): Promise<PendingMessage[]> {
    const waitSeconds = Math.min(LONG_POLL_SECONDS, Math.max(1, Math.floor((stopMono - mono()) / 1000)));
    const messages = await pending.receive(RECEIVE_MAX, waitSeconds);
    if (messages.length === 0) return messages;
    // Jobs meet on whole seconds: what is received a moment apart is asked together.
    if (messages.length < RECEIVE_MAX) {
      await ports.sleep((SECOND_MS - (clock() % SECOND_MS)) % SECOND_MS);
      messages.push(...((await guarded('receive', () => pending.receive(RECEIVE_MAX, 0))) ?? []));
    }
    let full = messages.length >= RECEIVE_MAX;
    while (full && messages.length < ROUND_MESSAGES_MAX) {
      const receives = Array.from({ length: DRAIN_PARALLEL }, () =>
        guarded('receive', () => pending.receive(RECEIVE_MAX, 0)),
      );
      const more = await Promise.all(receives);
      for (const batch of more) messages.push(...(batch ?? []));
      full = more.every((batch) => batch?.length === RECEIVE_MAX);
    }
    return messages;
  }

  async function playRound(messages: readonly PendingMessage[]): Promise<void> {
    count.rounds += 1;
    count.messages += messages.length;
    const visits = await Promise.all(messages.map((message) => guarded('visit', () => watch.visit(message))));
    const due = visits.filter((one): one is Due => one !== null);
    const planned = (await guarded('plan', () => watch.plan(due))) ?? [];
    for (const { call, due: jobs } of planned) {
      count.jobs += jobs.length;
      const work = guarded('run', () => watch.run(call, jobs, mayBegin)).then((outcome) => {
        if (outcome === 'asked') count.calls += 1;
        underWay.delete(work);
        count.jobs -= jobs.length;
      });
      underWay.add(work);
    }
    while (count.jobs > UNDER_WAY_MAX) await Promise.race(underWay);
  }

  await guarded('tick', () => ports.noteTick({ atMs: ports.clock(), messages: 0, calls: 0 }));
  let faultsInARow = 0;
  while (!isOver()) {
    const messages = await guarded('receive', receiveRound);
    faultsInARow = messages === null ? faultsInARow + 1 : 0;
    if (faultsInARow >= RECEIVE_FAULTS_MAX) break;
    if (messages === null) continue;
    if (messages.length > 0) await playRound(messages);
    else if (underWay.size === 0 && (await guarded('depth', () => pending.isEmpty()))) break;
  }
  await Promise.all(underWay);
  await guarded('tick', () => ports.noteTick({ atMs: ports.clock(), messages: count.messages, calls: count.calls }));
  const { rounds, messages, calls, faults } = count;
  return { rounds, messages, calls, faults };
}

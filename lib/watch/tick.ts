import { errorText } from '../base/error.ts';
import type { Log } from '../base/log.ts';
import type { Clock } from '../base/time.ts';
import { makeGuarded } from './faults.ts';
import { runShift, type ShiftPorts, type ShiftReport, type ShiftSettings } from './shift.ts';
import type { Candidacy, Follower, Leadership } from './wake/leader.ts';
import type { Watch } from './watch.ts';

export interface TickPorts extends ShiftPorts {
  /** Notes in the table `state` that the watch is alive. */
  readonly noteTick: (tick: { atMs: number; messages: number; calls: number }) => Promise<void>;
}

/** One invocation by the schedule: a shift, noted at its beginning and, if it found something, at its end. */
export async function runTick(
  watch: Watch,
  ports: TickPorts,
  settings: ShiftSettings,
  remainingMs: () => number,
): Promise<ShiftReport> {
  let noteFaults = 0;
  const guarded = makeGuarded(ports.log, () => {
    noteFaults += 1;
  });
  const note = ({ messages, calls }: Pick<ShiftReport, 'messages' | 'calls'>) =>
    guarded('tick', () => ports.noteTick({ atMs: ports.clock(), messages, calls }));

  await note(NOTHING);
  const report = await runShift(watch, ports, settings, remainingMs);
  // That it found nothing, the first note says as well: a stack pays most of its idle time for writes.
  if (report.rounds > 0) await note(report);
  return { ...report, faults: report.faults + noteFaults };
}

const NOTHING: ShiftReport = { rounds: 0, messages: 0, calls: 0, faults: 0 };

/** The tick of a schedule whose part another worker does. */
export async function noteOnly(ports: Pick<TickPorts, 'noteTick' | 'clock' | 'log'>): Promise<ShiftReport> {
  const guarded = makeGuarded(ports.log, () => undefined);
  await guarded('tick', () => ports.noteTick({ atMs: ports.clock(), messages: 0, calls: 0 }));
  return NOTHING;
}

export interface LeadPorts {
  /** By the queue's own count of what it holds. */
  readonly isEmpty: () => Promise<boolean>;
  readonly tryToLead: (candidacy: Candidacy) => Promise<Leadership | Follower>;
  readonly clock: Clock;
  readonly sleep: (ms: number) => Promise<void>;
  readonly log: Log;
}

/** Longer than a woken worker leads. */
const LEAD_WAIT_MS = 25_000;
const LOOK_MS = 250;

/**
 * Where the queue wakes workers, a tick works only if none of them does, and if the queue holds anything (else `null`).
 * What its count does not tell yet wakes a worker, or is found a minute later. A tick that may have
 * siblings waits until it can lead: nobody else starts them. Whoever can't read who leads works: a doubt may cost calls,
 * and no job waits for it.
 */
export async function leadTick(ports: LeadPorts, maxWorkers: number): Promise<Leadership | null | undefined> {
  const { isEmpty, tryToLead, clock, sleep, log } = ports;
  const untilMs = clock() + (maxWorkers > 1 ? LEAD_WAIT_MS : 0);
  try {
    if (await isEmpty().catch(() => false)) return null;
    for (;;) {
      const one = await tryToLead({ isWoken: false, receives: true });
      if (one.kind === 'leader') return one;
      if (clock() >= untilMs) return null;
      // To the moment: it alone starts siblings, and woken workers look by the quarter of a second.
      await sleep(Math.min(LOOK_MS, Math.max(1, one.untilMs - clock())));
    }
  } catch (error) {
    log.error('watch.fault', { what: 'lead', error: errorText(error) });
    return undefined;
  }
}

/** Nobody has been woken for so long though there are messages: the event source is off, or broken. */
const UNWOKEN_MS = 2 * 60_000;

/** Whether a tick that finds nothing more may go home: workers are woken for what comes later. */
export function mayGoHome({ wokenMs }: Leadership, clock: Clock): (report: ShiftReport) => boolean {
  return ({ messages }) => messages === 0 || clock() - wokenMs < UNWOKEN_MS;
}

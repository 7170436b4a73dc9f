import * as v from 'valibot';
import { errorText } from '../base/error.ts';
import type { Log } from '../base/log.ts';
import type { Clock } from '../base/time.ts';
import { CLOSING_MS } from './shift.ts';

/** The part of a tick that one worker does; a sibling gets its own as the event that starts it. */
export interface Shift {
  /** From 1; the scheduled tick itself is the first. */
  readonly worker: number;
  /** Workers of this tick: each has this part of every pace. */
  readonly of: number;
  /** Epoch; nothing is received later. */
  readonly untilMs: number;
  /** Epoch; when the scheduled tick's own time ends, and with it that of its siblings. */
  readonly deadlineMs: number;
}

/** `stale`: a sibling that came too late to be of use. */
export type Role =
  | { readonly kind: 'first' }
  | { readonly kind: 'sibling'; readonly shift: Shift }
  | { readonly kind: 'stale'; readonly shift: Shift }
  | { readonly kind: 'malformed'; readonly reason: string };

export interface WorkersSettings {
  readonly maxWorkers: number;
  readonly watchSeconds: number;
  readonly callsPerSecond: number;
  readonly vendorTimeoutMs: number;
}

/**
 * What one worker is taken to poll, write and publish in a second: docs/scale.md says where it comes from. Too low a
 * figure starts a worker that soon has nothing to do, too high a one leaves jobs for the next minute.
 */
const JOBS_PER_SECOND = 25;

/**
 * How many workers a tick needs for so many visible messages. No more than the calls a second of a scope: a worker's
 * part of the pace would be less than one call a second, and its burst more than its part.
 */
export function workersFor(visible: number, { maxWorkers, watchSeconds, callsPerSecond }: WorkersSettings): number {
  const needed = Math.ceil(visible / (JOBS_PER_SECOND * watchSeconds));
  return Math.max(1, Math.min(needed, maxWorkers, callsPerSecond));
}

const whole = v.pipe(v.number(), v.safeInteger());

/**
 * Which part an event asks for. Whatever does not look like a shift is a tick: the scheduler's own, or somebody's by
 * hand.
 */
export function roleOf(event: unknown, { maxWorkers }: WorkersSettings, nowMs: number): Role {
  if (!looksLikeShift(event)) return { kind: 'first' };
  const schema = v.pipe(
    v.strictObject({
      worker: v.pipe(whole, v.minValue(2), v.maxValue(maxWorkers)),
      of: v.pipe(whole, v.minValue(2), v.maxValue(maxWorkers)),
      untilMs: whole,
      deadlineMs: whole,
    }),
    v.forward(
      v.check(({ worker, of }) => worker <= of, 'expected at most "of"'),
      ['worker'],
    ),
  );
  const result = v.safeParse(schema, event);
  if (!result.success) {
    const [issue] = result.issues;
    return { kind: 'malformed', reason: `${v.getDotPath(issue) ?? 'event'}: ${issue.message}` };
  }
  const shift = result.output;
  return { kind: nowMs < shift.untilMs ? 'sibling' : 'stale', shift };
}

function looksLikeShift(event: unknown): boolean {
  return typeof event === 'object' && event !== null && ['worker', 'of', 'untilMs'].some((key) => key in event);
}

export interface WorkersPorts {
  /** Messages that could be received now. */
  readonly visible: () => Promise<number>;
  /** Puts an event on this function's own queue. Null if it was taken, else why not. */
  readonly invoke: (shift: Shift) => Promise<string | null>;
  readonly log: Log;
  readonly clock: Clock;
}

/** A shift to be worked, or none. `settled` must be awaited before the invocation ends. */
export interface Start {
  readonly shift: Shift;
  readonly settled: Promise<void>;
}

/**
 * Begins an invocation: a scheduled tick looks at the depth of the queue and starts its siblings; a sibling works until
 * the tick that started it would end, so that the shares of two ticks never add up; anything else works not at all
 * (null). A sibling that could not be started is told in the log and missed by nobody: the others keep their parts of
 * this tick.
 */
export function makeStart(ports: WorkersPorts, settings: WorkersSettings) {
  const { log, clock } = ports;

  return async function start(event: unknown, remainingMs: number): Promise<Start | null> {
    const nowMs = clock();
    const role = roleOf(event, settings, nowMs);
    if (role.kind === 'sibling') return { shift: bounded(role.shift, nowMs, remainingMs), settled: Promise.resolve() };
    if (role.kind === 'first') return first(nowMs, remainingMs);
    if (role.kind === 'stale') log.warn('watch.sibling.late', { ...role.shift, lateMs: nowMs - role.shift.untilMs });
    else log.error('watch.event.malformed', { reason: role.reason });
    return null;
  };

  /** No event makes a worker go on for longer than a tick does. */
  function bounded(shift: Shift, nowMs: number, remainingMs: number): Shift {
    const untilMs = Math.min(shift.untilMs, nowMs + settings.watchSeconds * 1000);
    return { ...shift, untilMs, deadlineMs: Math.min(shift.deadlineMs, nowMs + remainingMs) };
  }

  async function first(nowMs: number, remainingMs: number): Promise<Start> {
    const of = await workersNow();
    // Who has waited to lead has less time: nobody else may lead as long as its siblings are taken to work.
    const leftMs = Math.max(0, Math.floor(remainingMs) - settings.vendorTimeoutMs - CLOSING_MS);
    const untilMs = nowMs + Math.min(settings.watchSeconds * 1000, leftMs);
    const times = { of, untilMs, deadlineMs: nowMs + Math.floor(remainingMs) };
    const siblings = Array.from({ length: of - 1 }, (_, index) => invoke({ worker: index + 2, ...times }));
    return { shift: { worker: 1, ...times }, settled: Promise.all(siblings).then(() => undefined) };
  }

  async function workersNow(): Promise<number> {
    // One worker alone needs no look at the queue.
    if (settings.maxWorkers === 1) return 1;
    try {
      return workersFor(await ports.visible(), settings);
    } catch (error) {
      log.error('watch.fault', { what: 'visible', error: errorText(error) });
      return 1;
    }
  }

  async function invoke(shift: Shift): Promise<void> {
    const { worker, of } = shift;
    try {
      const error = await ports.invoke(shift);
      if (error !== null) log.error('watch.sibling.fault', { worker, of, error });
    } catch (error) {
      log.error('watch.sibling.fault', { worker, of, error: errorText(error) });
    }
  }
}

import { type Answer, need } from './client.ts';
import type { Context } from './context.ts';
import { formatDuration } from './duration.ts';
import { EXIT, exitOfPhase, worst } from './exit.ts';
import type { Target } from './identity.ts';
import { health, isOpen, type Job, job as jobShape, read } from './shapes.ts';

/** One job that is waited for. */
export interface Watched {
  readonly target: Target;
  /** As it was last seen; null until jobwatch knows it. */
  readonly job: Job | null;
  /** jobwatch still does not know it after the grace: it counts as lost. */
  readonly isUnknown: boolean;
}

export interface WaitView {
  /** After each round, and once a second between rounds. */
  show(watched: readonly Watched[], facts: WaitFacts): void;
  /** Something that does not end the waiting, or that did. */
  tell(text: string): void;
  end(watched: readonly Watched[], exitCode: number): void;
}

export interface WaitFacts {
  readonly beganMs: number;
  /** Since when no answer came; null: answers come. */
  readonly awaySinceMs: number | null;
}

export interface WaitOptions {
  /** null: until the jobs end, which jobwatch sees to. */
  readonly timeoutMs: number | null;
  readonly any: boolean;
  /** How long jobwatch may give no answer, or never have ticked. */
  readonly patienceMs: number;
}

const FIRST_LOOK_MS = 2000;
const LONGEST_LOOK_MS = 15_000;
const SLOWER = 1.4;
const REDRAW_MS = 1000;
const HEALTH_EVERY_MS = 30_000;
/** A message on the queue may lie there until the next tick before jobwatch knows the job. */
const UNKNOWN_GRACE_MS = 180_000;
const AT_ONCE = 8;

/** Looks at the jobs until all have ended, or one with `any`, and answers the exit code. Throws only for what waiting can't mend. */
export async function waitFor(
  context: Context,
  targets: readonly Target[],
  options: WaitOptions,
  view: WaitView,
): Promise<number> {
  const beganMs = context.clock();
  const isTicking = makeTickCheck(context, beganMs, options.patienceMs);
  let watched: readonly Watched[] = targets.map((target) => ({ target, job: null, isUnknown: false }));
  let awaySinceMs: number | null = null;
  let lookMs = FIRST_LOOK_MS;

  for (;;) {
    const round = await look(context, watched, beganMs);
    const hasChanged = fingerprint(round.watched) !== fingerprint(watched);
    watched = round.watched;
    const nowMs = context.clock();
    awaySinceMs = round.away === null ? null : (awaySinceMs ?? nowMs);
    const facts = { beganMs, awaySinceMs };
    view.show(watched, facts);
    const end = await endOf({ context, options, watched, facts, away: round.away, isTicking });
    if (end !== null) {
      if (end.told !== null) view.tell(end.told);
      view.end(watched, end.exitCode);
      return end.exitCode;
    }
    lookMs = hasChanged ? FIRST_LOOK_MS : Math.min(lookMs * SLOWER, LONGEST_LOOK_MS);
    const untilMs = Math.min(nowMs + lookMs, beganMs + (options.timeoutMs ?? Infinity));
    await pause(context, untilMs, () => view.show(watched, facts));
  }
}

interface Round {
  readonly watched: readonly Watched[];
  /** Why no answer came at all; null if one did. */
  readonly away: string | null;
}

async function look(context: Context, before: readonly Watched[], beganMs: number): Promise<Round> {
  const watched: Watched[] = [];
  const reasons: (string | null)[] = [];
  for (let start = 0; start < before.length; start += AT_ONCE) {
    const chunk = before.slice(start, start + AT_ONCE);
    const looks = await Promise.all(chunk.map((one) => lookAt(context, one, beganMs)));
    watched.push(...looks.map(({ one }) => one));
    reasons.push(...looks.filter(({ asked }) => asked).map(({ away }) => away));
  }
  const isAway = reasons.length > 0 && reasons.every((reason) => reason !== null);
  return { watched, away: isAway ? (reasons[0] ?? null) : null };
}

interface Look {
  readonly one: Watched;
  readonly asked: boolean;
  readonly away: string | null;
}

async function lookAt(context: Context, one: Watched, beganMs: number): Promise<Look> {
  if (exitOf(one) !== null) return { one, asked: false, away: null };
  const answer: Answer = await context.client.call('GET', `/jobs/${one.target.id}`, { tries: 1 });
  if (answer.kind === 'away') return { one, asked: true, away: answer.reason };
  if (answer.kind === 'refused' && answer.status === 404) {
    const isUnknown = one.job === null && context.clock() - beganMs >= UNKNOWN_GRACE_MS;
    return { one: { ...one, isUnknown }, asked: true, away: null };
  }
  return { one: { ...one, job: read(jobShape, need(context.client, answer)) }, asked: true, away: null };
}

/** null while it goes on. */
export function exitOf({ job, isUnknown }: Watched): number | null {
  if (isUnknown) return EXIT.lost;
  return job === null || isOpen(job) ? null : exitOfPhase(job.phase);
}

interface State {
  readonly context: Context;
  readonly options: WaitOptions;
  readonly watched: readonly Watched[];
  readonly facts: WaitFacts;
  readonly away: string | null;
  readonly isTicking: () => Promise<string | null>;
}

interface End {
  readonly exitCode: number;
  readonly told: string | null;
}

async function endOf({ context, options, watched, facts, away, isTicking }: State): Promise<End | null> {
  const codes = watched.map(exitOf).filter((code) => code !== null);
  if (codes.length === watched.length || (options.any && codes.length > 0))
    return { exitCode: worst(codes), told: null };
  const nowMs = context.clock();
  if (facts.awaySinceMs !== null && nowMs - facts.awaySinceMs >= options.patienceMs) {
    const told = `jobwatch at ${context.client.url} has given no answer for ${formatDuration(options.patienceMs)}: ${away}. The jobs go on; wait again, or look with "jobwatch doctor".`;
    return { exitCode: worst([...codes, EXIT.unreachable]), told };
  }
  const stands = away === null ? await isTicking() : null;
  if (stands !== null) return { exitCode: worst([...codes, EXIT.unreachable]), told: stands };
  if (options.timeoutMs !== null && nowMs - facts.beganMs >= options.timeoutMs) {
    const told = `The time-out of ${formatDuration(options.timeoutMs)} is over. jobwatch watches on; wait again, or end it with "jobwatch stop".`;
    return { exitCode: worst([...codes, EXIT.timedOut]), told };
  }
  return null;
}

/** Answers what is wrong with the tick; null: nothing, or it can't be told now. Asks seldom. */
function makeTickCheck(context: Context, beganMs: number, patienceMs: number): () => Promise<string | null> {
  let nextMs = 0;
  return async () => {
    if (context.clock() < nextMs) return null;
    nextMs = context.clock() + HEALTH_EVERY_MS;
    const answer = await context.client.call('GET', '/health', { tries: 1 });
    if (answer.kind !== 'ok') return null;
    const { status, lastTickAt } = read(health, answer.value);
    const next = 'No job is asked about; see the alarms and the log of the function watch, then "jobwatch doctor".';
    if (status === 'late')
      return `jobwatch is not ticking: its last tick was ${formatDuration(context.clock() - Date.parse(lastTickAt ?? ''))} ago. ${next}`;
    if (status === 'unknown' && context.clock() - beganMs >= patienceMs)
      return `jobwatch is not ticking: no tick was seen within ${formatDuration(patienceMs)}. ${next}`;
    return null;
  };
}

/** What a round may change. */
function fingerprint(watched: readonly Watched[]): string {
  return watched.map(({ job }) => `${job?.phase} ${job?.vendorStatus}`).join();
}

async function pause(context: Context, untilMs: number, redraw: () => void): Promise<void> {
  for (;;) {
    const leftMs = untilMs - context.clock();
    if (leftMs <= 0) return;
    await context.sleep(Math.min(leftMs, REDRAW_MS));
    redraw();
  }
}

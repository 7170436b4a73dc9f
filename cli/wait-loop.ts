import { job as jobShape } from '../client/responses.ts';
import { type Answer, need, read } from './client.ts';
import type { Context } from './context.ts';
import { CliError, EXIT } from './exit.ts';
import type { Target } from './identity.ts';
import { makeTickCheck } from './tick-check.ts';
import { endOf } from './wait-end.ts';
import { exitOf, type WaitOptions, type WaitView, type Watched } from './watched.ts';

const FIRST_LOOK_MS = 2000;
const LONGEST_LOOK_MS = 15_000;
const SLOWER = 1.4;
const REDRAW_MS = 1000;
/** A message on the queue may lie there until the next tick before jobwatch knows the job. */
const UNKNOWN_GRACE_MS = 180_000;
const AT_ONCE = 8;
/**
 * Looks at the jobs until all have ended, or one with `any`, and answers the exit code. Throws only for what waiting
 * can't mend.
 */
export async function waitFor(
  context: Context,
  targets: readonly Target[],
  options: WaitOptions,
  view: WaitView,
): Promise<number> {
  try {
    return await lookOn(context, targets, options, view);
  } finally {
    view.close();
  }
}

async function lookOn(
  context: Context,
  targets: readonly Target[],
  options: WaitOptions,
  view: WaitView,
): Promise<number> {
  const beganMs = context.ticker();
  const endMs = beganMs + (options.timeoutMs ?? Infinity);
  const isTicking = makeTickCheck(context, options.patienceMs);
  let watched: readonly Watched[] = targets.map(unseen);
  let reason: string | null = null;
  let lookMs = FIRST_LOOK_MS;

  for (;;) {
    const round = await look(context, watched, endMs);
    const hasChanged = fingerprint(round.watched) !== fingerprint(watched);
    watched = round.watched;
    reason = round.away ?? reason;
    const facts = { beganMs, awaySinceMs: awaySince(watched) };
    view.show(watched, facts);
    const end = await endOf({ context, options, watched, facts, reason, isTicking });
    if (end !== null) {
      if (end.told !== null) view.tell(end.told);
      view.end(watched, end.exitCode);
      return end.exitCode;
    }
    lookMs = hasChanged ? FIRST_LOOK_MS : Math.min(lookMs * SLOWER, LONGEST_LOOK_MS);
    await pause(context, Math.min(context.ticker() + lookMs, endMs), () => view.show(watched, facts));
  }
}

function unseen(target: Target): Watched {
  return { target, job: null, missingSinceMs: null, awaySinceMs: null, isUnknown: false };
}

interface Round {
  readonly watched: readonly Watched[];
  /** Why an answer failed to come; null if all came. */
  readonly away: string | null;
}

async function look(context: Context, before: readonly Watched[], endMs: number): Promise<Round> {
  const watched: Watched[] = [];
  let away: string | null = null;
  for (let start = 0; start < before.length; start += AT_ONCE) {
    const looks = await Promise.all(before.slice(start, start + AT_ONCE).map((one) => lookAt(context, one, endMs)));
    watched.push(...looks.map(({ one }) => one));
    away = looks.find((each) => each.away !== null)?.away ?? away;
  }
  return { watched, away };
}

/** The last look before `--timeout` may take a few seconds past it: an answer that hangs is not waited for. */
const LAST_LOOK_MS = 5000;

async function lookAt(
  context: Context,
  one: Watched,
  endMs: number,
): Promise<{ readonly one: Watched; readonly away: string | null }> {
  if (exitOf(one) !== null) return { one, away: null };
  const timeoutMs = Math.max(LAST_LOOK_MS, endMs - context.ticker());
  const answer: Answer = await context.client.call('GET', `/jobs/${one.target.id}`, { tries: 1, timeoutMs });
  const nowMs = context.ticker();
  if (isAway(answer, one)) return { one: { ...one, awaySinceMs: one.awaySinceMs ?? nowMs }, away: answer.reason };
  if (answer.kind === 'refused' && answer.status === 404) {
    const missingSinceMs = one.missingSinceMs ?? nowMs;
    const isUnknown = nowMs - missingSinceMs >= UNKNOWN_GRACE_MS;
    return { one: { ...one, missingSinceMs, awaySinceMs: null, isUnknown }, away: null };
  }
  // 1 would say that a job failed.
  if (answer.kind === 'refused' && answer.status !== 401 && answer.status !== 403)
    throw new CliError(EXIT.unreachable, answer.detail);
  const job = read(jobShape, need(context.client, answer));
  return { one: { ...unseen(one.target), job }, away: null };
}

/**
 * Once jobwatch has answered, an answer that is somebody else's passes like any other trouble; before, the URL is
 * wrong.
 */
function isAway(answer: Answer, { job, missingSinceMs }: Watched): answer is Extract<Answer, { kind: 'away' }> {
  const hasAnswered = job !== null || missingSinceMs !== null;
  if (answer.kind === 'ok') return false;
  return answer.kind === 'away' && (answer.mends || hasAnswered);
}

/** When the last of the open jobs was answered about; null: one was just now. */
function awaySince(watched: readonly Watched[]): number | null {
  const open = watched.filter((one) => exitOf(one) === null).map(({ awaySinceMs }) => awaySinceMs);
  return open.length === 0 || open.includes(null) ? null : Math.max(...open.map((ms) => ms ?? 0));
}

/** What a round may change. */
function fingerprint(watched: readonly Watched[]): string {
  return watched.map(({ job }) => `${job?.phase} ${job?.vendorStatus}`).join();
}

async function pause(context: Context, untilMs: number, redraw: () => void): Promise<void> {
  for (;;) {
    const leftMs = untilMs - context.ticker();
    if (leftMs <= 0) return;
    await context.sleep(Math.min(leftMs, REDRAW_MS));
    redraw();
  }
}

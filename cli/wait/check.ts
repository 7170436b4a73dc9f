import { job as jobShape } from '../../client/responses.ts';
import { type Answer, need, read } from '../api/client.ts';
import type { Context } from '../context.ts';
import { CliError, EXIT } from '../exit.ts';
import { denialOf } from './denial.ts';
import { exitOf, unseen, type Watched } from './watched.ts';

export interface Round {
  readonly watched: readonly Watched[];
  /** Why an answer failed to come; null if all came. */
  readonly away: string | null;
}

/** What came of one job's check. */
interface Check {
  readonly one: Watched;
  readonly away: string | null;
}

const AT_ONCE = 8;
/** A message on the queue may lie there until the next tick before jobwatch knows the job. */
const UNKNOWN_GRACE_MS = 180_000;
/** The last check before `--timeout` may take a few seconds past it: an answer that hangs is not waited for. */
const LAST_CHECK_MS = 5000;

/** How long a wait goes on. */
export interface Limits {
  readonly endMs: number;
  readonly patienceMs: number;
}

/** Reads the record of every job that has not ended. Throws only for what more waiting would not solve. */
export async function checkJobs(context: Context, before: readonly Watched[], limits: Limits): Promise<Round> {
  const watched: Watched[] = [];
  let away: string | null = null;
  for (let start = 0; start < before.length; start += AT_ONCE) {
    const some = before.slice(start, start + AT_ONCE);
    const checks = await Promise.all(some.map((one) => checkJob(context, one, limits)));
    watched.push(...checks.map(({ one }) => one));
    away = checks.find((check) => check.away !== null)?.away ?? away;
  }
  return { watched, away };
}

async function checkJob(context: Context, one: Watched, limits: Limits): Promise<Check> {
  // While others are waited for, an account may be mended.
  if (exitOf(one) !== null && one.denial === null) return { one, away: null };
  const timeoutMs = Math.max(LAST_CHECK_MS, limits.endMs - context.ticker());
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
  const isFirst = one.job === null && one.missingSinceMs === null;
  const denial = denialOf(job, { before: one.denial, isFirst, nowMs, patienceMs: limits.patienceMs });
  return { one: { ...unseen(one.target), job, denial }, away: null };
}

/**
 * Once jobwatch has answered, an answer that is somebody else's passes like any other trouble; before, the URL is
 * wrong.
 */
function isAway(answer: Answer, { job, missingSinceMs }: Watched): answer is Extract<Answer, { kind: 'away' }> {
  const hasAnswered = job !== null || missingSinceMs !== null;
  return answer.kind === 'away' && (answer.mayPass || hasAnswered);
}

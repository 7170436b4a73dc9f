import { errorText, isOpen } from '../../client/job.ts';
import { type Group, group as groupShape } from '../../client/responses.ts';
import { type Answer, need, read } from '../api/client.ts';
import type { Context } from '../context.ts';
import { CliError, EXIT, exitOfPhase, worst } from '../exit.ts';
import { formatDuration } from '../text/duration.ts';
import { groupView } from './group-view.ts';
import { makeTickCheck } from './tick-check.ts';

export interface GroupWait {
  /** null: until the group ends, which jobwatch sees to. 0: one check. */
  readonly timeoutMs: number | null;
  /** How long jobwatch may give no answer, or never have ticked. */
  readonly patienceMs: number;
}

const FIRST_PAUSE_MS = 2000;
const LONGEST_PAUSE_MS = 15_000;
const SLOWER = 1.4;
/** A message on the queue may lie there until the next tick before jobwatch knows the group. */
const UNKNOWN_GRACE_MS = 180_000;
const LAST_CHECK_MS = 5000;

export function groupPath(id: string): string {
  return `/groups/${encodeURIComponent(id)}`;
}

interface Seen {
  readonly group: Group | null;
  readonly missingSinceMs: number | null;
  readonly awaySinceMs: number | null;
  readonly reason: string | null;
}

interface End {
  readonly exitCode: number;
  readonly message: string | null;
}

/** Waits until the group has ended, and answers the exit code. Throws only for what more waiting would not solve. */
export async function waitForGroup(context: Context, id: string, options: GroupWait): Promise<number> {
  const beganMs = context.ticker();
  const endMs = beganMs + (options.timeoutMs ?? Infinity);
  const tickTrouble = makeTickCheck(context, options.patienceMs);
  const view = groupView(context, id);
  let seen: Seen = { group: null, missingSinceMs: null, awaySinceMs: null, reason: null };
  let pauseMs = FIRST_PAUSE_MS;
  try {
    for (;;) {
      const before = seen.group;
      seen = await check(context, id, seen, endMs);
      view.show(seen.group, seen.awaySinceMs === null ? null : seen.reason);
      const trouble = seen.awaySinceMs === null && seen.group?.outcome == null ? await tickTrouble() : null;
      const end = endOf(context, seen, { ...options, endMs, trouble });
      if (end !== null) {
        view.end(seen.group, end.exitCode, end.message);
        return end.exitCode;
      }
      pauseMs = isSame(before, seen.group) ? Math.min(pauseMs * SLOWER, LONGEST_PAUSE_MS) : FIRST_PAUSE_MS;
      await context.sleep(Math.max(0, Math.min(pauseMs, endMs - context.ticker())));
    }
  } finally {
    view.close();
  }
}

async function check(context: Context, id: string, before: Seen, endMs: number): Promise<Seen> {
  const timeoutMs = Math.max(LAST_CHECK_MS, endMs - context.ticker());
  const answer: Answer = await context.client.call('GET', groupPath(id), { tries: 1, timeoutMs });
  const nowMs = context.ticker();
  const hasAnswered = before.group !== null || before.missingSinceMs !== null;
  if (answer.kind === 'away' && (answer.mayPass || hasAnswered))
    return { ...before, awaySinceMs: before.awaySinceMs ?? nowMs, reason: answer.reason };
  const here = { awaySinceMs: null, reason: null };
  if (answer.kind === 'refused' && answer.status === 404)
    return { ...before, ...here, missingSinceMs: before.missingSinceMs ?? nowMs };
  if (answer.kind === 'refused' && answer.status !== 401 && answer.status !== 403)
    throw new CliError(EXIT.unreachable, answer.detail);
  return { ...here, group: read(groupShape, need(context.client, answer)), missingSinceMs: null };
}

interface Limits extends GroupWait {
  readonly endMs: number;
  /** What is wrong with jobwatch's tick; null: nothing. */
  readonly trouble: string | null;
}

function endOf(context: Context, seen: Seen, limits: Limits): End | null {
  const { group, missingSinceMs } = seen;
  if (group !== null && group.outcome !== null) return { exitCode: exitOfGroup(group), message: null };
  const nowMs = context.ticker();
  const isOver = nowMs >= limits.endMs;
  const silence = silenceOf(context, seen, limits.patienceMs, isOver) ?? limits.trouble;
  if (silence !== null) return { exitCode: EXIT.unreachable, message: silence };
  if (missingSinceMs !== null && nowMs - missingSinceMs >= UNKNOWN_GRACE_MS)
    return { exitCode: EXIT.lost, message: 'jobwatch does not know this group: none of its jobs was submitted.' };
  if (!isOver) return null;
  const goesOn = group === null ? 'jobwatch does not know this group yet.' : 'jobwatch keeps watching; wait again.';
  const over = `The timeout of ${formatDuration(limits.timeoutMs ?? 0)} has passed.`;
  return { exitCode: EXIT.timedOut, message: `${over} ${goesOn}` };
}

/** What to say if no answer came for as long as the patience lasts, or never until the time-out; null otherwise. */
function silenceOf(
  { ticker, client }: Context,
  { group, awaySinceMs, reason }: Seen,
  patienceMs: number,
  isOver: boolean,
): string | null {
  if (awaySinceMs === null) return null;
  const awayMs = ticker() - awaySinceMs;
  if (awayMs < patienceMs && !(isOver && group === null)) return null;
  const forHow = awayMs < 1000 ? '' : ` for ${formatDuration(awayMs)}`;
  return `jobwatch at ${client.url} has not answered${forHow}: ${reason?.replace(/\.$/, '')}. The jobs go on.`;
}

/** The worst end of a member; `incomplete` is a time-out, whatever became of those that were submitted. */
export function exitOfGroup({ outcome, members }: Group): number {
  if (outcome === 'succeeded') return EXIT.ok;
  const ends = members.filter((member) => !isOpen(member)).map(({ phase }) => exitOfPhase(phase));
  return worst([outcome === 'incomplete' ? EXIT.timedOut : EXIT.failed, ...ends]);
}

function isSame(a: Group | null, b: Group | null): boolean {
  const print = (group: Group | null) =>
    group?.members
      .map(({ id, phase, vendorStatus, error }) => `${id} ${phase} ${vendorStatus} ${errorText(error)}`)
      .join();
  return print(a) === print(b);
}

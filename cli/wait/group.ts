import { isOpen } from '../../client/job.ts';
import { type Group, type GroupMember, group as groupShape } from '../../client/responses.ts';
import { type Answer, need, read } from '../api/client.ts';
import type { Context } from '../context.ts';
import { CliError, EXIT, exitOfPhase, worst } from '../exit.ts';
import { formatDuration } from '../text/duration.ts';
import { whyOf } from '../text/group-text.ts';
import { type Denial, denialOf, denialText } from './denial.ts';
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
  /** Of the members whose account is denied, by the ids of their jobs. */
  readonly denials: ReadonlyMap<string, Denial>;
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
  const limits = { ...options, endMs };
  const tickTrouble = makeTickCheck(context, options.patienceMs);
  const view = groupView(context, id);
  let seen: Seen = { group: null, denials: new Map(), missingSinceMs: null, awaySinceMs: null, reason: null };
  let pauseMs = FIRST_PAUSE_MS;
  try {
    for (;;) {
      const before = seen.group;
      seen = await check(context, id, seen, limits);
      view.show(seen.group, seen.awaySinceMs === null ? null : seen.reason);
      const trouble = seen.awaySinceMs === null && seen.group?.outcome == null ? await tickTrouble() : null;
      const end = endOf(context, seen, limits, trouble);
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

async function check(context: Context, id: string, before: Seen, limits: Limits): Promise<Seen> {
  const { endMs } = limits;
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
  const group = read(groupShape, need(context.client, answer));
  const denials = denialsOf(group, before, nowMs, limits);
  return { ...here, group, denials, missingSinceMs: null };
}

function denialsOf({ members }: Group, before: Seen, nowMs: number, { patienceMs }: Limits): Seen['denials'] {
  const isFirst = before.group === null && before.missingSinceMs === null;
  const denials = members.map((member) => {
    const known = before.denials.get(member.id) ?? null;
    return [member.id, denialOf(member, { before: known, isFirst, nowMs, patienceMs })] as const;
  });
  return new Map(denials.flatMap(([id, denial]) => (denial === null ? [] : [[id, denial]])));
}

interface Limits extends GroupWait {
  readonly endMs: number;
}

/** `trouble`: what is wrong with jobwatch's tick; null: nothing. */
function endOf(context: Context, seen: Seen, limits: Limits, trouble: string | null): End | null {
  const { group, missingSinceMs } = seen;
  if (group !== null && group.outcome !== null) return { exitCode: exitOfGroup(group), message: null };
  const nowMs = context.ticker();
  const isOver = nowMs >= limits.endMs;
  const denied = deniedIn(seen);
  const codes = [...endsOf(group?.members ?? []), ...denied.map(() => EXIT.denied)];
  // A job that was not submitted yet may be one of another account.
  if (denied.length > 0 && codes.length === group?.size) return { exitCode: worst(codes), message: denialText(denied) };
  const silence = silenceOf(context, seen, limits.patienceMs, isOver) ?? trouble;
  if (silence !== null) return { exitCode: worst([...codes, EXIT.unreachable]), message: silence };
  if (missingSinceMs !== null && nowMs - missingSinceMs >= UNKNOWN_GRACE_MS)
    return { exitCode: EXIT.lost, message: 'jobwatch does not know this group: no job of it was submitted.' };
  return isOver ? { exitCode: worst([...codes, EXIT.timedOut]), message: overText(group, denied, limits) } : null;
}

function overText(group: Group | null, denied: readonly GroupMember[], { timeoutMs }: Limits): string {
  const goesOn = group === null ? 'jobwatch does not know this group yet.' : 'jobwatch keeps watching; wait again.';
  return `The time-out of ${formatDuration(timeoutMs ?? 0)} is over. ${denialText(denied) ?? goesOn}`;
}

/** The members whose account is denied for so long that it counts. */
function deniedIn({ group, denials }: Seen): readonly GroupMember[] {
  return (group?.members ?? []).filter(({ id }) => denials.get(id)?.doesCount === true);
}

function endsOf(members: readonly GroupMember[]): readonly number[] {
  return members.filter((member) => !isOpen(member)).map(({ phase }) => exitOfPhase(phase));
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
  return worst([outcome === 'incomplete' ? EXIT.timedOut : EXIT.failed, ...endsOf(members)]);
}

function isSame(a: Group | null, b: Group | null): boolean {
  const print = (group: Group | null) =>
    group?.members.map((member) => `${member.id} ${member.phase} ${member.vendorStatus} ${whyOf(member)}`).join();
  return print(a) === print(b);
}

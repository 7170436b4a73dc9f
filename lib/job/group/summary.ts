import { type Iso, toIso, toMs } from '../../base/time.ts';
import { clipText } from '../detail.ts';
import { jobIdOf, labelDigest } from '../identity.ts';
import { deadlineMs, type Job, submittedMs, type Transition } from '../job.ts';
import type { Labels } from '../labels.ts';
import { isTerminal } from '../phase.ts';
import type { WatchMessage } from '../watch-message.ts';
import { BAD_ENDS_MAX, type BadEnd, type Group, type GroupOutcome, type GroupSummary, type Member } from './group.ts';
import type { MemberChange } from './store.ts';

/** 500 members and their head are one page of a query, whatever vendors write. */
const CODE_MAX_BYTES = 64;
const MESSAGE_MAX_BYTES = 256;

/** A member that has not ended yet, as its message tells of it. */
export function newMember(
  message: WatchMessage,
  when: { sentMs: number; nowMs: number },
): Omit<Member, 'group' | 'since'> {
  return {
    job: jobIdOf(message),
    api: message.api,
    account: message.account,
    jobId: message.jobId,
    phase: 'pending',
    seq: 0,
    submittedAt: toIso(submittedMs(message, when.sentMs)),
    deadlineAt: toIso(deadlineMs(message, when.sentMs, when.nowMs)),
    endedAt: null,
    error: null,
    labels: digestsOf(message.labels),
  };
}

/** What a transition makes of a member: an end of its watch, or its opening after one; null: nothing. */
export function turnOf({ kind, phase, previousPhase }: Transition): 'ended' | 'opened' | null {
  if (kind !== 'changed' || isTerminal(phase) === isTerminal(previousPhase)) return null;
  return isTerminal(phase) ? 'ended' : 'opened';
}

/** The member after that transition of its job. */
export function memberChange(group: string, job: Job, entry: Transition): MemberChange {
  const hasEnded = isTerminal(entry.phase);
  return {
    group,
    job: job.id,
    phase: hasEnded ? entry.phase : 'pending',
    seq: entry.seq,
    submittedAt: entry.submittedAt,
    endedAt: hasEnded ? entry.at : null,
    error: hasEnded && entry.phase !== 'succeeded' ? clipError(entry.error) : null,
    labels: digestsOf(job.labels),
  };
}

/** How many members have ended. */
export function endedCount({ members }: Group): number {
  return members.filter(({ endedAt }) => endedAt !== null).length;
}

/** `succeeded` only if every member did. For a group of which `size` members have ended. */
export function outcomeOf({ members }: Group): GroupOutcome {
  return members.every(({ phase }) => phase === 'succeeded') ? 'succeeded' : 'failed';
}

/**
 * What the members' ends come to. `labels` are those of any one member: what all share is among them. `endedAt` is given
 * where it is not the last end.
 */
export function summarize(
  { members }: Group,
  labels: Labels,
  outcome: GroupOutcome | null,
  endedAt: Iso | null = null,
): GroupSummary {
  const ends = members.filter((member) => member.endedAt !== null);
  return {
    outcome,
    phases: countPhases(ends.map(({ phase }) => phase)),
    badEnds: badEndsOf(members),
    submittedAt: earliest(members.map(({ submittedAt }) => submittedAt)),
    endedAt:
      outcome === null
        ? null
        : (endedAt ??
          ends
            .map((member) => member.endedAt)
            .sort()
            .at(-1) ??
          null),
    labels: Object.fromEntries(
      Object.entries(labels).filter(([key, value]) => {
        const digest = labelDigest(key, value);
        return members.every((member) => member.labels.includes(digest));
      }),
    ),
    apis: [...new Set(members.map(({ api }) => api))].sort(),
    accounts: [...new Set(members.map(({ account }) => account))].sort(),
  };
}

/** How often each phase occurs. */
export function countPhases<Name extends string>(phases: readonly Name[]): Partial<Record<Name, number>> {
  const counts: Partial<Record<Name, number>> = {};
  for (const phase of phases) counts[phase] = (counts[phase] ?? 0) + 1;
  return counts;
}

/** Seven days after the first message at the latest, whatever its members' deadlines are. */
const GROUP_LASTS_MS = 7 * 24 * 3_600_000;

/** By when `size` members must have ended: the latest of the members' deadlines, within seven days. */
export function groupDeadlineMs(createdAt: Iso, deadlines: readonly Iso[]): number {
  const latest = Math.max(0, ...deadlines.map(toMs));
  return Math.min(latest, toMs(createdAt) + GROUP_LASTS_MS);
}

function badEndsOf(members: readonly Member[]): BadEnd[] {
  const bad = members.flatMap(({ job: id, api, jobId, phase, error, endedAt }) =>
    endedAt === null || phase === 'succeeded' ? [] : [{ id, api, jobId, phase, error, endedAt }],
  );
  const order = ({ endedAt, id }: BadEnd) => `${endedAt} ${id}`;
  return bad.sort((a, b) => (order(a) < order(b) ? -1 : 1)).slice(0, BAD_ENDS_MAX);
}

function digestsOf(labels: Labels): string[] {
  return Object.entries(labels).map(([key, value]) => labelDigest(key, value));
}

function earliest(times: readonly Iso[]): Iso | null {
  return times.toSorted()[0] ?? null;
}

function clipError(error: Transition['error']): Member['error'] {
  if (error === null) return null;
  const { code, message } = error;
  return {
    code: code === null ? null : clipText(code, CODE_MAX_BYTES),
    message: message === null ? null : clipText(message, MESSAGE_MAX_BYTES),
  };
}

import { isOpen } from '../../client/job.ts';
import type { Group, GroupMember } from '../../client/responses.ts';

/** A member on the group's timeline; times in milliseconds since the group's first submission. */
export interface Lane {
  readonly member: GroupMember;
  readonly fromMs: number;
  /** Its end, or now. */
  readonly toMs: number;
  readonly isOpen: boolean;
  /** null: it has ended, or nothing was learned of such jobs. */
  readonly expectedMs: number | null;
}

export interface Lanes {
  readonly lanes: readonly Lane[];
  /** What the axis shows: every member, and when the slowest is expected to end. */
  readonly axisMs: number;
  /** Now; null: the group has ended. */
  readonly nowMs: number | null;
  /** When the slowest is expected to end. */
  readonly expectedMs: number | null;
}

/** The members as lanes on one timeline, in the order of their submission. */
export function lanesOf(group: Group, nowMs: number): Lanes {
  const beganMs = Math.min(nowMs, ...group.members.map(({ submittedAt }) => Date.parse(submittedAt)));
  const since = (iso: string) => Math.max(0, Date.parse(iso) - beganMs);
  const lanes = group.members.map((member): Lane => {
    const fromMs = since(member.submittedAt);
    const open = isOpen(member);
    const toMs = open || member.endedAt === null ? nowMs - beganMs : since(member.endedAt);
    const expectedMs = open && member.expectedEndAt !== null ? since(member.expectedEndAt) : null;
    return { member, fromMs, toMs: Math.max(fromMs, toMs), isOpen: open, expectedMs };
  });
  const expectedMs = group.outcome === null && group.expectedEndAt !== null ? since(group.expectedEndAt) : null;
  const now = group.outcome === null ? nowMs - beganMs : null;
  const axisMs = Math.max(1000, ...lanes.flatMap((lane) => [lane.toMs, lane.expectedMs ?? 0]), expectedMs ?? 0) * 1.02;
  return { lanes, axisMs, nowMs: now, expectedMs };
}

import type { Iso } from '../../base/time.ts';
import type { Phase } from '../phase.ts';

/** What a watch message and a record say of a group: its id, and how many jobs belong to it. */
export interface GroupRef {
  readonly id: string;
  /** 1 to `GROUP_SIZE_MAX`; the same in every message of the group. */
  readonly size: number;
}

export const GROUP_SIZE_MAX = 500;

/** The outcome of a group that has ended. `incomplete`: its deadline came before `size` members had ended. */
export const GROUP_OUTCOMES = ['succeeded', 'failed', 'incomplete'] as const;
export type GroupOutcome = (typeof GROUP_OUTCOMES)[number];

/** Bad ends that an event names. */
export const BAD_ENDS_MAX = 20;

/** A member that ended other than `succeeded`. */
export interface BadEnd {
  /** `job_…` */
  readonly id: string;
  readonly api: string;
  /** The vendor's own id. */
  readonly jobId: string;
  readonly phase: Phase;
  readonly error: { readonly code: string | null; readonly message: string | null } | null;
  readonly endedAt: Iso;
}

/** What is known of a group's ends at one moment; an event tells it. */
export interface GroupSummary {
  /** null: the group has not ended. */
  readonly outcome: GroupOutcome | null;
  /** Counts of the members that have ended; the rest of `size` are open, or were never submitted. */
  readonly phases: Readonly<Partial<Record<Phase, number>>>;
  /** The first `BAD_ENDS_MAX`, by the time of their end. */
  readonly badEnds: readonly BadEnd[];
  /** The first submission of a member; null: there is none. */
  readonly submittedAt: Iso | null;
  /** The last end of a member, or when the group was found incomplete; null while the group has not ended. */
  readonly endedAt: Iso | null;
  /** Labels that all members share. */
  readonly labels: Readonly<Record<string, string>>;
  /** Of the members: what filters match. */
  readonly apis: readonly string[];
  readonly accounts: readonly string[];
}

/** What was decided of a group, once, and by which transition of which member; null: by `reconcile`. */
export interface Decision {
  readonly by: { readonly job: string; readonly seq: number } | null;
  readonly at: Iso;
  readonly summary: GroupSummary;
}

/** What a group is, beside its members. */
export interface GroupHead extends GroupRef {
  /** Tells this group from an earlier one of the same id. */
  readonly createdAt: Iso;
  /** Raised by every decision and by every member that is opened again; decisions are conditional on it. */
  readonly version: number;
  /** Ids of the jobs that have a place in the group. */
  readonly members: readonly string[];
  /** When `reconcile` looks at the group, if it has not ended by then. */
  readonly dueAt: Iso;
  /** The first bad end of a member. */
  readonly failing: Decision | null;
  readonly end: Decision | null;
  /** Epoch seconds from which the id is free again; null while the group is open. */
  readonly expiresAt: number | null;
}

/** A job of a group, as far as the group needs to know it. */
export interface Member {
  readonly group: string;
  /** `createdAt` of the head that it belongs to. */
  readonly since: Iso;
  /** `job_…` */
  readonly job: string;
  readonly api: string;
  readonly account: string;
  readonly jobId: string;
  /** `pending` until it has ended: what happens in between is in the job's record. */
  readonly phase: Phase;
  /** Of the latest end or opening; 0 before the first. */
  readonly seq: number;
  readonly submittedAt: Iso;
  readonly deadlineAt: Iso;
  readonly endedAt: Iso | null;
  /** Of a bad end, cut short. */
  readonly error: BadEnd['error'];
  /** A short hash of each label. */
  readonly labels: readonly string[];
}

export interface Group {
  readonly head: GroupHead;
  /** Of this head. */
  readonly members: readonly Member[];
}

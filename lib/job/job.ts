import { type Iso, toIso, toMs } from '../base/time.ts';
import { addCallbacks, type Callback, type CallbackRequest } from './callbacks.ts';
import { checkByAfter } from './check-by.ts';
import type { GroupRef } from './group/group.ts';
import { type JobIdentity, jobIdOf } from './identity.ts';
import { type JudgeMemory, NO_MEMORY } from './judgement.ts';
import { type Labels, mergeLabels } from './labels.ts';
import { type Detail, NO_DETAIL, type SubJob, type VendorError } from './observation.ts';
import { isTerminal, type Phase } from './phase.ts';
import type { WatchMessage } from './watch-message.ts';

export const TRANSITION_KINDS = ['changed', 'unknown_status', 'overdue'] as const;

/** A change of phase or vendor status, or something to tell about the job; numbered by `seq`, kept in the history. */
export interface Transition {
  readonly seq: number;
  /** When the answer that showed it was received. */
  readonly at: Iso;
  readonly kind: (typeof TRANSITION_KINDS)[number];
  readonly phase: Phase;
  readonly previousPhase: Phase;
  readonly vendorStatus: string | null;
  /** The rest is what the event says. Once it is told, `subJobs` is dropped to keep the record small. */
  readonly operation: string | null;
  readonly resourceId: string | null;
  readonly error: VendorError | null;
  readonly subJobs: readonly SubJob[];
  readonly submittedAt: Iso;
  readonly vendorBeganAt: Iso | null;
  readonly vendorEndedAt: Iso | null;
  readonly polls: number;
  readonly expectedEndAt: Iso | null;
  /** The name of the token whose holder asked for it; absent: nobody did, or nobody by the API. */
  readonly by?: string | undefined;
}

/** Why a job waits longer than its cadence asks for, and until when. */
export interface Waiting {
  readonly reason: string;
  readonly until: Iso;
  /** The vendor, or the account's absence, denies every call: somebody has to mend the account. Absent: it passes. */
  readonly denied?: boolean | undefined;
}

/** Answers in a row that did not know the job. */
export interface Misses {
  readonly count: number;
  readonly firstAt: Iso;
  /** The longest time that one of them asks to pass before they are believed; absent if none does. */
  readonly believedAfterMs?: number | undefined;
}

/** One vendor job under watch: the item in the table `jobs`, and what `GET /v1/jobs/{id}` answers. */
export interface Job extends JobIdentity, JudgeMemory {
  readonly id: string;
  /** The SQS message id that watches the job; null until a message has been received for it. */
  readonly owner: string | null;
  readonly phase: Phase;
  /** The vendor's latest word as the vendor wrote it; null before the first answer. */
  readonly vendorStatus: string | null;
  /** Raised by every write but that of `notifiedSeq`; every write is conditional on it. */
  readonly version: number;
  /** Number of the latest transition; 0 before the first. */
  readonly seq: number;
  /** Transitions up to this one have been told. */
  readonly notifiedSeq: number;
  readonly history: readonly Transition[];
  readonly droppedTransitions: number;
  readonly polls: number;
  readonly createdAt: Iso;
  /** When this watch began: the creation, or the latest time that an ended watch was opened again. */
  readonly openedAt: Iso;
  readonly submittedAt: Iso;
  readonly deadlineAt: Iso;
  readonly notFoundGraceSeconds: number;
  readonly lastPolledAt: Iso | null;
  /** The latest answer that showed the job at work, as of `savedAt`: like `polls` and `lastPolledAt`. */
  readonly lastRunningAt: Iso | null;
  /** When half of such jobs would have ended; null without enough evidence, and after the end. */
  readonly expectedEndAt: Iso | null;
  /** When it was found to be older than 99 of 100 such jobs became. */
  readonly overdueAt: Iso | null;
  /** The next poll as it was to be at `savedAt`. In the past until `checkBy`: the job has been polled since. */
  readonly nextPollAt: Iso;
  /** No poll comes later without this record being written before: the job is looked after until then. */
  readonly checkBy: Iso;
  readonly waiting: Waiting | null;
  readonly misses: Misses | null;
  /** Vendor words outside the status table that have been told of, in lower case. */
  readonly unknownWords: readonly string[];
  readonly detail: Detail;
  readonly labels: Labels;
  /** The group that it belongs to; null: none. */
  readonly group: GroupRef | null;
  readonly correlationId: string | null;
  readonly traceparent: string | null;
  /** Workflows that wait for the end, and the newest of those that did; absent: none. */
  readonly callbacks?: readonly Callback[] | undefined;
  /** When the watch ended; null while it goes on. */
  readonly endedAt: Iso | null;
  /** When the item was last written. */
  readonly savedAt: Iso;
  /** Epoch seconds after which the item may be deleted; null while the job is open. */
  readonly expiresAt: number | null;
}

export const LONGEST_WATCH_MS = 7 * 24 * 3_600_000;
const SUBMITTED_AHEAD_MAX_MS = 5 * 60_000;

/** A record for a job that was not polled yet. `sentMs` is when the deployer sent it. */
export function newJob(message: WatchMessage, when: { sentMs: number; nowMs: number; owner: string | null }): Job {
  const { sentMs, nowMs } = when;
  const submittedAt = toIso(submittedMs(message, sentMs));
  return {
    id: jobIdOf(message),
    api: message.api,
    account: message.account,
    region: message.region,
    projectId: message.projectId,
    jobId: message.jobId,
    owner: when.owner,
    phase: 'pending',
    vendorStatus: null,
    version: 1,
    seq: 0,
    notifiedSeq: 0,
    history: [],
    droppedTransitions: 0,
    polls: 0,
    createdAt: toIso(nowMs),
    openedAt: toIso(nowMs),
    submittedAt,
    deadlineAt: toIso(deadlineMs(message, sentMs, nowMs)),
    notFoundGraceSeconds: message.notFoundGraceSeconds,
    lastPolledAt: null,
    lastRunningAt: null,
    expectedEndAt: null,
    overdueAt: null,
    nextPollAt: toIso(nowMs),
    checkBy: when.owner === null ? toIso(nowMs) : checkByAfter(nowMs, 0),
    waiting: null,
    misses: null,
    unknownWords: [],
    ...NO_MEMORY,
    detail: NO_DETAIL,
    labels: message.labels,
    group: message.group,
    correlationId: message.correlationId,
    traceparent: message.traceparent,
    ...callbacksOf({ callbacks: [], history: [], notifiedSeq: 0 }, message.callbacks, 0),
    endedAt: null,
    savedAt: toIso(nowMs),
    expiresAt: null,
  };
}

/**
 * What a second message for a watched job adds: its labels, the earlier submission, the later deadline, and a group, if
 * the job is in none. One that was sent before the job's latest end belongs to a watch that is over: it adds a group
 * and the workflows that wait for the job, and nothing else.
 */
export function merge(job: Job, message: WatchMessage, sentMs: number): Job {
  const group = job.group ?? message.group;
  const ended = job.history.findLast(({ phase }) => isTerminal(phase));
  const callbacks = callbacksOf(job, message.callbacks, job.seq);
  if (ended !== undefined && sentMs <= toMs(ended.at))
    return callbacks.callbacks === job.callbacks && group === job.group ? job : { ...job, ...callbacks, group };
  const submitted = Math.min(toMs(job.submittedAt), submittedMs(message, sentMs));
  const deadline = Math.max(toMs(job.deadlineAt), deadlineMs(message, sentMs, toMs(job.openedAt)));
  return {
    ...job,
    labels: mergeLabels(job.labels, message.labels),
    group,
    submittedAt: toIso(submitted),
    deadlineAt: toIso(deadline),
    ...callbacks,
  };
}

/** The field `callbacks`, where there are any. A message that brings too many was refused before. */
export function callbacksOf(
  job: Pick<Job, 'callbacks' | 'history' | 'notifiedSeq'>,
  requests: readonly CallbackRequest[] | undefined,
  afterSeq: number,
): Pick<Job, 'callbacks'> {
  const callbacks = addCallbacks(job, requests, afterSeq);
  return callbacks === 'full' || callbacks.length === 0 ? {} : { callbacks };
}

/** Times that a message may claim are clamped to [sending - 7 d, sending + 5 min]. */
export function submittedMs(message: WatchMessage, sentMs: number): number {
  if (message.submittedAt === null) return sentMs;
  const claimed = toMs(message.submittedAt);
  return Math.min(Math.max(claimed, sentMs - LONGEST_WATCH_MS), sentMs + SUBMITTED_AHEAD_MAX_MS);
}

/** The time-out runs from the sending; no watch lasts longer than 7 days, however often it is asked for. */
export function deadlineMs(message: WatchMessage, sentMs: number, openedMs: number): number {
  return Math.min(sentMs + message.timeoutSeconds * 1000, openedMs + LONGEST_WATCH_MS);
}

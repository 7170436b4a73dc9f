import { type Iso, toIso, toMs } from '../base/time.ts';
import { addTransitions } from './history.ts';
import { callbacksOf, deadlineMs, type Job, submittedMs, type Transition } from './job.ts';
import type { Judge, JudgeMemory } from './judgement.ts';
import { mergeLabels } from './labels.ts';
import type { Detail, Observation, Trouble, VendorError } from './observation.ts';
import { isTerminal, type Phase } from './phase.ts';
import type { WatchMessage } from './watch-message.ts';

/** How long after the deadline a job that can't be polled is kept. */
export const DEADLINE_GRACE_MS = 10 * 60_000;
const MISSES_TO_LOSE = 3;
/** A vendor that invents words without end may not fill the record. */
const UNKNOWN_WORDS_MAX = 20;

export interface Step {
  readonly job: Job;
  /** The longest wait before the next poll that the vendor's state allows; null: the cadence decides. */
  readonly pollWithinMs: number | null;
}

/**
 * What one observation makes of a job: the decision of the whole product. Pure. The record that it gives back is
 * written on the condition that its `version` still stands.
 */
export function transition(job: Job, observation: Observation, judge: Judge, nowMs: number): Step {
  if (isTerminal(job.phase)) return { job, pollWithinMs: null };
  const polled: Job = { ...job, polls: job.polls + 1, lastPolledAt: toIso(nowMs) };
  if (observation.kind === 'status') return reported(polled, observation, judge, nowMs);
  if (observation.kind === 'missing') return { job: missed(polled, observation, nowMs), pollWithinMs: null };
  return { job: unlearned(observation.kind === 'unasked' ? job : polled, observation, nowMs), pollWithinMs: null };
}

/**
 * The deployer asked to end the watch; the vendor's job goes on. A job that has ended is left as it is. `by`: the name of
 * the token that asked.
 */
export function stopJob(job: Job, nowMs: number, by?: string): Job {
  return isTerminal(job.phase) ? job : changed(job, { ...asItWas(job), phase: 'stopped', nowMs, by });
}

/**
 * A message sent after our own end opens the job again: `seq` goes on, its next end is a new event. `by`: the name of the
 * token that sent it.
 */
export function reopen(
  job: Job,
  message: WatchMessage,
  when: { sentMs: number; nowMs: number; owner: string | null; by?: string | undefined },
): Job {
  const { sentMs, nowMs, owner, by } = when;
  const opened: Job = {
    ...job,
    owner,
    openedAt: toIso(nowMs),
    submittedAt: toIso(Math.min(toMs(job.submittedAt), submittedMs(message, sentMs))),
    deadlineAt: toIso(deadlineMs(message, sentMs, nowMs)),
    notFoundGraceSeconds: message.notFoundGraceSeconds,
    labels: mergeLabels(job.labels, message.labels),
    group: job.group ?? message.group,
    ...callbacksOf(job, message.callbacks, job.seq),
    nextPollAt: toIso(nowMs),
    checkBy: toIso(nowMs),
    waiting: null,
    misses: null,
    failSeenAt: null,
    lastRunningAt: null,
    overdueAt: null,
    endedAt: null,
    expiresAt: null,
  };
  return changed(opened, { ...asItWas(job), phase: 'pending', nowMs, by });
}

/** Ends a job that can't be polled any more ten minutes after its deadline; before that it is given back as it is. */
export function endUnpollable(job: Job, reason: string, nowMs: number): Job {
  if (isTerminal(job.phase) || nowMs < toMs(job.deadlineAt) + DEADLINE_GRACE_MS) return job;
  return end(
    job,
    'timed_out',
    { code: 'TimedOut', message: `The deadline passed and the job could not be asked: ${reason}` },
    nowMs,
  );
}

function reported(job: Job, report: { word: string; detail: Detail }, judge: Judge, nowMs: number): Step {
  const memory: JudgeMemory = { rolledBack: job.rolledBack, failSeenAt: job.failSeenAt };
  const judgement = judge(report, memory, nowMs);
  const seen: Job = {
    ...job,
    ...judgement.memory,
    misses: null,
    waiting: null,
    detail: keepKnown(job.detail, report.detail),
  };
  const next =
    judgement.phase === null
      ? unknownWord(seen, report.word, nowMs)
      : knownWord(seen, judgement.phase, report.word, nowMs);
  const running = isTerminal(next.phase) ? next : { ...next, lastRunningAt: toIso(nowMs) };
  return { job: pastDeadline(running, nowMs), pollWithinMs: judgement.pollWithinMs };
}

/**
 * What such jobs take, said of a job that was just polled, and of what that poll has shown (entries from after `seq`).
 */
export function withOutlook(
  job: Job,
  seq: number,
  outlook: { readonly expectedEndAt: Iso | null; readonly isOverdue: boolean },
  nowMs: number,
): Job {
  const expectedEndAt = isTerminal(job.phase) ? null : outlook.expectedEndAt;
  const expecting: Job = {
    ...job,
    expectedEndAt,
    history: job.history.map((entry) => (entry.seq > seq ? { ...entry, expectedEndAt } : entry)),
  };
  if (!outlook.isOverdue || job.overdueAt !== null || isTerminal(job.phase)) return expecting;
  const marked: Job = { ...expecting, overdueAt: toIso(nowMs) };
  return addTransitions(marked, [entryOf(marked, 'overdue', job.phase, job.detail.error, nowMs)]);
}

function knownWord(job: Job, phase: Phase, word: string, nowMs: number): Job {
  const sameWord = job.vendorStatus?.toLowerCase() === word.toLowerCase();
  if (phase === job.phase && sameWord) return job;
  const error = phase === 'succeeded' ? null : job.detail.error;
  return changed(job, { phase, vendorStatus: word, error, nowMs });
}

function unknownWord(job: Job, word: string, nowMs: number): Job {
  const folded = word.toLowerCase();
  // A record that had to be written bare has forgotten its words, but not the latest.
  const isTold = job.unknownWords.includes(folded) || job.vendorStatus?.toLowerCase() === folded;
  if (isTold || job.unknownWords.length >= UNKNOWN_WORDS_MAX) return job;
  const noted: Job = { ...job, vendorStatus: word, unknownWords: [...job.unknownWords, folded] };
  return addTransitions(noted, [entryOf(noted, 'unknown_status', job.phase, job.detail.error, nowMs)]);
}

type Miss = Extract<Observation, { kind: 'missing' }>;

function missed(job: Job, { reason, ...miss }: Miss, nowMs: number): Job {
  const believedAfterMs = Math.max(miss.believedAfterMs ?? 0, job.misses?.believedAfterMs ?? 0);
  const misses = {
    count: (job.misses?.count ?? 0) + 1,
    firstAt: job.misses?.firstAt ?? toIso(nowMs),
    ...(believedAfterMs > 0 ? { believedAfterMs } : {}),
  };
  const seen: Job = { ...job, misses, waiting: null };
  const graceMs = job.notFoundGraceSeconds * 1000;
  const apart = nowMs - toMs(misses.firstAt) >= Math.max(graceMs, believedAfterMs);
  const late = nowMs > toMs(job.submittedAt) + graceMs;
  if (misses.count >= MISSES_TO_LOSE && apart && late)
    return end(seen, 'lost', { code: 'Lost', message: reason }, nowMs);
  return pastDeadline(seen, nowMs);
}

function unlearned(job: Job, trouble: Trouble, nowMs: number): Job {
  return endUnpollable(job, trouble.reason, nowMs);
}

/**
 * The job has just been polled: at its deadline it has had its last chance. Only a FAIL that wants to be seen twice, or
 * whose sub-jobs still work, gets the ten minutes in which it may become final.
 */
function pastDeadline(job: Job, nowMs: number): Job {
  const failing = job.failSeenAt !== null;
  if (isTerminal(job.phase) || nowMs < toMs(job.deadlineAt) + (failing ? DEADLINE_GRACE_MS : 0)) return job;
  return end(job, 'timed_out', { code: 'TimedOut', message: 'The deadline passed before the job ended.' }, nowMs);
}

function end(job: Job, phase: Phase, error: VendorError | null, nowMs: number): Job {
  return changed(job, { phase, vendorStatus: job.vendorStatus, error, nowMs });
}

/** Nothing was heard from the vendor. */
function asItWas({ vendorStatus }: Job): { vendorStatus: string | null; error: null } {
  return { vendorStatus, error: null };
}

interface Change {
  readonly phase: Phase;
  readonly vendorStatus: string | null;
  readonly error: VendorError | null;
  readonly nowMs: number;
  readonly by?: string | undefined;
}

function changed(job: Job, to: Change): Job {
  const next: Job = {
    ...job,
    phase: to.phase,
    vendorStatus: to.vendorStatus,
    endedAt: isTerminal(to.phase) ? toIso(to.nowMs) : null,
    waiting: isTerminal(to.phase) ? null : job.waiting,
    expectedEndAt: isTerminal(to.phase) ? null : job.expectedEndAt,
  };
  const entry = entryOf(next, 'changed', job.phase, to.error, to.nowMs);
  return addTransitions(next, [to.by === undefined ? entry : { ...entry, by: to.by }]);
}

function entryOf(
  job: Job,
  kind: Transition['kind'],
  previousPhase: Phase,
  error: VendorError | null,
  nowMs: number,
): Transition {
  return {
    seq: job.seq + 1,
    at: toIso(nowMs),
    kind,
    phase: job.phase,
    previousPhase,
    vendorStatus: job.vendorStatus,
    operation: job.detail.operation,
    resourceId: job.detail.resourceId,
    error,
    subJobs: job.detail.subJobs,
    submittedAt: job.submittedAt,
    vendorBeganAt: job.detail.beganAt,
    vendorEndedAt: job.detail.endedAt,
    polls: job.polls,
    expectedEndAt: job.expectedEndAt,
  };
}

/** A vendor's second call may say less than its first (NLB's single call has a status and nothing else). */
function keepKnown(before: Detail, after: Detail): Detail {
  return {
    ...after,
    operation: after.operation ?? before.operation,
    resourceId: after.resourceId ?? before.resourceId,
    resourceType: after.resourceType ?? before.resourceType,
    beganAt: after.beganAt ?? before.beganAt,
  };
}

import { DENIED_WAIT_MS } from '../admission/key-state.ts';
import { isEqual } from '../base/is-equal.ts';
import { toMs } from '../base/time.ts';
import type { Job } from '../job/job.ts';
import type { Detail, Observation } from '../job/observation.ts';
import { isTerminal } from '../job/phase.ts';
import { DEADLINE_GRACE_MS } from '../job/transition.ts';
import type { PendingMessage } from './ports.ts';

/** A tick may be a minute late, a lease lasts two: a job that is later than this has lost its message. */
export const STALE_MS = 5 * 60_000;
const READ_EVERY_MS = 60_000;
/** What is denied comes back after a minute. */
const LONG_WAIT_MS = 30_000;
const UNASKED_LOOK_MS = 1000;

export function isStale(job: Job, nowMs: number): boolean {
  return nowMs > toMs(job.checkBy) + STALE_MS;
}

/** When the job is due next: for its next poll, at its deadline, or when it can be given up, whichever is first. */
export function nextDueMs(
  job: Job,
  observation: Observation,
  when: { nowMs: number; cadenceMs: number; withinMs: number | null },
): number {
  const { nowMs } = when;
  const nextMs = nowMs + Math.min(waitMs(observation, when.cadenceMs), when.withinMs ?? Number.POSITIVE_INFINITY);
  const deadlineMs = toMs(job.deadlineAt);
  const endMs = nowMs < deadlineMs ? deadlineMs : deadlineMs + DEADLINE_GRACE_MS;
  return nowMs < endMs ? Math.min(nextMs, endMs) : nextMs;
}

function waitMs(observation: Observation, cadenceMs: number): number {
  if (observation.kind === 'throttled') return Math.max(cadenceMs, observation.retryAfterMs ?? 0);
  if (observation.kind === 'denied') return DENIED_WAIT_MS;
  if (observation.kind === 'unasked') return Math.max(cadenceMs, UNASKED_LOOK_MS);
  return cadenceMs;
}

/**
 * What decisions rest on is written at once, also why a job is left alone for long; what else people read, when the
 * record is a minute old; that time has passed, when the record would say that nobody looks after the job any more.
 */
export function isWorthWriting(stored: Job, next: Job, nowMs: number): boolean {
  if (next.seq !== stored.seq || isTerminal(next.phase)) return true;
  if (next.misses?.count !== stored.misses?.count) return true;
  if (next.rolledBack !== stored.rolledBack || next.failSeenAt !== stored.failSeenAt) return true;
  if (next.checkBy !== stored.checkBy || isLongWait(stored, next, nowMs)) return true;
  const isOld = nowMs - toMs(stored.savedAt) >= READ_EVERY_MS;
  return isOld && (next.waiting?.reason !== stored.waiting?.reason || !isSameDetail(next.detail, stored.detail));
}

/**
 * A job that is left alone for long says why at once, and for how long: a message that comes back too early (a lease
 * ran out) goes by the record.
 */
function isLongWait(stored: Job, { waiting, nextPollAt }: Job, nowMs: number): boolean {
  const isNew = waiting !== null && waiting.reason !== stored.waiting?.reason;
  return isNew && toMs(nextPollAt) - nowMs >= LONG_WAIT_MS;
}

/** Each answer has a request id of its own, which is no news. */
function isSameDetail({ requestId: _, ...a }: Detail, { requestId: _b, ...b }: Detail): boolean {
  return isEqual(a, b);
}

/**
 * Since when a job is due that this process has not polled. A record that was polled may be behind; its message was
 * received when it was due, or a little later.
 */
export function dueSinceMs(job: Job, { receivedMs }: Pick<PendingMessage, 'receivedMs'>): number {
  const isFirst = job.lastPolledAt === null && job.waiting === null;
  return isFirst ? toMs(job.nextPollAt) : Math.max(toMs(job.nextPollAt), receivedMs);
}

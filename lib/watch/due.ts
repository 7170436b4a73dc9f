import { DENIED_WAIT_MS } from '../admission/key-state.ts';
import { toMs } from '../base/time.ts';
import type { Job } from '../job/job.ts';
import type { Observation } from '../job/observation.ts';
import { isTerminal } from '../job/phase.ts';
import { DEADLINE_GRACE_MS } from '../job/transition.ts';

/**
 * The stored `nextPollAt` may be a minute old, a tick may be a minute late, a lease lasts two: a job that is later than
 * this has lost its message.
 */
export const STALE_MS = 5 * 60_000;
const WRITE_EVERY_MS = 60_000;
const UNASKED_LOOK_MS = 1000;

export function isStale(job: Job, nowMs: number): boolean {
  return nowMs > toMs(job.nextPollAt) + STALE_MS;
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

/** What decisions rest on is written at once; the mere passing of time at most once a minute. */
export function isWorthWriting(stored: Job, next: Job, nowMs: number): boolean {
  if (next.seq !== stored.seq || isTerminal(next.phase)) return true;
  if (next.misses?.count !== stored.misses?.count) return true;
  if (next.rolledBack !== stored.rolledBack || next.failSeenAt !== stored.failSeenAt) return true;
  const isStale = nowMs - toMs(stored.savedAt) >= WRITE_EVERY_MS;
  const movesPast = toMs(next.nextPollAt) - toMs(stored.nextPollAt) > WRITE_EVERY_MS;
  return isStale || movesPast;
}

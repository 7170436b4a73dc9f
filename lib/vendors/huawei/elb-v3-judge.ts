import { toIso, toMs } from '../../base/time.ts';
import type { JudgeMemory, Judgement, StatusReport } from '../../job/judgement.ts';
import type { Detail } from '../../job/observation.ts';
import type { Phase } from '../../job/phase.ts';

/** No page says what follows a roll-back, nor which statuses are final; the rules below are safe for either answer. */

export const V3_STATUSES: ReadonlyMap<string, Phase> = new Map<Lowercase<string>, Phase>([
  ['init', 'pending'],
  ['running', 'running'],
  ['rollbacking', 'rolling_back'],
  ['success', 'succeeded'],
  ['complete', 'succeeded'],
  ['fail', 'failed'],
  ['rollback_fail', 'rollback_failed'],
  ['cancel', 'canceled'],
]);

/** How long a failed job with working sub-jobs is taken for one that is being rolled back. */
export const ROLL_BACK_MAX_MS = 15 * 60_000;
/** A failure without an end is believed when it is seen again after this long. */
export const FAIL_AGAIN_MS = 10_000;

const SPOILS_SUCCESS: ReadonlySet<string> = new Set(['fail', 'rollbacking', 'rollback_fail', 'cancel']);
const STILL_WORKS: ReadonlySet<string> = new Set(['running', 'rollbacking']);

/**
 * The words of v3 in the light of sub-jobs, errors and what was seen before.
 * https://support.huaweicloud.com/api-elb/ListJobs.html
 */
export function judgeV3({ word, detail }: StatusReport, memory: JudgeMemory, nowMs: number): Judgement {
  const phase = V3_STATUSES.get(word.toLowerCase()) ?? null;
  if (phase === 'failed') return judgeFailure(detail, memory, nowMs);
  if (phase === 'succeeded') return settled(wasSpoiled(detail, memory) ? 'failed' : 'succeeded', memory);
  return settled(phase, phase === 'rolling_back' ? { ...memory, rolledBack: true } : memory);
}

/** A job that went wrong in any part is no success, whatever its last word is. */
function wasSpoiled(detail: Detail, memory: JudgeMemory): boolean {
  const hasErrorCode = (detail.error?.code ?? '') !== '';
  return memory.rolledBack || hasErrorCode || hasSubJobIn(detail, SPOILS_SUCCESS);
}

function judgeFailure(detail: Detail, before: JudgeMemory, nowMs: number): Judgement {
  const memory = { ...before, failSeenAt: before.failSeenAt ?? toIso(nowMs) };
  const seenForMs = nowMs - toMs(memory.failSeenAt);
  if (hasSubJobIn(detail, STILL_WORKS)) {
    if (seenForMs >= ROLL_BACK_MAX_MS) return settled('failed', memory);
    return {
      phase: 'rolling_back',
      memory: { ...memory, rolledBack: true },
      pollWithinMs: ROLL_BACK_MAX_MS - Math.max(0, seenForMs),
    };
  }
  if (detail.endedAt !== null || seenForMs >= FAIL_AGAIN_MS) return settled('failed', memory);
  return {
    phase: memory.rolledBack ? 'rolling_back' : 'running',
    memory,
    pollWithinMs: FAIL_AGAIN_MS - Math.max(0, seenForMs),
  };
}

function hasSubJobIn(detail: Detail, statuses: ReadonlySet<string>): boolean {
  return detail.subJobs.some(({ status }) => status !== null && statuses.has(status.toLowerCase()));
}

function settled(phase: Phase | null, memory: JudgeMemory): Judgement {
  return { phase, memory, pollWithinMs: null };
}

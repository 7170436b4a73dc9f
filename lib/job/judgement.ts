import type { Iso } from '../base/time.ts';
import type { Detail } from './observation.ts';
import type { Phase } from './phase.ts';

/** What a vendor's staged statuses need to remember between two polls of a job. */
export interface JudgeMemory {
  /** The job was seen rolling back at any time. */
  readonly rolledBack: boolean;
  /** When the vendor first said that the job failed, null if it did not. */
  readonly failSeenAt: Iso | null;
}

export const NO_MEMORY: JudgeMemory = { rolledBack: false, failSeenAt: null };

export interface Judgement {
  /** null: the vendor's word is not in the table; the phase stays. */
  readonly phase: Phase | null;
  readonly memory: JudgeMemory;
  /** The longest wait before the next poll that this state allows; null: no wish. */
  readonly pollWithinMs: number | null;
}

/** Pure: what the vendor reports means, given what was seen before. */
export type Judge = (report: StatusReport, memory: JudgeMemory, nowMs: number) => Judgement;

/** What a poll showed of a job. */
export interface StatusReport {
  readonly word: string;
  readonly detail: Detail;
}

/** The judge of an api whose words each mean one phase, whatever came before. */
export function judgeByTable(statuses: ReadonlyMap<string, Phase>): Judge {
  return (report, memory) => ({
    phase: statuses.get(report.word.toLowerCase()) ?? null,
    memory,
    pollWithinMs: null,
  });
}

import { PHASES, type Phase } from '../../lib/job/phase.ts';

export { PHASES };

/** Ends that need somebody's attention. */
export const BAD_PHASES: ReadonlySet<string> = new Set<Phase>(['failed', 'rollback_failed', 'timed_out', 'lost']);

/** `rolling_back` as people read it. */
export function phaseWord(phase: string): string {
  return phase.replaceAll('_', ' ');
}

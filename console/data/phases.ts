import { isTerminal, PHASES, type Phase } from '../../lib/job/phase.ts';

export { PHASES };

export const OPEN_PHASES: readonly Phase[] = PHASES.filter((phase) => !isTerminal(phase));
/** Ends that somebody should look at. */
export const BAD_PHASES: ReadonlySet<string> = new Set<Phase>(['failed', 'rollback_failed', 'timed_out', 'lost']);

export function isOpen({ phase }: { readonly phase: string }): boolean {
  return OPEN_PHASES.some((open) => open === phase);
}

/** `rolling_back` as people read it. */
export function phaseWord(phase: string): string {
  return phase.replaceAll('_', ' ');
}

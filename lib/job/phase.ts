/** Our own states of a job. A job may skip or repeat the first three; the others end the watch. */
export const PHASES = [
  'pending',
  'running',
  'rolling_back',
  'succeeded',
  'failed',
  'rollback_failed',
  'canceled',
  'timed_out',
  'lost',
  'stopped',
] as const;

export type Phase = (typeof PHASES)[number];

const OPEN_PHASES: ReadonlySet<Phase> = new Set<Phase>(['pending', 'running', 'rolling_back']);
const OWN_ENDS: ReadonlySet<Phase> = new Set<Phase>(['timed_out', 'lost', 'stopped']);

export function isTerminal(phase: Phase): boolean {
  return !OPEN_PHASES.has(phase);
}

/** An end that jobwatch decided, not the vendor: a later message may open such a job again. */
export function isOwnEnd(phase: Phase): boolean {
  return OWN_ENDS.has(phase);
}

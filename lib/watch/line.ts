import type { Busy } from '../admission/pace.ts';
import type { Planned } from './plan.ts';
import type { Due } from './ports.ts';

/** What waits in one scope. */
export interface Line {
  readonly scope: string;
  readonly account: string;
  /** The longest due first. */
  calls: Planned[];
  /** Since the calls were planned. */
  arrived: Due[];
  /** Why the first call could not begin when it was tried last; null: it was not tried, or none had to wait. */
  busy: Busy | null;
  /** Ends the pause before the next try. */
  wake: (() => void) | null;
}

export function waitingIn({ calls, arrived }: Line): Due[] {
  return [...calls.flatMap(({ due }) => due), ...arrived];
}

export function countIn({ calls, arrived }: Line): number {
  return calls.reduce((sum, { due }) => sum + due.length, arrived.length);
}

/** How long the line would take at the pace of its scope. */
export function lineMs({ calls, busy }: Line): number {
  return busy === null ? 0 : calls.length * busy.intervalMs;
}

/** Since when the first of the line is due. */
export function headMs({ calls: [first] }: Line): number {
  return first?.due[0]?.dueMs ?? Number.POSITIVE_INFINITY;
}

/** By how many jobs it is longer than the next one; at least by one. */
export function longestOf(lines: readonly Line[]): { readonly longest: Line | null; readonly ahead: number } {
  const [longest = null, next = null] = lines.toSorted((a, b) => countIn(b) - countIn(a));
  const count = (line: Line | null) => (line === null ? 0 : countIn(line));
  return { longest, ahead: Math.max(1, count(longest) - count(next)) };
}

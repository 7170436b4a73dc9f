import { isTerminal, PHASES, type Phase } from '../lib/job/phase.ts';
import type { Job } from './responses.ts';

export const OPEN_PHASES: readonly Phase[] = PHASES.filter((phase) => !isTerminal(phase));

/** A watch lasts 7 days at most; one that was opened again may be older and is found by its id. */
export const OPEN_JOBS_DAYS = 8;

/** A newer jobwatch may have phases that are not known here: those are open until the record says when it ended. */
export function isOpen({ phase, endedAt }: Pick<Job, 'phase' | 'endedAt'>): boolean {
  const known = PHASES.find((one) => one === phase);
  return known === undefined ? endedAt === null : !isTerminal(known);
}

/** `within`: the job has been polled since its record was written, and is polled again by then at the latest. */
export interface NextPoll {
  readonly kind: 'at' | 'within' | 'due';
  readonly atMs: number;
}

/** A record is not written while nothing changes: what it says of the next poll may be past long since. */
export function nextPollOf({ nextPollAt, checkBy = nextPollAt }: Job, nowMs: number): NextPoll {
  const [atMs, byMs] = [Date.parse(nextPollAt), Date.parse(checkBy)];
  if (atMs > nowMs) return { kind: 'at', atMs };
  return byMs > nowMs ? { kind: 'within', atMs: byMs } : { kind: 'due', atMs: byMs };
}

/** The vendor's error in one line; null: there is none. */
export function errorText(error: Job['detail']['error'] | undefined): string | null {
  const text = [error?.code, error?.message].filter((part) => typeof part === 'string' && part !== '').join(': ');
  return text === '' ? null : text;
}

/** The time of day in UTC, `10:04:11`. */
export function timeOfDay(iso: string): string {
  return iso.slice(11, 19);
}

/** Which workflow a delivery is for, in words; null: none of the job's. */
export function workflowOf({ callbacks = [] }: Pick<Job, 'callbacks'>, eventId: string): string | null {
  const found = callbacks.find((callback) => callback.eventId === eventId);
  return found === undefined ? null : callbackText(found);
}

/** Its hash tells which one it is: the token is shown nowhere. */
export function callbackText({ kind, hash }: NonNullable<Job['callbacks']>[number]): string {
  const what = kind === 'durable' ? 'durable function' : kind === 'stepfunctions' ? 'Step Functions task' : kind;
  return `${what} ${hash.slice(0, 8)}…`;
}

import { isOpen } from '../../client/job.ts';
import type { Duration, Job } from '../../client/responses.ts';

/** A stretch of a job's life, in milliseconds since its submission. */
export interface Stretch {
  readonly fromMs: number;
  readonly toMs: number;
  readonly phase: string;
  /** The vendor's word, or what happened. */
  readonly word: string;
}

/** When the vendor says that it worked; it may have begun before the submission. */
export interface VendorLane {
  readonly fromMs: number;
  /** As far as is known: to the end, or to now. */
  readonly toMs: number;
  readonly hasEnded: boolean;
}

export interface Timeline {
  readonly stretches: readonly Stretch[];
  /** null: the vendor gives no times. */
  readonly vendor: VendorLane | null;
  /** When each transition was seen. */
  readonly seenMs: readonly number[];
  readonly isOpen: boolean;
  /** From the submission to the end, or to now. */
  readonly lastsMs: number;
  /** Where the axis begins: 0, or before it with the vendor. */
  readonly beginMs: number;
  /** What the axis shows: the job, and how long such jobs take. */
  readonly axisMs: number;
  readonly band: { readonly p50Ms: number; readonly p90Ms: number } | null;
  readonly expectedMs: number | null;
}

/** Such jobs: the same api and operation. null: nothing was learned about them. */
export function durationOf(job: Job, durations: readonly Duration[]): Duration | null {
  return durations.find(({ api, operation }) => api === job.api && operation === job.detail.operation) ?? null;
}

export function timelineOf(job: Job, learned: Duration | null, nowMs: number): Timeline {
  const beganMs = Date.parse(job.submittedAt);
  const endMs = Math.max(beganMs, isOpen(job) ? nowMs : Date.parse(job.endedAt ?? job.submittedAt));
  const since = (iso: string): number => Math.min(endMs, Math.max(beganMs, Date.parse(iso))) - beganMs;
  const seen = job.history.map((entry) => ({
    fromMs: since(entry.at),
    phase: entry.phase,
    word: entry.vendorStatus ?? entry.kind,
  }));
  const lastsMs = endMs - beganMs;
  const marks = [{ fromMs: 0, phase: 'pending', word: 'submitted' }, ...seen];
  const stretches = marks
    .map((mark, index) => ({ ...mark, toMs: marks[index + 1]?.fromMs ?? lastsMs }))
    .filter(({ fromMs, toMs }) => toMs > fromMs);
  const vendor = vendorLane(job, lastsMs);
  const band = learned === null ? null : { p50Ms: learned.p50Seconds * 1000, p90Ms: learned.p90Seconds * 1000 };
  const expected = isOpen(job) && job.expectedEndAt ? Math.max(0, Date.parse(job.expectedEndAt) - beganMs) : null;
  return {
    stretches,
    vendor,
    seenMs: seen.map(({ fromMs }) => fromMs),
    isOpen: isOpen(job),
    lastsMs,
    beginMs: Math.min(0, vendor?.fromMs ?? 0),
    axisMs: Math.max(1000, lastsMs, vendor?.toMs ?? 0, band?.p90Ms ?? 0, expected ?? 0) * 1.02,
    band,
    expectedMs: expected,
  };
}

/** Times far off are those of another clock, or of a job that was submitted long after: the lane is cut there. */
function vendorLane({ submittedAt, detail }: Job, lastsMs: number): VendorLane | null {
  if (detail.beganAt === null) return null;
  const since = (iso: string) => Date.parse(iso) - Date.parse(submittedAt);
  const reachMs = Math.max(1000, lastsMs);
  const fromMs = Math.max(-reachMs, Math.min(lastsMs, since(detail.beganAt)));
  const hasEnded = detail.endedAt !== null;
  const toMs = detail.endedAt === null ? lastsMs : Math.min(2 * reachMs, since(detail.endedAt));
  return toMs < fromMs ? null : { fromMs, toMs, hasEnded };
}

export interface Detection {
  /** From the vendor's own end to the poll that saw it; null: the vendor gives no time, or one after that poll. */
  readonly delayMs: number | null;
  readonly polls: number;
}

/** How soon the end was seen. null: it has not ended, or was no end of the vendor's. */
export function detectionOf(job: Job): Detection | null {
  const last = job.history.at(-1);
  if (isOpen(job) || last === undefined || last.kind !== 'changed' || OWN_ENDS.has(job.phase)) return null;
  const delayMs = job.detail.endedAt === null ? null : Date.parse(last.at) - Date.parse(job.detail.endedAt);
  return { delayMs: delayMs !== null && delayMs >= 0 ? delayMs : null, polls: last.polls ?? job.polls };
}

const OWN_ENDS: ReadonlySet<string> = new Set(['timed_out', 'lost', 'stopped']);

const STEPS_SECONDS = [
  1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800,
];

/** Round times for an axis that reaches so far, at most `count` of them. */
export function ticksMs(axisMs: number, count: number): readonly number[] {
  const step = (STEPS_SECONDS.find((seconds) => axisMs / 1000 / seconds <= count) ?? 604_800) * 1000;
  return Array.from({ length: Math.floor(axisMs / step) + 1 }, (_, index) => index * step);
}

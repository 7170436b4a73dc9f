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

export interface Timeline {
  readonly stretches: readonly Stretch[];
  readonly isOpen: boolean;
  /** From the submission to the end, or to now. */
  readonly lastsMs: number;
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
  const marks = [
    { fromMs: 0, phase: 'pending', word: 'submitted' },
    ...job.history.map((entry) => ({
      fromMs: since(entry.at),
      phase: entry.phase,
      word: entry.vendorStatus ?? entry.kind,
    })),
  ];
  const lastsMs = endMs - beganMs;
  const stretches = marks
    .map((mark, index) => ({ ...mark, toMs: marks[index + 1]?.fromMs ?? lastsMs }))
    .filter(({ fromMs, toMs }) => toMs > fromMs);
  const band = learned === null ? null : { p50Ms: learned.p50Seconds * 1000, p90Ms: learned.p90Seconds * 1000 };
  const expected = isOpen(job) && job.expectedEndAt ? Math.max(0, Date.parse(job.expectedEndAt) - beganMs) : null;
  const axisMs = Math.max(1000, lastsMs, band?.p90Ms ?? 0, expected ?? 0) * 1.02;
  return { stretches, isOpen: isOpen(job), lastsMs, axisMs, band, expectedMs: expected };
}

const STEPS_SECONDS = [
  1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800,
];

/** Round times for an axis that reaches so far, at most `count` of them. */
export function ticksMs(axisMs: number, count: number): readonly number[] {
  const step = (STEPS_SECONDS.find((seconds) => axisMs / 1000 / seconds <= count) ?? 604_800) * 1000;
  return Array.from({ length: Math.floor(axisMs / step) + 1 }, (_, index) => index * step);
}

import { toMs } from '../base/time.ts';
import type { Job } from '../job/job.ts';
import { isOwnEnd, isTerminal } from '../job/phase.ts';
import { BINS, spanOf } from './bins.ts';
import { type Counts, weightAt } from './counts.ts';
import { type Evidence, sum } from './hazard.ts';

/**
 * How long one job lasted: between two ages in seconds, the same for a time that is known exactly; or at least so long.
 */
export type Lifetime =
  | { readonly kind: 'ended'; readonly fromSeconds: number; readonly toSeconds: number }
  | { readonly kind: 'censored'; readonly atSeconds: number };

/** A vendor's begin may differ so much from the submission; more is a clock or a time zone that is off. */
const BEGIN_WITHIN_MS = 20 * 60_000;
/** A vendor's end may differ so much from what the polls before and at the end say. */
const END_SLACK_MS = 5000;
/** A job that was first seen so long after its submission, and had ended, tells nothing about when. */
const UNSEEN_MAX_SECONDS = 600;
/**
 * When the job began to work, as far as is known: the vendor's time if it is plausible, else that of the submission.
 * Nobody submits a job after we have heard of it: whoever says so has a clock that is ahead.
 */
export function beganMs(job: Pick<Job, 'submittedAt' | 'createdAt' | 'detail'>): number {
  const submittedMs = Math.min(toMs(job.submittedAt), toMs(job.createdAt));
  if (job.detail.beganAt === null) return submittedMs;
  const saysMs = toMs(job.detail.beganAt);
  return Math.abs(saysMs - submittedMs) <= BEGIN_WITHIN_MS ? saysMs : submittedMs;
}

/**
 * What a job that has ended tells about its kind: the vendor's own times where they fit what was seen, else the two
 * polls between which it ended. A watch that was given up tells how long the job lasted at least. Null: nothing.
 */
export function lifetimeOf(job: Job): Lifetime | null {
  if (!isTerminal(job.phase) || job.endedAt === null) return null;
  const startMs = beganMs(job);
  const secondsUntil = (ms: number) => Math.max(0, (ms - startMs) / 1000);
  const seenMs = job.lastRunningAt === null ? null : toMs(job.lastRunningAt);
  if (isOwnEnd(job.phase)) return seenMs === null ? null : { kind: 'censored', atSeconds: secondsUntil(seenMs) };
  const observedMs = toMs(job.endedAt);
  const exactMs = plausibleEnd(job, seenMs ?? startMs, observedMs);
  if (exactMs !== null) return { kind: 'ended', fromSeconds: secondsUntil(exactMs), toSeconds: secondsUntil(exactMs) };
  const toSeconds = secondsUntil(observedMs);
  if (seenMs === null && toSeconds > UNSEEN_MAX_SECONDS) return null;
  return { kind: 'ended', fromSeconds: seenMs === null ? 0 : Math.min(secondsUntil(seenMs), toSeconds), toSeconds };
}

/** Only together with a begin by the same clock: what is learned is the time between the two. */
function plausibleEnd(job: Job, afterMs: number, observedMs: number): number | null {
  const { beganAt, endedAt } = job.detail;
  if (beganAt === null || endedAt === null || beganMs(job) !== toMs(beganAt)) return null;
  const endMs = toMs(endedAt);
  return endMs >= afterMs - END_SLACK_MS && endMs <= observedMs + END_SLACK_MS && endMs >= toMs(beganAt) ? endMs : null;
}

/** All that the counts hold, in jobs as they weigh now. */
export function evidenceOf(counts: readonly Counts[], nowMs: number): Evidence {
  const ends = new Array<number>(BINS).fill(0);
  const censored = new Array<number>(BINS).fill(0);
  for (const one of counts) {
    const weight = weightAt(nowMs, one.sinceMs);
    for (let bin = 0; bin < BINS; bin++) {
      ends[bin] = (ends[bin] ?? 0) + (one.ends[bin] ?? 0) / weight;
      censored[bin] = (censored[bin] ?? 0) + (one.censored[bin] ?? 0) / weight;
    }
  }
  return { ends, censored };
}

export function jobsIn({ ends }: Pick<Evidence, 'ends'>): number {
  return sum(ends);
}

/** The age in seconds by which a share of the ended jobs had ended; null if there is none. */
export function quantile({ ends }: Pick<Evidence, 'ends'>, share: number): number | null {
  const jobs = jobsIn({ ends });
  if (jobs <= 0) return null;
  let left = share * jobs;
  for (const [bin, inBin] of ends.entries()) {
    const { from, to } = spanOf(bin);
    if (inBin > 0 && left <= inBin) return from + (left / inBin) * (to - from);
    left -= inBin;
  }
  return spanOf(BINS - 1).to;
}

/** One entry for `GET /v1/durations`; seconds are rounded to a tenth. */
export interface Duration {
  readonly api: string;
  readonly operation: string | null;
  /** Ended jobs that it was learned from. */
  readonly count: number;
  readonly p50Seconds: number;
  readonly p90Seconds: number;
  readonly p99Seconds: number;
  /** The bins that hold something; the shares sum to 1, old jobs counting for less. */
  readonly histogram: readonly { readonly fromSeconds: number; readonly toSeconds: number; readonly share: number }[];
}

/**
 * The durations per api and operation, over all regions, sorted by these. Kinds of which no job has ended are left out.
 */
export function summarize(counts: readonly Counts[], nowMs: number): readonly Duration[] {
  const kinds = Map.groupBy(counts, ({ api, operation }) => `${api} ${operation ?? ''}`);
  return [...kinds]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([, group]) => {
      const [first] = group;
      const evidence = evidenceOf(group, nowMs);
      const jobs = jobsIn(evidence);
      if (first === undefined || jobs <= 0) return [];
      const at = (share: number) => tenth(quantile(evidence, share) ?? 0);
      const histogram = evidence.ends.flatMap((inBin, bin) =>
        inBin > 0
          ? [{ fromSeconds: tenth(spanOf(bin).from), toSeconds: tenth(spanOf(bin).to), share: inBin / jobs }]
          : [],
      );
      const count = group.reduce((sum, one) => sum + one.count, 0);
      const { api, operation } = first;
      return [{ api, operation, count, p50Seconds: at(0.5), p90Seconds: at(0.9), p99Seconds: at(0.99), histogram }];
    });
}

function tenth(seconds: number): number {
  return Math.round(seconds * 10) / 10;
}

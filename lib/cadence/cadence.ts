import { type Iso, toIso } from '../base/time.ts';
import type { Job } from '../job/job.ts';
import type { Counts, Kind, Weights } from './counts.ts';
import { beganMs, type Lifetime } from './durations.ts';
import { medianRemaining } from './hazard.ts';
import { type Model, makeModels } from './model.ts';
import { leastCostSchedule, type PollTerms, type Schedule } from './optimal-schedule.ts';
import { weightsOf } from './weights.ts';

export interface CadenceSettings {
  readonly pollMinMs: number;
  readonly pollMaxMs: number;
  /** What one poll of a single job is worth, in seconds of not knowing that it has ended. */
  readonly pollCostSeconds: number;
}

/** With how many others a job shares a call, and so what its poll costs. */
export interface CallShare {
  /** Jobs that one vendor call polled, and requests that the call took. */
  readonly jobs: number;
  readonly requests: number;
  /** One call can poll several jobs of the scope. */
  readonly canShare: boolean;
}

export const SOLO_CALL: CallShare = { jobs: 1, requests: 1, canShare: false };

export interface Outlook {
  /** When half of such jobs would have ended; null without enough evidence. */
  readonly expectedEndAt: Iso | null;
  /** The job is older than 99 of 100 such jobs became. */
  readonly isOverdue: boolean;
}

/**
 * Of what a poll is worth, the vendor's request, which jobs may share; the rest is our own part (a receive, a read).
 */
const REQUEST_SHARE = 0.8;
/** Polls that can share a call are moved to multiples of a power of two that is at most this part of the wait. */
const GRID_SHARE = 1 / 4;
const SECOND_MS = 1000;
/**
 * When to poll a job again, by what was learned of such jobs. Pure but for its memory: a schedule is made once and used
 * until there is news of its kind.
 */
export function makeCadence(settings: CadenceSettings) {
  const models = makeModels();
  /** One for each cost of a poll; they go with their model. */
  const schedules = new WeakMap<Model, Map<number, Schedule>>();

  function scheduleOf(job: Job, share: CallShare): Schedule {
    const pollCostSeconds = pollCostOf(share, settings);
    const model = models.of(kindOf(job));
    const made = schedules.get(model) ?? new Map<number, Schedule>();
    const schedule = made.get(pollCostSeconds) ?? leastCostSchedule(model.rates, termsOf(settings, pollCostSeconds));
    schedules.set(model, made.set(pollCostSeconds, schedule));
    return schedule;
  }

  return {
    /** Takes what was learned in place of what was known. */
    refit: (learned: readonly Counts[], nowMs: number): void => models.refit(learned, nowMs),

    /** When a job is polled for the first time. In the past: now. */
    firstPollMs(job: Job): number {
      return beganMs(job) + Math.round(scheduleOf(job, SOLO_CALL).nextPollAge(0) * 1000);
    },

    /** How long to wait from now until the job is polled again. */
    nextPollInMs(job: Job, nowMs: number, share: CallShare): number {
      const ageSeconds = ageOf(job, nowMs);
      const waitMs = (scheduleOf(job, share).nextPollAge(ageSeconds) - ageSeconds) * 1000;
      const within = Math.min(Math.max(waitMs, settings.pollMinMs), settings.pollMaxMs);
      return share.canShare ? onGrid(nowMs, within, settings) : Math.round(within);
    },

    /** How a job that has ended counts, by what is known of its kind. */
    weightsOf: (kind: Kind, lifetime: Lifetime): Weights => weightsOf(lifetime, models.of(kind)),

    outlook(job: Job, nowMs: number): Outlook {
      const model = models.of(kindOf(job));
      const ageSeconds = ageOf(job, nowMs);
      const remaining = model.canExpect ? medianRemaining(model.rates, ageSeconds) : null;
      return {
        expectedEndAt: remaining === null ? null : toIso(Math.round(nowMs + remaining * 1000)),
        isOverdue: model.p99Seconds !== null && ageSeconds > model.p99Seconds,
      };
    },
  };
}

export type Cadence = ReturnType<typeof makeCadence>;

function kindOf({ api, region, detail }: Job): Kind {
  return { api, region, operation: detail.operation };
}

/** In seconds. */
function ageOf(job: Job, nowMs: number): number {
  return Math.max(0, (nowMs - beganMs(job)) / 1000);
}

function termsOf({ pollMinMs, pollMaxMs }: CadenceSettings, pollCostSeconds: number): PollTerms {
  return { pollCostSeconds, minSeconds: pollMinMs / 1000, maxSeconds: pollMaxMs / 1000 };
}

/** Jobs that are polled together share the call. Powers of two, so that few schedules serve all. */
export function pollCostOf(
  { jobs, requests }: CallShare,
  { pollCostSeconds }: Pick<CadenceSettings, 'pollCostSeconds'>,
): number {
  return pollCostSeconds * ((REQUEST_SHARE * powerOfTwo(requests)) / powerOfTwo(jobs) + 1 - REQUEST_SHARE);
}

/** The largest power of two that is not above the number; 1 for less. */
function powerOfTwo(number: number): number {
  return 2 ** Math.floor(Math.log2(Math.max(1, number)));
}

/**
 * Jobs of a scope meet on common instants, those of a long wait at some of those of a short one. The wait changes by an
 * eighth at most, or half a second; later rather than sooner than the shortest wait, sooner rather than later than the
 * longest.
 */
function onGrid(nowMs: number, waitMs: number, { pollMinMs, pollMaxMs }: CadenceSettings): number {
  const gridMs = Math.max(SECOND_MS, SECOND_MS * powerOfTwo((waitMs / SECOND_MS) * GRID_SHARE));
  const moved = Math.round((nowMs + waitMs) / gridMs) * gridMs - nowMs;
  if (moved < pollMinMs) return moved + gridMs;
  return moved > pollMaxMs && moved - gridMs >= pollMinMs ? moved - gridMs : moved;
}

import type { Delivery } from '../../client/responses.ts';

/** One attempt, as far as a strip shows it. */
export interface Outcome {
  readonly at: string;
  readonly isGood: boolean;
  /** `204`, or why no answer came. */
  readonly text: string;
}

const OUTCOMES_MAX = 30;

/** The latest attempts of these deliveries, the oldest first. */
export function outcomesOf(deliveries: readonly Delivery[]): readonly Outcome[] {
  return deliveries
    .flatMap(({ attempts }) => attempts)
    .map(({ at, error, status }) => ({ at, isGood: error === null, text: error ?? `HTTP ${status ?? '–'}` }))
    .sort((a, b) => (a.at < b.at ? -1 : 1))
    .slice(-OUTCOMES_MAX);
}

export interface Success {
  readonly delivered: number;
  /** Delivered, exhausted or canceled: what still waits counts nowhere. */
  readonly ended: number;
  readonly waiting: number;
  /** The page of deliveries reaches over the whole time. */
  readonly isWhole: boolean;
}

const DAY_MS = 24 * 3_600_000;
const ENDS: ReadonlySet<string> = new Set(['delivered', 'exhausted', 'canceled']);

/** How many of the deliveries of the last 24 hours arrived, as far as this page of the newest reaches. */
export function successOf(
  page: { deliveries: readonly Delivery[]; nextCursor?: string | undefined },
  nowMs: number,
): Success {
  const since = new Date(nowMs - DAY_MS).toISOString();
  const recent = page.deliveries.filter(({ createdAt }) => createdAt >= since);
  return {
    delivered: recent.filter(({ state }) => state === 'delivered').length,
    ended: recent.filter(({ state }) => ENDS.has(state)).length,
    waiting: recent.filter(({ state }) => state === 'waiting').length,
    isWhole: page.nextCursor === undefined || recent.length < page.deliveries.length,
  };
}

export function sum(parts: readonly Success[]): Success {
  return {
    delivered: parts.reduce((total, part) => total + part.delivered, 0),
    ended: parts.reduce((total, part) => total + part.ended, 0),
    waiting: parts.reduce((total, part) => total + part.waiting, 0),
    isWhole: parts.every(({ isWhole }) => isWhole),
  };
}

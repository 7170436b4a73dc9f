import type { HttpFailure, HttpResponse } from '../base/http.ts';
import { parseTime } from '../base/time.ts';

/** What one attempt means for its delivery. */
export type Verdict =
  | { readonly kind: 'delivered' }
  | { readonly kind: 'retry'; readonly waitMs: number }
  | { readonly kind: 'exhausted' };

const JITTER = 0.1;
const RETRY_AFTER_MAX_MS = 24 * 3_600_000;

/** SQS counts 12 h from the receive and refuses more; the rest is room for what came before the change. */
export const VISIBILITY_STEP_MAX_SECONDS = 39_600;

/**
 * Decides after attempt number `attempt` (1 is the first). Any 2xx is success; all else, redirects too, is failure.
 * `random` in [0, 1) lengthens the schedule's wait by up to a tenth. `Retry-After` of a 429 or 503 can only lengthen
 * the wait as well: an endpoint may ask for less load, not for more, and never for more than a day.
 */
export function afterAttempt(
  outcome: HttpResponse | HttpFailure,
  attempt: number,
  context: { waitsSeconds: readonly number[]; random: number; nowMs: number },
): Verdict {
  if (isSuccess(outcome)) return { kind: 'delivered' };
  const waitSeconds = context.waitsSeconds[attempt - 1];
  if (waitSeconds === undefined) return { kind: 'exhausted' };
  const scheduledMs = Math.round(waitSeconds * 1000 * (1 + JITTER * context.random));
  return { kind: 'retry', waitMs: Math.max(scheduledMs, askedWaitMs(outcome, context.nowMs) ?? 0) };
}

export function isSuccess(outcome: HttpResponse | HttpFailure): boolean {
  return outcome.kind === 'response' && outcome.status >= 200 && outcome.status < 300;
}

/** 410 Gone: the endpoint asks never to be called again. */
export function isGone(outcome: HttpResponse | HttpFailure): boolean {
  return outcome.kind === 'response' && outcome.status === 410;
}

/**
 * The visibility time-out of a message that waits: a longer wait is made in steps. Never early: seconds are rounded up.
 */
export function stepSeconds(waitMs: number): number {
  return Math.min(Math.max(Math.ceil(waitMs / 1000), 1), VISIBILITY_STEP_MAX_SECONDS);
}

/**
 * `Retry-After` in seconds or as an HTTP date; null for anything else.
 * https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
 */
function askedWaitMs(outcome: HttpResponse | HttpFailure, nowMs: number): number | null {
  if (outcome.kind !== 'response' || (outcome.status !== 429 && outcome.status !== 503)) return null;
  const text = outcome.headers['retry-after']?.trim() ?? '';
  const askedMs = /^\d{1,9}$/.test(text) ? Number(text) * 1000 : sinceMs(httpDateMs(text), nowMs);
  return askedMs === null ? null : Math.min(Math.max(askedMs, 0), RETRY_AFTER_MAX_MS);
}

function sinceMs(ms: number | null, nowMs: number): number | null {
  return ms === null ? null : ms - nowMs;
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/**
 * The one form that servers may send; the two obsolete ones are not worth a wait.
 * https://www.rfc-editor.org/rfc/rfc9110#section-5.6.7
 */
function httpDateMs(text: string): number | null {
  const match = /^[A-Z][a-z]{2}, (\d{2}) ([A-Z][a-z]{2}) (\d{4}) (\d{2}:\d{2}:\d{2}) GMT$/.exec(text);
  const month = MONTHS.indexOf(match?.[2] ?? '') + 1;
  if (match === null || month === 0) return null;
  return parseTime(`${match[3]}-${String(month).padStart(2, '0')}-${match[1]}T${match[4]}Z`);
}

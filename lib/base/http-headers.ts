import type { HttpResponse } from './http.ts';
import { parseTime } from './time.ts';

/**
 * The wait that a 429 or 503 asks for by `Retry-After`, within 0 and `maxMs`; null if it asks for none. A date is
 * counted from `fromMs`; null: no such time is known. https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
 */
export function retryAfterMs(answer: HttpResponse, fromMs: number | null, maxMs: number): number | null {
  return answer.status === 429 || answer.status === 503 ? namedWaitMs(answer, fromMs, maxMs) : null;
}

/** The same, whatever the status: a good answer may name a wait, too. */
export function namedWaitMs(answer: HttpResponse, fromMs: number | null, maxMs: number): number | null {
  const text = answer.headers['retry-after']?.trim();
  if (text !== undefined && /^\d{1,9}$/.test(text)) return boundedWaitMs(Number(text) * 1000, maxMs);
  const untilMs = httpDateMs(text);
  return untilMs === null || fromMs === null ? null : boundedWaitMs(untilMs - fromMs, maxMs);
}

/** A wait that somebody else has asked for: never in the past, and never longer than we are ready to wait. */
export function boundedWaitMs(askedMs: number, maxMs: number): number {
  return Math.min(Math.max(askedMs, 0), maxMs);
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/**
 * The one form that servers may send, e.g. `Fri, 20 Nov 2026 15:34:29 GMT`; null for anything else, the two obsolete
 * forms too. https://www.rfc-editor.org/rfc/rfc9110#section-5.6.7
 */
export function httpDateMs(text: string | undefined): number | null {
  const match = /^[A-Z][a-z]{2}, (\d{2}) ([A-Z][a-z]{2}) (\d{4}) (\d{2}:\d{2}:\d{2}) GMT$/.exec(text ?? '');
  const month = MONTHS.indexOf(match?.[2] ?? '') + 1;
  if (match === null || month === 0) return null;
  return parseTime(`${match[3]}-${String(month).padStart(2, '0')}-${match[1]}T${match[4]}Z`);
}

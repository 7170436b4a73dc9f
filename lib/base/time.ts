/**
 * Times are ISO 8601 UTC strings in records, events and answers, and milliseconds since the epoch in arithmetic.
 * These three functions are the only doors between the two; nothing here reads a clock.
 */

/** A wall clock: milliseconds since the epoch. */
export type Clock = () => number;

/** An ISO 8601 UTC time with milliseconds, e.g. `2026-11-20T10:04:11.120Z`: sorts as text in the order of time. */
export type Iso = string;

export function toIso(ms: number): Iso {
  return new Date(ms).toISOString();
}

/** Throws a RangeError on a text that is no time: callers pass only what `parseTime` or `toIso` made. */
export function toMs(iso: Iso): number {
  const ms = Date.parse(iso);
  if (Number.isNaN(ms)) throw new RangeError(`not an ISO 8601 time: ${iso}`);
  return ms;
}

/**
 * ISO 8601 with an offset or `Z`, to the second or finer; null for anything else, also for a date that does not exist.
 */
export function parseTime(text: string): number | null {
  const match = /^(\d{4})-(\d{2})-(\d{2})T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})$/.exec(text);
  if (!match) return null;
  const ms = Date.parse(text);
  if (Number.isNaN(ms)) return null;
  const daysInMonth = new Date(Date.UTC(Number(match[1]), Number(match[2]), 0)).getUTCDate();
  return Number(match[3]) <= daysInMonth ? ms : null;
}

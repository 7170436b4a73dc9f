import { isObject } from '../../base/is-object.ts';
import { type Iso, parseTime, toIso } from '../../base/time.ts';
import { clipText, ID_MAX_BYTES, MESSAGE_MAX_BYTES } from '../../job/detail.ts';
import type { Observation, VendorError } from '../../job/observation.ts';

/** Guards for vendors' responses: nothing is trusted to have the type that its documentation names. */

export type JsonObject = Readonly<Record<string, unknown>>;

/** What a vendor said about one job, before it is judged. */
export type ParsedJob = Extract<Observation, { kind: 'status' | 'malformed' }>;

const STATUS_MAX_LENGTH = 64;
/** The last millisecond of the year 9999: later times do not sort as text. */
const LAST_MS = 253_402_300_799_999;

/** The JSON object that a body holds; null for anything else, be it HTML, an array, `null` or a cut text. */
export function parseObject(body: string): JsonObject | null {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return null;
  }
  return isObject(value) ? value : null;
}

/** A status as the vendor wrote it; null unless it is a text of 1 to 64 characters. */
export function statusWord(value: unknown): string | null {
  return typeof value === 'string' && value !== '' && value.length <= STATUS_MAX_LENGTH ? value : null;
}

/** A name, type or id; `""` and null are none. */
export function idText(value: unknown): string | null {
  return clipped(value, ID_MAX_BYTES);
}

/** A vendor's error of which either half may be absent; null if both are. The number 0 is no code. */
export function vendorError(code: unknown, message: unknown): VendorError | null {
  const error = { code: code === 0 ? null : idText(code), message: clipped(message, MESSAGE_MAX_BYTES) };
  return error.code === null && error.message === null ? null : error;
}

/** ISO 8601 to the second or finer; without a zone it is UTC. Null for `""` and whatever else is no such time. */
export function timeText(value: unknown): Iso | null {
  if (typeof value !== 'string') return null;
  const ms = parseTime(value) ?? parseTime(`${value}Z`);
  return ms === null ? null : toIso(ms);
}

/**
 * As `timeText`, and as some services write times: `2018-08-06T10:41:14+0000`, `2016-01-02 15:04:05`, `2025-09-02
 * 10:23:38.987955 +0000 UTC`, milliseconds as a text of digits.
 */
export function looseTime(value: unknown): Iso | null {
  if (typeof value !== 'string') return timeMs(value);
  const parts = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d(?:\.\d{1,9})?) ?([+-]\d\d):?(\d\d)(?: UTC)?$/.exec(value);
  if (parts !== null) return timeText(`${parts[1]}T${parts[2]}${parts[3]}:${parts[4]}`);
  return timeText(value.replace(' ', 'T')) ?? timeMs(value);
}

/** Milliseconds since the epoch as a number or a text of digits; 0 and what no calendar has are null. */
export function timeMs(value: unknown): Iso | null {
  const ms = typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value;
  return typeof ms === 'number' && Number.isInteger(ms) && ms > 0 && ms <= LAST_MS ? toIso(ms) : null;
}

function clipped(value: unknown, maxBytes: number): string | null {
  if (typeof value === 'number' && Number.isFinite(value)) return String(value);
  return typeof value === 'string' && value !== '' ? clipText(value, maxBytes) : null;
}

/** Texts for times, durations and numbers. */

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** `850 ms`, `4.2 s`, `3 min 20 s`, `2 h 5 min`, `3 d 4 h`: two units at most. */
export function duration(ms: number): string {
  const seconds = Math.max(0, ms) / 1000;
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 10) return `${(Math.round(seconds * 10) / 10).toFixed(1).replace('.0', '')} s`;
  const whole = Math.round(seconds);
  if (whole < MINUTE) return `${whole} s`;
  if (whole < HOUR) return two(whole, MINUTE, 'min', 1, 's');
  if (whole < DAY) return two(whole, HOUR, 'h', MINUTE, 'min');
  return two(whole, DAY, 'd', HOUR, 'h');
}

function two(seconds: number, big: number, bigName: string, small: number, smallName: string): string {
  const count = Math.floor(seconds / big);
  const rest = Math.floor((seconds - count * big) / small);
  return rest === 0 ? `${count} ${bigName}` : `${count} ${bigName} ${rest} ${smallName}`;
}

/** `12 s ago`, `in 3 min`: one unit. */
export function relative(atMs: number, nowMs: number): string {
  const seconds = Math.round(Math.abs(atMs - nowMs) / 1000);
  if (seconds < 1) return 'now';
  const text = single(seconds);
  return atMs > nowMs ? `in ${text}` : `${text} ago`;
}

function single(seconds: number): string {
  if (seconds < MINUTE) return `${seconds} s`;
  if (seconds < HOUR) return `${Math.floor(seconds / MINUTE)} min`;
  if (seconds < 2 * DAY) return `${Math.floor(seconds / HOUR)} h`;
  return `${Math.floor(seconds / DAY)} d`;
}

/** `2026-11-21 03:59:50 UTC`. */
export function absolute(iso: string): string {
  return `${iso.slice(0, 10)} ${iso.slice(11, 19)} UTC`;
}

/** `2026-11-21 04:59:50 +01:00`: the same in the time of the browser. */
export function localTime(iso: string): string {
  const date = new Date(iso);
  const offset = -date.getTimezoneOffset();
  const local = new Date(date.getTime() + offset * MINUTE * 1000).toISOString();
  const two = (value: number) => String(value).padStart(2, '0');
  const [hours, minutes] = [Math.floor(Math.abs(offset) / 60), Math.abs(offset) % 60];
  return `${local.slice(0, 10)} ${local.slice(11, 19)} ${offset < 0 ? '-' : '+'}${two(hours)}:${two(minutes)}`;
}

/**
 * `2026-11-21 03:00 to 09:00 UTC`: two times that are written out, without what they share and without seconds that are
 * none. Either may be absent.
 */
export function spanText(from: string, to: string): string {
  const short = (text: string) => text.replace(/(?<=:\d\d):00(?= )/, '');
  if (from === '') return `before ${short(to)}`;
  if (to === '') return `since ${short(from)}`;
  const [zone, day] = [from.slice(19), from.slice(0, 11)];
  const first = to.endsWith(zone) ? short(from).slice(0, -zone.length) : short(from);
  return `${first} to ${short(to.startsWith(day) ? to.slice(11) : to)}`;
}

/** `99.3 %`; whole where it is exact, and never 100 % for what is not. */
export function percent(part: number, whole: number): string {
  if (whole === 0) return '–';
  if (part === whole) return '100 %';
  if (part === 0) return '0 %';
  const value = Math.min(99.9, (100 * part) / whole);
  return `${value.toFixed(1)} %`;
}

export function count(value: number): string {
  return value.toLocaleString('en-US').replaceAll(',', '\u202f');
}

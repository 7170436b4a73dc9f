import { type Clock, type Iso, parseTime, toIso } from '../../lib/base/time.ts';
import { usage } from '../exit.ts';

const UNIT_MS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

const LONGEST_MS = 365 * 86_400_000;

/** `90s`, `20m`, `1h30m`, `2d`, `0s`; a bare number counts seconds. null for anything else and for more than a year. */
export function parseDuration(text: string): number | null {
  if (/^\d{1,8}$/.test(text)) return within(Number(text) * 1000);
  if (!/^(\d{1,6}[smhd])+$/.test(text)) return null;
  const parts = [...text.matchAll(/(\d+)([smhd])/g)];
  return within(parts.reduce((sum, [, count, unit]) => sum + Number(count) * (UNIT_MS[unit ?? ''] ?? 0), 0));
}

function within(ms: number): number | null {
  return ms <= LONGEST_MS ? ms : null;
}

/** A time, or a duration that counts back from now. */
export function sinceOption(text: string, now: Clock): Iso {
  const agoMs = parseDuration(text);
  if (agoMs !== null) return toIso(now() - agoMs);
  const ms = parseTime(text);
  if (ms === null) throw usage(`"${text}" is not a time: write it as 2h (two hours ago) or 2026-11-20T10:00:00Z.`);
  return toIso(ms);
}

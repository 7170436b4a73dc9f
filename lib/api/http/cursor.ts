import { createHash } from 'node:crypto';
import { parseTime, toIso } from '../../base/time.ts';
import type { Position } from '../../job/store.ts';

export const PAGE_MAX = 100;
export const PAGE_DEFAULT = 50;

const CURSOR_MAX_CHARACTERS = 2048;

/**
 * A place in a list, opaque to callers. It says where the last page ended, not how many entries came before, so that
 * new entries move nothing. It belongs to one list with one set of filters: `list` is hashed into it.
 */
export function encodeCursor(list: string, position: readonly string[]): string {
  return Buffer.from(JSON.stringify([tag(list), ...position])).toString('base64url');
}

/** null for anything that `encodeCursor` did not make for this list, with `length` parts. */
export function decodeCursor(list: string, length: number, text: string): readonly string[] | null {
  if (text.length > CURSOR_MAX_CHARACTERS) return null;
  const decoded = Buffer.from(text, 'base64url');
  if (decoded.toString('base64url') !== text) return null;
  const parts = parse(decoded.toString('utf8'));
  if (parts === null || parts.length !== length + 1 || parts[0] !== tag(list)) return null;
  return parts.slice(1);
}

/** The place that a cursor of that list names, of a list that is sorted by creation; null: it is none of it. */
export function positionOf(list: string, cursor: string, isId: (id: string) => boolean): Position | null {
  const [createdAt, id] = decodeCursor(list, 2, cursor) ?? [];
  if (createdAt === undefined || id === undefined) return null;
  const ms = parseTime(createdAt);
  return ms !== null && toIso(ms) === createdAt && isId(id) ? { createdAt, id } : null;
}

function parse(text: string): readonly string[] | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  return Array.isArray(value) && value.every((part) => typeof part === 'string') ? value : null;
}

function tag(list: string): string {
  return createHash('sha256').update(list).digest('base64url').slice(0, 8);
}

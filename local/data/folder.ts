import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DataError } from './error.ts';
import { saveFile } from './save-file.ts';

/**
 * What lies in a folder of `serve`: `jobwatch.json` (its format), `lock`, `api-tokens.json` (hashes), and the engines'
 * files, which are SQLite databases. Raised when an older version could not read what this one writes.
 */
export const DATA_FORMAT = 1;

const QUEUES = 'fauxqs.db';
/** The tables of dynoxide, and of the portable engine. */
const TABLES = 'dynamodb.sqlite';
export const PORTABLE_TABLES = 'dynalite.sqlite';
/** Where dynalite kept its files once. */
const LEVEL_FOLDER = 'dynamodb';
const FORMAT_FILE = 'jobwatch.json';
/** What may be there before the first start. */
const OURS = ['lock', 'lock-journal', 'lost+found'];

export interface FolderFormat {
  readonly format: number;
  /** Of jobwatch, as it was when the folder was last opened. */
  readonly version: string;
}

/**
 * The format of a folder: null if nothing of jobwatch is in it, 0 for one that `npm start -- --data` has left. Throws a
 * DataError on a file that says no format.
 */
export function formatOf(dir: string): FolderFormat | null {
  const path = join(dir, FORMAT_FILE);
  if (!existsSync(path)) {
    const isOlder = [QUEUES, TABLES, PORTABLE_TABLES, LEVEL_FOLDER].some((name) => existsSync(join(dir, name)));
    return isOlder ? { format: 0, version: 'before 0.3.0' } : null;
  }
  const found = parse(readFileSync(path, 'utf8'));
  if (found !== null) return found;
  throw new DataError(`${path} says no format: expected {"format": ${DATA_FORMAT}, "version": "…"}.`);
}

/** Makes the folder for its owner alone, or takes it over. Throws a DataError if a newer version has written to it. */
export function openFolder(dir: string, version: string): FolderFormat | null {
  const found = formatOf(dir);
  refuseNewer(dir, found);
  if (found === null && existsSync(dir) && readdirSync(dir).some((name) => !OURS.includes(name)))
    throw new DataError(`${dir} holds other things: give a new folder, or one that jobwatch has made.`);
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  // It holds the secrets of webhooks. A folder that was there may belong to somebody else.
  chmodSync(dir, 0o700);
  if (found?.format !== DATA_FORMAT || found.version !== version)
    saveFile(join(dir, FORMAT_FILE), `${JSON.stringify({ format: DATA_FORMAT, version })}\n`);
  return found;
}

export function refuseNewer(dir: string, found: FolderFormat | null): void {
  if (found === null || found.format <= DATA_FORMAT) return;
  throw new DataError(
    `${dir} has format ${found.format}, written by jobwatch ${found.version}; this one knows formats up to ${DATA_FORMAT}. ` +
      'Use that version or a later one, or restore a backup from before.',
  );
}

/** Which engine wrote the folder's tables; null: there are none yet. */
export type TablesKind = 'dynoxide' | 'dynalite' | 'level';

export function tablesIn(dir: string): TablesKind | null {
  if (existsSync(join(dir, TABLES))) return 'dynoxide';
  if (existsSync(join(dir, PORTABLE_TABLES))) return 'dynalite';
  return existsSync(join(dir, LEVEL_FOLDER)) ? 'level' : null;
}

/** The databases, in the order in which a backup takes them: a message then never names a record that is not there. */
export function databasesIn(dir: string): readonly string[] {
  return [QUEUES, tablesIn(dir) === 'dynalite' ? PORTABLE_TABLES : TABLES];
}

/** Whether there is nothing in it, or it is not there. */
export function isEmptyFolder(dir: string): boolean {
  return !existsSync(dir) || readdirSync(dir).every((name) => name === 'lost+found');
}

function parse(text: string): FolderFormat | null {
  try {
    const { format, version } = JSON.parse(text) as Partial<FolderFormat>;
    return Number.isInteger(format) && typeof version === 'string' ? { format: Number(format), version } : null;
  } catch {
    return null;
  }
}

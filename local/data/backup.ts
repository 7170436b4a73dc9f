import { copyFileSync, existsSync, mkdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DataError } from './error.ts';
import { databasesIn, formatOf, isEmptyFolder, openFolder, refuseNewer, tablesIn } from './folder.ts';
import { lockFolder, sqlite } from './lock.ts';
import { sync } from './save-file.ts';
import { readTokens, saveTokens } from './tokens.ts';

export interface BackupReport {
  /** Bytes by the name of the file. */
  readonly files: Readonly<Record<string, number>>;
}

/**
 * A copy of a folder in a new one, while `serve` runs or not. Each database is copied as it is at one instant; the
 * queues come first, so that a message names no record that is missing. Throws a DataError if the folder is none, or if
 * `out` holds something.
 */
export function backup(dir: string, out: string, version: string): BackupReport {
  const format = formatOf(dir);
  if (format === null) throw new DataError(`${dir} is no folder of jobwatch: there is nothing to back up.`);
  refuseNewer(dir, format);
  if (tablesIn(dir) === 'level')
    throw new DataError(
      `${dir} has its tables in LevelDB, which can't be copied while it is used: end jobwatch and copy the whole folder.`,
    );
  if (!isEmptyFolder(out)) throw new DataError(`${out} holds something already: give a new folder.`);
  mkdirSync(out, { recursive: true, mode: 0o700 });
  try {
    for (const name of databasesIn(dir)) copyDatabase(join(dir, name), join(out, name));
    const tokens = readTokens(dir);
    if (tokens !== null) saveTokens(out, tokens.text);
    openFolder(out, version);
    return { files: sizes(out) };
  } catch (error) {
    rmSync(out, { recursive: true, force: true });
    throw error;
  }
}

/**
 * Puts a backup in the place of an empty or missing folder. Every database is checked first. Throws a DataError if the
 * backup is damaged or none, or if the folder holds something.
 */
export function restore(dir: string, from: string, version: string): BackupReport {
  const format = formatOf(from);
  if (format === null) throw new DataError(`${from} is no backup: expected a folder that "jobwatch backup" has made.`);
  refuseNewer(from, format);
  if (!isEmptyFolder(dir))
    throw new DataError(`${dir} holds something already: a backup is restored into a new folder.`);
  const databases = databasesIn(from);
  for (const name of databases) checkDatabase(join(from, name));
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const lock = lockFolder(dir);
  try {
    for (const name of databases) copyFileSync(join(from, name), join(dir, name));
    const tokens = readTokens(from);
    if (tokens !== null) saveTokens(dir, tokens.text);
    openFolder(dir, version);
    return { files: sizes(dir) };
  } finally {
    lock.release();
  }
}

/** `VACUUM INTO` reads in one transaction: https://www.sqlite.org/lang_vacuum.html */
function copyDatabase(from: string, to: string): void {
  const { DatabaseSync } = sqlite();
  if (!existsSync(from)) throw new DataError(`${from} is not there: the folder is not whole.`);
  const database = new DatabaseSync(from, { timeout: 10_000 });
  try {
    database.prepare('VACUUM INTO ?').run(to);
  } finally {
    database.close();
  }
  checkDatabase(to);
}

function checkDatabase(path: string): void {
  const { DatabaseSync } = sqlite();
  if (!existsSync(path)) throw new DataError(`${path} is not there: the backup is not whole.`);
  const problem = problemOf(() => {
    const database = new DatabaseSync(path, { readOnly: true });
    try {
      return String(Object.values(database.prepare('PRAGMA integrity_check').get() ?? {})[0]);
    } finally {
      database.close();
    }
  });
  if (problem !== 'ok') throw new DataError(`${path} is damaged: ${problem}.`);
}

function problemOf(check: () => string): string {
  try {
    return check();
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Also sees to it that all is on the disk. */
function sizes(dir: string): Record<string, number> {
  const databases = databasesIn(dir);
  for (const name of databases) sync(join(dir, name));
  sync(dir);
  return Object.fromEntries(databases.map((name) => [name, statSync(join(dir, name)).size]));
}

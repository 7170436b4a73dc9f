import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DataError } from './error.ts';

export interface FolderLock {
  release(): void;
}

/** Loaded when it is needed: Node 22.12 has it behind a flag, and who needs no folder needs none. */
export function sqlite(): typeof import('node:sqlite') {
  const module = process.getBuiltinModule('node:sqlite');
  if (module !== undefined) return module;
  throw new DataError(`This is Node ${process.versions.node}, which has no SQLite: use Node 22.13 or later.`);
}

/**
 * Keeps a second process out of the folder. It is a lock of the operating system on the file `lock`, taken by SQLite:
 * it ends with the process, however that ends. Throws a DataError if somebody has it.
 */
export function lockFolder(dir: string): FolderLock {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const { DatabaseSync } = sqlite();
  const database = new DatabaseSync(join(dir, 'lock'));
  try {
    database.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; PRAGMA user_version = 1; COMMIT');
  } catch (error) {
    database.close();
    if (!isBusy(error)) throw error;
    throw new DataError(`${dir} is in use by another process: stop it first, or use another folder.`);
  }
  return { release: () => database.close() };
}

/** SQLITE_BUSY and SQLITE_LOCKED: https://www.sqlite.org/rescode.html */
function isBusy(error: unknown): boolean {
  const code = error instanceof Error && 'errcode' in error ? Number(error.errcode) : 0;
  return (code & 0xff) === 5 || (code & 0xff) === 6;
}

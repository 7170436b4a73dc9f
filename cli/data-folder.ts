import { VERSION } from '../lib/base/version.ts';
import { type BackupReport, backup, restore } from '../local/data/backup.ts';
import { DataError } from '../local/data/error.ts';
import { openFolder } from '../local/data/folder.ts';
import { readTokens, saveTokens } from '../local/data/tokens.ts';
import { CliError, EXIT } from './exit.ts';

/** The folder of a jobwatch on this machine. Everything throws a CliError that says what to do. */
export interface DataFolder {
  /** Null if there are none yet. */
  readTokens(): string | null;
  /** Makes the folder if it is not there. */
  saveTokens(text: string): void;
  backup(out: string): BackupReport;
  restore(from: string): BackupReport;
}

export function makeDataFolder(dir: string): DataFolder {
  return {
    readTokens: () => explained(() => readTokens(dir)?.text ?? null),
    saveTokens: (text) =>
      explained(() => {
        openFolder(dir, VERSION);
        saveTokens(dir, text);
      }),
    backup: (out) => explained(() => backup(dir, out, VERSION)),
    restore: (from) => explained(() => restore(dir, from, VERSION)),
  };
}

function explained<Result>(work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    if (error instanceof DataError) throw new CliError(EXIT.failed, error.message);
    // A full disk, a folder of somebody else's, a database that is no database.
    if (error instanceof Error && 'code' in error) throw new CliError(EXIT.failed, `${error.message}.`);
    throw error;
  }
}

import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DataError } from './error.ts';
import { saveFile } from './save-file.ts';

/** The hashes of the API's tokens, as the parameter of AWS has them. */
const FILE = 'api-tokens.json';
const LIST_MAX_BYTES = 100_000;

export interface StoredTokens {
  readonly text: string;
  readonly changedAtMs: number;
}

/** Null if there are none. */
export function readTokens(dir: string): StoredTokens | null {
  const path = join(dir, FILE);
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat === undefined ? null : { text: readFileSync(path, 'utf8'), changedAtMs: Math.trunc(stat.mtimeMs) };
}

/** Throws a DataError if the list is too long. */
export function saveTokens(dir: string, text: string): void {
  if (text.length > LIST_MAX_BYTES)
    throw new DataError(`The list of tokens would be longer than ${LIST_MAX_BYTES} bytes: revoke some first.`);
  saveFile(join(dir, FILE), text);
}

import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Writes a small file for its owner alone, beside its place and then into it: whoever reads it has the old text or the new one, and
 * so has the disk after a loss of power.
 */
export function saveFile(path: string, text: string): void {
  const beside = `${path}.${process.pid}`;
  const file = openSync(beside, 'w', 0o600);
  try {
    writeSync(file, text);
    fsyncSync(file);
  } catch (error) {
    rmSync(beside, { force: true });
    throw error;
  } finally {
    closeSync(file);
  }
  renameSync(beside, path);
  sync(dirname(path));
}

/**
 * A file's content, or the names in a folder, are on the disk when it returns. Windows knows it of neither in this way.
 */
export function sync(path: string): void {
  if (process.platform === 'win32') return;
  const file = openSync(path, 'r');
  fsyncSync(file);
  closeSync(file);
}

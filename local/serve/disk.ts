import { statfsSync } from 'node:fs';

export interface Disk {
  readonly freeBytes: number;
  readonly isFull: boolean;
}

/** With less than this the engines' databases may fail at any write. */
const FREE_MIN_BYTES = 4 * 1024 * 1024;

/** What is left where the folder lies, for who is not root; null where nobody says. */
export function diskOf(dir: string): Disk | null {
  try {
    const { bavail, bsize } = statfsSync(dir);
    const freeBytes = bavail * bsize;
    return { freeBytes, isFull: freeBytes < FREE_MIN_BYTES };
  } catch {
    return null;
  }
}

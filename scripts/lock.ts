import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const RETRY_MS = 50;
const WAIT_MAX_MS = 120_000;

/**
 * Runs `work` while no other process builds or packages in the same checkout. A lock whose owner has died is taken
 * over. Throws after two minutes.
 */
export async function withLock<T>(root: string, work: () => Promise<T>, what = 'build'): Promise<T> {
  const path = join(root, `node_modules/.jobwatch-${what}.lock`);
  const until = Date.now() + WAIT_MAX_MS;
  while (!take(path)) {
    if (Date.now() > until) throw new Error(`${path} is held by process ${ownerOf(path)}`);
    await sleep(RETRY_MS);
  }
  try {
    return await work();
  } finally {
    rmSync(path, { force: true });
  }
}

function take(path: string): boolean {
  try {
    writeFileSync(path, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    const owner = ownerOf(path);
    if (owner !== null && !isAlive(owner)) rmSync(path, { force: true });
    return false;
  }
}

/** Null while the owner has not yet written its number, or has just gone. */
function ownerOf(path: string): number | null {
  try {
    return Number(readFileSync(path, 'utf8')) || null;
  } catch {
    return null;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

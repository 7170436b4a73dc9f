import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';

const CHROMIUM = '/usr/bin/chromium';
const INSTALL_MS = 300_000;

/** The path of Debian's Chromium, or why there is none. */
export type Chromium = { readonly path: string } | { readonly missing: string };

/** Looks for Chromium, and installs it with apt where that is allowed: Linux with apt-get, as root. Never throws. */
export async function ensureChromium(): Promise<Chromium> {
  if (existsSync(CHROMIUM)) return { path: CHROMIUM };
  if (process.platform !== 'linux' || !existsSync('/usr/bin/apt-get'))
    return { missing: `${CHROMIUM} is not there, and this is no Debian to install it on.` };
  if (process.getuid?.() !== 0)
    return { missing: `${CHROMIUM} is not there; root can install it: apt-get install -y chromium` };
  try {
    await apt('update');
    await apt('install', '-y', '--no-install-recommends', 'chromium');
  } catch (error) {
    return { missing: `apt-get could not install Chromium: ${error instanceof Error ? error.message : String(error)}` };
  }
  return existsSync(CHROMIUM) ? { path: CHROMIUM } : { missing: `apt-get installed no ${CHROMIUM}.` };
}

function apt(...args: readonly string[]): Promise<unknown> {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  return promisify(execFile)('apt-get', args, { env, timeout: INSTALL_MS, maxBuffer: 64 * 1024 * 1024 });
}

if (import.meta.main) {
  const found = await ensureChromium();
  console.log('path' in found ? found.path : found.missing);
  process.exitCode = 'path' in found ? 0 : 1;
}

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Random } from '../../lib/base/random.ts';

const MAIN = join(import.meta.dirname, '../serve/main.ts');
const RESTART_MS = 250;

/** `serve` as a process that is started again whenever it ends, as systemd's `Restart=always` does. */
export interface Supervised {
  /** Of `serve`; null while it is not there. */
  pid(): number | null;
  starts(): number;
  stop(): Promise<void>;
}

export function supervise(config: string, data: string): Supervised {
  const log = openSync(join(data, '../serve.log'), 'a');
  let child: ChildProcess | null = null;
  let starts = 0;
  let isStopping = false;
  const begin = (): void => {
    if (isStopping) return;
    starts += 1;
    const started = spawn(process.execPath, [MAIN, '--config', config, '--data', data], {
      stdio: ['ignore', log, log],
    });
    child = started;
    started.once('exit', () => {
      child = null;
      setTimeout(begin, RESTART_MS);
    });
  };
  begin();
  return {
    pid: () => child?.pid ?? null,
    starts: () => starts,
    async stop() {
      isStopping = true;
      const last = child;
      if (last === null || last.exitCode !== null) return;
      last.kill('SIGTERM');
      await once(last, 'exit');
    },
  };
}

export type Victim = 'tree' | 'engine' | 'watch' | 'wake' | 'deliver' | 'api';

/** The process to kill; null: it is not there now. Functions are told apart by their environment, on Linux alone. */
export function pidOf(victim: Victim, servePid: number | null, random: Random): number | null {
  if (servePid === null || victim === 'tree') return servePid;
  const below = descendants(servePid);
  const found = below.filter((pid) => {
    if (victim === 'engine') return read(`/proc/${pid}/comm`).startsWith('dynoxide');
    return read(`/proc/${pid}/environ`).includes(`AWS_LAMBDA_FUNCTION_NAME=jobwatch-prod-${victim}\0`);
  });
  return found[Math.floor(random() * found.length)] ?? null;
}

function descendants(pid: number): number[] {
  const children = new Map<number, number[]>();
  for (const name of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    const parent = Number(/\) \S (\d+) /.exec(read(`/proc/${name}/stat`))?.[1]);
    children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  const walk = (one: number): number[] => (children.get(one) ?? []).flatMap((child) => [child, ...walk(child)]);
  return walk(pid);
}

function read(path: string): string {
  try {
    return existsSync(path) ? readFileSync(path, 'utf8') : '';
  } catch {
    // It has ended meanwhile.
    return '';
  }
}

/** Resident memory of `serve`, and with all that it has started. */
export function memoryOfTree(pid: number): { readonly self: number; readonly all: number } {
  return { self: residentMb([pid]), all: residentMb([pid, ...descendants(pid)]) };
}

function residentMb(pids: readonly number[]): number {
  const kilobytes = pids.map((pid) => Number(/VmRSS:\s+(\d+)/.exec(read(`/proc/${pid}/status`))?.[1] ?? 0));
  return Math.round(kilobytes.reduce((total, one) => total + one, 0) / 1000);
}

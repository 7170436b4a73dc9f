import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { System } from '../system.ts';

/**
 * Resident memory in MB: of this process (queues, simulator, receiver and functions in threads), of the functions'
 * processes, of the DynamoDB engine.
 */
export interface Memory {
  readonly self: number;
  readonly functions: number;
  readonly engine: number;
}

export async function memoryOf(system: Pick<System, 'functions' | 'pids' | 'enginePid'>): Promise<Memory> {
  const functions = system.functions.flatMap((name) => system.pids(name));
  const engine = system.enginePid === null ? [] : [system.enginePid];
  const [inFunctions, inEngine] = await Promise.all([residentMb(functions), residentMb(engine)]);
  return { self: Math.round(process.memoryUsage.rss() / 1e6), functions: inFunctions, engine: inEngine };
}

export function sayMemory({ self, functions, engine }: Memory): string {
  return `${self + functions + engine} MB (this process ${self}, functions ${functions}, DynamoDB engine ${engine})`;
}

/** Those that have ended meanwhile count nothing; without `ps` nothing is known. */
async function residentMb(pids: readonly number[]): Promise<number> {
  if (pids.length === 0) return 0;
  const output = await promisify(execFile)('ps', ['-o', 'rss=', '-p', pids.join(',')]).then(
    ({ stdout }) => stdout,
    () => '',
  );
  const kilobytes = output.split('\n').map(Number);
  return Math.round(kilobytes.reduce((total, one) => total + one, 0) / 1000);
}

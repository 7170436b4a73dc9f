import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { parentPort, Worker } from 'node:worker_threads';

/**
 * Gives processes of this machine a part of one processor, as Lambda gives a function by its memory: stops a process
 * that has used up its budget and lets it go on when there is more. In a thread of its own, so that it is on time.
 * Linux only.
 */
export interface Quota {
  /** May be repeated. */
  add(pid: number): void;
  close(): Promise<void>;
}

/** Linux counts a process's time in hundredths of a second. */
const CPU_TICK_MS = 10;
const LOOK_MS = 10;
/** What a start may take at once: Lambda lets a function start with the whole processor. */
const START_MS = 1000;

/** 1,769 MB are one processor: https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html */
export function partOf(memoryMb: number): number {
  return memoryMb / 1769;
}

export function startQuota(part: number): Quota {
  const thread = new Worker(new URL(import.meta.url));
  thread.postMessage({ part });
  return {
    add: (pid) => thread.postMessage({ pid }),
    async close() {
      await thread.terminate();
    },
  };
}

/** User and system time since the process began: https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html */
export function cpuMsOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * CPU_TICK_MS;
}

interface Message {
  readonly part?: number;
  readonly pid?: number;
}

async function keep(): Promise<void> {
  const begun = new Map<number, number>();
  let part = 1;
  parentPort?.on('message', (message: Message) => {
    part = message.part ?? part;
    if (message.pid !== undefined && !begun.has(message.pid)) begun.set(message.pid, performance.now());
  });
  for (;;) {
    for (const [pid, beganMs] of begun) {
      try {
        const budgetMs = START_MS + (performance.now() - beganMs) * part;
        process.kill(pid, cpuMsOf(pid) > budgetMs ? 'SIGSTOP' : 'SIGCONT');
      } catch {
        // It has ended.
        begun.delete(pid);
      }
    }
    await sleep(LOOK_MS);
  }
}

if (parentPort !== null) await keep();

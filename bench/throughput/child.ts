import { fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What a program beside `watch` says when it has done its work. CPU is user and system time of its process. */
export interface Done {
  readonly polls: number;
  readonly wallMs: number;
  readonly cpuMs: number;
}

/** As the local system starts a function of 256 MB: without the same heap the collector's share is another. */
const HEAP = ['--max-old-space-size=230', '--max-semi-space-size=12'];

/** Runs `bench/throughput/<program>` in a process of its own, hands it its task, and waits for what it says. */
export function runProgram(program: string, task: object): Promise<Done> {
  const child = fork(join(import.meta.dirname, program), [], { execArgv: HEAP });
  return new Promise((resolve, reject) => {
    child.once('message', (done) => resolve(done as Done));
    child.once('exit', (code) => reject(new Error(`${program} ended with ${code}.`)));
    child.send(task);
  });
}

/** The other side of `runProgram`: takes the task, measures the work, ends. */
export function serveProgram<Task>(prepare: (task: Task) => Promise<() => Promise<number>>): void {
  process.once('message', (task) => {
    void (async () => {
      const work = await prepare(task as Task);
      const before = process.cpuUsage();
      const beganMs = performance.now();
      const polls = await work();
      const wallMs = performance.now() - beganMs;
      const { user, system } = process.cpuUsage(before);
      process.send?.({ polls, wallMs, cpuMs: (user + system) / 1000 } satisfies Done, () => process.exit(0));
    })();
  });
}

/** Linux counts the CPU time of a process in hundredths of a second. */
const TICK_MS = 10;

/**
 * User and system time of a process so far, in milliseconds. https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
 */
export function cpuMsOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The name stands in parentheses and may hold spaces.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}

/** The most memory that the process ever had in RAM, in MB. */
export function peakMbOf(pid: number): number {
  const line = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(line?.[1] ?? Number.NaN) / 1024;
}

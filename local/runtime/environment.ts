import { fork } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { FromEnvironment, ToEnvironment } from './protocol.ts';

/** `thread` starts faster; `process` may be killed at any instant, as Lambda may. */
export type Isolation = 'thread' | 'process';

export interface Host {
  /** Null where there is no process of its own. */
  readonly pid: number | null;
  send(message: ToEnvironment): void;
  /** SIGKILL, or the end of the thread: nothing more of the function runs when it resolves. */
  kill(): Promise<void>;
}

export interface HostOptions {
  readonly isolation: Isolation;
  readonly env: Readonly<Record<string, string>>;
  readonly memoryMb: number;
  readonly onMessage: (message: FromEnvironment) => void;
  /** Once, whether it was killed or went by itself; `reason` says what is known. */
  readonly onGone: (reason: string) => void;
  readonly onLog: (line: string) => void;
}

/** Beside this file, in a bundle too. */
const BOOTSTRAP = new URL(import.meta.url.endsWith('.ts') ? './bootstrap.ts' : './bootstrap.mjs', import.meta.url);

/**
 * Starts an execution environment with exactly the variables it is given: nothing of this process's environment gets
 * in.
 */
export function startHost(options: HostOptions): Host {
  return options.isolation === 'thread' ? startThread(options) : startProcess(options);
}

function startThread({ env, memoryMb, onMessage, onGone, onLog }: HostOptions): Host {
  const worker = new Worker(BOOTSTRAP, {
    env: { ...env },
    execArgv: [],
    stdout: true,
    stderr: true,
    resourceLimits: { maxOldGenerationSizeMb: heapOf(memoryMb).oldMb },
  });
  let reason = 'the thread ended';
  worker.on('message', onMessage);
  worker.on('error', (error) => {
    reason = String(error);
  });
  worker.on('exit', () => onGone(reason));
  pipeLines(worker.stdout, onLog);
  pipeLines(worker.stderr, onLog);
  return {
    pid: null,
    send: (message) => worker.postMessage(message),
    async kill() {
      await worker.terminate();
    },
  };
}

/** How Lambda's runtime divides a function's memory for V8: a tenth of it is left for what lies outside the heap. */
function heapOf(memoryMb: number): { oldMb: number; semiMb: number } {
  return { oldMb: Math.floor(memoryMb * 0.9), semiMb: Math.max(1, Math.floor(memoryMb * 0.05)) };
}

function startProcess({ env, memoryMb, onMessage, onGone, onLog }: HostOptions): Host {
  const { oldMb, semiMb } = heapOf(memoryMb);
  const child = fork(fileURLToPath(BOOTSTRAP), [], {
    env: { ...env },
    execArgv: [`--max-old-space-size=${oldMb}`, `--max-semi-space-size=${semiMb}`],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const gone = new Promise<void>((resolve) => {
    child.once('exit', (code, signal) => {
      onGone(`the process ended: ${signal ?? `exit status ${code}`}`);
      resolve();
    });
  });
  child.on('message', (message) => onMessage(message as FromEnvironment));
  // Sending to a child that has just gone fails; its end is told by `exit`.
  child.on('error', () => undefined);
  if (child.stdout) pipeLines(child.stdout, onLog);
  if (child.stderr) pipeLines(child.stderr, onLog);
  return {
    pid: child.pid ?? null,
    send: (message) => {
      if (child.connected) child.send(message, () => undefined);
    },
    async kill() {
      child.kill('SIGKILL');
      await gone;
    },
  };
}

function pipeLines(stream: Readable, onLog: (line: string) => void): void {
  createInterface({ input: stream }).on('line', onLog);
}

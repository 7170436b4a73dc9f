import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

export interface GuardedChild {
  readonly pid: number;
  /** Resolves when the child is gone, however it went. */
  readonly gone: Promise<void>;
  close(): Promise<void>;
}

/**
 * Held by a shell of its own, which reads a pipe that only this process writes to: when the pipe closes, be it by
 * `close` or because this process died of any signal, SIGKILL included, the shell kills the child. It leads its own
 * session, so that a Ctrl-C of the terminal reaches it by way of the pipe only. The first line it prints is the child's
 * process id.
 */
const GUARD = `
exec 3<&0
"$@" </dev/null >/dev/null 2>&1 &
child=$!
echo $child
{ cat >/dev/null; kill -9 $child; } <&3 &
guard=$!
wait $child
kill -9 $guard
`;

/** Starts a program that can't outlive this process. Rejects if there is no POSIX shell. */
export async function startGuarded(command: string, args: readonly string[]): Promise<GuardedChild> {
  const shell = spawn('/bin/sh', ['-c', GUARD, 'guard', command, ...args], {
    stdio: ['pipe', 'pipe', 'ignore'],
    detached: true,
  });
  const gone = new Promise<void>((resolve) => shell.once('exit', () => resolve()));
  // Writing to a shell that has just gone is no news: `gone` tells it.
  shell.stdin.on('error', () => undefined);
  const pid = await new Promise<number>((resolve, reject) => {
    shell.once('error', reject);
    createInterface(shell.stdout).once('line', (line) => resolve(Number(line)));
  });
  return {
    pid,
    gone,
    async close() {
      shell.stdin.end();
      await gone;
    },
  };
}

import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildCli } from '../../scripts/build-cli.ts';

const ROOT = join(import.meta.dirname, '../..');

export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly pid: number;
  /** What it has printed to standard output so far. */
  stdout(): string;
  /** Resolves when standard output or standard error matches. */
  until(pattern: RegExp): Promise<void>;
  interrupt(): void;
  readonly ended: Promise<Ran>;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string;
}

export interface Cli {
  readonly file: string;
  /** A folder of its own: there is no profile in it. */
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  start(args: readonly string[], options?: RunOptions): Running;
  run(args: readonly string[], options?: RunOptions): Promise<Ran>;
  remove(): Promise<void>;
}

/** The built file, run as a process in an environment that holds nothing of this machine. */
export async function makeCli(env: Readonly<Record<string, string>> = {}): Promise<Cli> {
  const folder = await mkdtemp(join(tmpdir(), 'jobwatch-cli-'));
  const file = join(folder, 'jobwatch.mjs');
  await buildCli(ROOT, file);
  const whole = { HOME: folder, XDG_CONFIG_HOME: folder, ...env };
  const start = (args: readonly string[], options: RunOptions = {}) =>
    startProcess(process.execPath, [file, ...args], { ...whole, ...options.env }, options.stdin);
  return {
    file,
    folder,
    env: whole,
    start,
    run: (args, options) => start(args, options).ended,
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

export function startProcess(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  stdin = '',
): Running {
  const child = spawn(command, [...args], { env, stdio: 'pipe' });
  let stdout = '';
  let stderr = '';
  let looks: (() => void)[] = [];
  const note = () => {
    for (const look of looks) look();
  };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    note();
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    note();
  });
  child.stdin.on('error', () => undefined).end(stdin);
  const ended = new Promise<Ran>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      resolve({ code, stdout, stderr });
      note();
    });
  });
  return {
    pid: child.pid ?? 0,
    stdout: () => stdout,
    until: (pattern) =>
      new Promise((resolve, reject) => {
        const look = () => {
          if (pattern.test(stdout) || pattern.test(stderr)) resolve();
          else if (child.exitCode !== null)
            reject(new Error(`ended with ${child.exitCode} before ${pattern}: ${stdout}${stderr}`));
          else return;
          looks = looks.filter((one) => one !== look);
        };
        looks.push(look);
        look();
      }),
    interrupt: () => void child.kill('SIGINT'),
    ended,
  };
}

import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { makeDataFolder } from '../../cli/data-folder.ts';
import { runCli } from '../../cli/run.ts';
import { buildCli } from '../../scripts/build-cli.ts';

const ROOT = join(import.meta.dirname, '../..');

export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  /** Resolves when standard output or standard error matches. */
  until(pattern: RegExp): Promise<void>;
  interrupt(): void;
  readonly ended: Promise<Ran>;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string;
}

export interface Runner {
  /** A folder of its own: there is no profile in it. */
  readonly folder: string;
  start(args: readonly string[], options?: RunOptions): Running;
  run(args: readonly string[], options?: RunOptions): Promise<Ran>;
  remove(): Promise<void>;
}

export interface Cli extends Runner {
  start(args: readonly string[], options?: RunOptions): Process;
  readonly file: string;
  readonly env: Readonly<Record<string, string>>;
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

/** How much faster than it says a command waits that runs in this process. */
const SPEED = 10;

/**
 * The command line in this process, with its real network and files, in an environment that holds nothing of this
 * machine.
 */
export async function makeInside(env: Readonly<Record<string, string>>): Promise<Runner> {
  const folder = await mkdtemp(join(tmpdir(), 'jobwatch-cli-'));
  const start = (args: readonly string[], options: RunOptions = {}): Running => {
    const printed = makePrinted();
    const stop = new AbortController();
    const ended = runCli(args, {
      env: { HOME: folder, XDG_CONFIG_HOME: folder, ...env, ...options.env },
      stdout: { write: (text) => printed.add('stdout', text) },
      stderr: { write: (text) => printed.add('stderr', text) },
      signal: stop.signal,
      signalled: () => (stop.signal.aborted ? 'SIGINT' : null),
      unread: new AbortController().signal,
      clock: Date.now,
      ticker: () => performance.now() * SPEED,
      sleep: (ms, signal) => delay(ms / SPEED, undefined, { signal }),
      fetch: globalThis.fetch,
      readFile: (path) => (existsSync(path) ? readFileSync(path, 'utf8') : null),
      modeOf: (path) => statSync(path).mode & 0o777,
      writeSecret: (path, text) => {
        writeFileSync(path, text, { mode: 0o600, flag: 'wx' });
        return () => rmSync(path);
      },
      saveSecret: (path, text) => {
        mkdirSync(dirname(path), { recursive: true });
        writeFileSync(path, text, { mode: 0o600 });
      },
      ask: async () => null,
      readStdin: async () => options.stdin ?? '',
      openUrl: async () => false,
      randomId: () => crypto.randomUUID(),
      folder: makeDataFolder,
      randomBytes: (size) => crypto.getRandomValues(new Uint8Array(size)),
    }).then((code) => printed.end(code));
    return { until: printed.until, interrupt: () => stop.abort(), ended };
  };
  return {
    folder,
    start,
    run: (args, options) => start(args, options).ended,
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

/** What a command has printed, for those who wait for it. */
function makePrinted() {
  const text = { stdout: '', stderr: '' };
  let code: number | null | undefined;
  let checks: (() => void)[] = [];
  const note = () => {
    for (const check of checks) check();
  };
  return {
    add(stream: keyof typeof text, more: string): void {
      text[stream] += more;
      note();
    },
    end(exitCode: number | null): Ran {
      code = exitCode;
      note();
      return { code: exitCode, ...text };
    },
    until: (pattern: RegExp): Promise<void> =>
      new Promise((resolve, reject) => {
        const check = () => {
          if (pattern.test(text.stdout) || pattern.test(text.stderr)) resolve();
          else if (code !== undefined)
            reject(new Error(`ended with ${code} before ${pattern}: ${text.stdout}${text.stderr}`));
          else return;
          checks = checks.filter((one) => one !== check);
        };
        checks.push(check);
        check();
      }),
  };
}

export interface Process extends Running {
  readonly child: ChildProcessWithoutNullStreams;
}

export function startProcess(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  stdin = '',
): Process {
  const child = spawn(command, [...args], { env, stdio: 'pipe' });
  const printed = makePrinted();
  child.stdout.setEncoding('utf8').on('data', (text: string) => printed.add('stdout', text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => printed.add('stderr', text));
  child.stdin.on('error', () => undefined).end(stdin);
  const ended = new Promise<Ran>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve(printed.end(code)));
  });
  return { child, until: printed.until, interrupt: () => void child.kill('SIGINT'), ended };
}

import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { openInBrowser } from './browser.ts';
import { makeDataFolder } from './data-folder.ts';
import { EXIT, usage } from './exit.ts';
import type { World } from './run.ts';

const EXIT_OF = { SIGINT: EXIT.interrupted, SIGTERM: EXIT.terminated, SIGHUP: EXIT.hungUp } as const;

export interface ProcessWorld {
  readonly world: World;
  /** What the process ends with: it may be that its output could not be written. */
  readonly exitCodeOf: (exitCode: number) => number;
}

/** This process as the command line needs it: environment, streams, signals and files. Once a process. */
export function makeProcessWorld(): ProcessWorld {
  const { stop, signalled } = watchSignals();
  const unread = new AbortController();
  let isUnwritten = false;
  // Whoever reads our output may have had enough of it: what was begun still ends as it should, and says so with its
  // exit code.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    unread.abort();
    if (error.code === 'EPIPE') return;
    isUnwritten = true;
    process.exitCode ||= EXIT.failed;
    process.stderr.write(`jobwatch: the output can't be written: ${error.code ?? error.message}.\n`);
  });
  // There is nowhere left to say it.
  process.stderr.on('error', () => undefined);
  const world: World = {
    // biome-ignore lint/style/noProcessEnv: this is where the environment comes in.
    env: process.env,
    stdout: process.stdout,
    stderr: process.stderr,
    signal: stop.signal,
    signalled,
    unread: unread.signal,
    clock: Date.now,
    ticker: () => performance.now(),
    sleep: (ms, signal) => delay(ms, undefined, { signal }),
    fetch: globalThis.fetch,
    readFile: readText,
    modeOf,
    writeSecret,
    saveSecret,
    readStdin,
    ask,
    openUrl: openInBrowser,
    randomId: () => crypto.randomUUID(),
    randomBytes: (size) => crypto.getRandomValues(new Uint8Array(size)),
    folder: makeDataFolder,
  };
  // What was not written may be all that was asked for, as a new token is.
  return { world, exitCodeOf: (exitCode) => (isUnwritten && exitCode === EXIT.ok ? EXIT.failed : exitCode) };
}

function watchSignals() {
  const stop = new AbortController();
  let signalled: NodeJS.Signals | null = null;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => {
      signalled = signal;
      stop.abort();
      // A second one ends the process at once.
      process.once(signal, () => process.exit(EXIT_OF[signal]));
    });
  }
  return { stop, signalled: () => signalled };
}

function readText(path: string): string | null {
  try {
    return textOf(readFileSync(path));
  } catch (error) {
    const code = codeOf(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    throw usage(`${path} can't be read: ${code}.`);
  }
}

/** Windows has other rights than these, and a pipe is nobody else's. */
function modeOf(path: string): number | null {
  const stat = process.platform === 'win32' ? undefined : statSync(path, { throwIfNoEntry: false });
  return stat?.isFile() ? stat.mode & 0o777 : null;
}

function writeSecret(path: string, text: string): () => void {
  try {
    writeFileSync(path, text, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    const code = codeOf(error);
    throw usage(code === 'EEXIST' ? `${path} exists already.` : `${path} can't be written: ${code}.`);
  }
  return () => rmSync(path, { force: true });
}

/** Beside it and then in its place: whoever reads it meanwhile has the one or the other, whole. */
function saveSecret(path: string, text: string): void {
  // A link goes on pointing to where its owner keeps the file.
  const file = existsSync(path) ? realpathSync(path) : path;
  const beside = `${file}.${process.pid}`;
  let isBegun = false;
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    writeFileSync(beside, text, { mode: 0o600, flag: 'wx' });
    isBegun = true;
    renameSync(beside, file);
  } catch (error) {
    if (isBegun) rmSync(beside, { force: true });
    throw usage(`${path} can't be written: ${codeOf(error)}.`);
  }
}

/** On standard error, so that standard output holds results alone. */
async function ask(question: string, isSecret: boolean, signal: AbortSignal): Promise<string | null> {
  if (!process.stdin.isTTY) return null;
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const terminal = createInterface({
    input: process.stdin,
    output: isSecret ? silent : process.stderr,
    terminal: true,
  });
  // In raw mode Ctrl-C is a key like others, and what is typed after it is no answer.
  let interrupted: Promise<unknown> | null = null;
  terminal.once('SIGINT', () => {
    interrupted = once(signal, 'abort');
    process.kill(process.pid, 'SIGINT');
  });
  const closed = once(terminal, 'close').then(() => null);
  try {
    const answered = terminal.question('', { signal });
    // Only now: what is typed is shown by nobody but the terminal's interface.
    process.stderr.write(question);
    const answer = await Promise.race([answered, closed]);
    await interrupted;
    return signal.aborted ? null : answer;
  } finally {
    terminal.close();
    if (isSecret) process.stderr.write('\n');
  }
}

async function readStdin(): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) chunks.push(chunk);
  return textOf(Buffer.concat(chunks));
}

/** UTF-8, or UTF-16 as PowerShell writes it; without a byte order mark. */
function textOf(bytes: Buffer): string {
  const isUtf16 = bytes[0] === 0xff && bytes[1] === 0xfe;
  return new TextDecoder(isUtf16 ? 'utf-16le' : 'utf-8').decode(bytes);
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}

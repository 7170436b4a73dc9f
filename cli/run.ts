import type { Clock } from '../lib/base/time.ts';
import { type ApiClient, makeClient } from './api/client.ts';
import type { Host } from './command.ts';
import type { Context, ProfileFile } from './context.ts';
import type { DataFolder } from './data-folder.ts';
import { CliError, EXIT, Interrupted, usage } from './exit.ts';
import { makeProgram, parse } from './program.ts';
import {
  type CommonOptions,
  type Environment,
  profilePath,
  type ReadFile,
  readSettings,
  type Settings,
} from './settings.ts';
import { makeOutput, type Output, type Sink } from './text/output.ts';
import { safe, withoutSecrets } from './text/terminal.ts';

/** The process as the command line needs it. */
export interface World {
  readonly env: Environment;
  readonly stdout: Sink;
  readonly stderr: Sink;
  /** Aborted by SIGINT, SIGTERM and SIGHUP. */
  readonly signal: AbortSignal;
  readonly signalled: () => string | null;
  /** Aborted when nobody reads standard output any more. */
  readonly unread: AbortSignal;
  readonly clock: Clock;
  /** Milliseconds that nobody can put forward or back. */
  readonly ticker: Clock;
  /** Rejects once the signal is aborted. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly fetch: typeof globalThis.fetch;
  readonly readFile: ReadFile;
  /** The permission bits of a file; null where they say nothing. */
  readonly modeOf: (path: string) => number | null;
  /**
   * Makes a file that its owner alone can read. Throws a usage error if it can't, or if it exists. Answers the undo.
   */
  readonly writeSecret: (path: string, text: string) => () => void;
  /** Makes or replaces such a file, with the folders to it. Throws a usage error if it can't; then it is as it was. */
  readonly saveSecret: (path: string, text: string) => void;
  readonly readStdin: () => Promise<string>;
  /** One line from the terminal; null: there is none, it was closed, or the signal was aborted. */
  readonly ask: (question: string, isSecret: boolean, signal: AbortSignal) => Promise<string | null>;
  /** Opens it in the user's browser; false: nothing was found that does. */
  readonly openUrl: (url: string) => Promise<boolean>;
  readonly randomId: () => string;
  readonly randomBytes: (size: number) => Uint8Array;
  readonly folder: (dir: string) => DataFolder;
}

/** Runs one command line and answers its exit code. Never rejects. */
export async function runCli(args: readonly string[], world: World): Promise<number> {
  const out = makeOutput(world.stdout, world.stderr, world.env);
  let exitCode: number = EXIT.ok;
  const host: Host = async (options, work, isStream) => {
    const signal = isStream ? AbortSignal.any([world.signal, world.unread]) : world.signal;
    exitCode = await guarded({ ...world, signal }, out, (inner) => work(contextOf(inner, out, options)));
  };
  const program = makeProgram(host, {
    writeOut: (text) => void world.stdout.write(text),
    writeErr: (text) => void world.stderr.write(text),
    columns: out.isTerminal ? out.width() : undefined,
  });
  if (args.length === 0) {
    program.outputHelp({ error: true });
    return EXIT.usage;
  }
  return (await parse(program, args)) ?? exitCode;
}

async function guarded(world: World, out: Output, work: (world: World) => Promise<number>): Promise<number> {
  try {
    return await work(world);
  } catch (error) {
    out.endLive();
    if (error instanceof Interrupted || world.signal.aborted) return exitOfSignal(world.signalled());
    if (error instanceof CliError) {
      out.note(`jobwatch: ${safe(withoutSecrets(error.message))}`);
      return error.exitCode;
    }
    const trace = error instanceof Error ? (error.stack ?? error.message) : String(error);
    out.note(`jobwatch: this is a bug in the command line; please report it. ${withoutSecrets(trace)}`);
    return EXIT.bug;
  } finally {
    out.endLive();
  }
}

/** null: nobody reads the output any more, which ends a stream well. */
function exitOfSignal(signal: string | null): number {
  if (signal === null) return EXIT.ok;
  if (signal === 'SIGHUP') return EXIT.hungUp;
  return signal === 'SIGTERM' ? EXIT.terminated : EXIT.interrupted;
}

function contextOf(world: World, out: Output, options: CommonOptions): Context {
  let read: Settings | null = null;
  const settings = () => {
    read ??= readSettings(options, world.env, world.readFile, (path) => {
      if (((world.modeOf(path) ?? 0) & 0o077) !== 0)
        out.note(`jobwatch: ${path} contains a token, and others can read it: chmod 600 ${path}`);
    });
    return read;
  };
  const sleep = makeSleep(world, world.signal);
  const clientWith = (signal: AbortSignal, where: Pick<Settings, 'url' | 'token'> = settings()): ApiClient =>
    makeClient({
      ...world,
      settings: where,
      sleep: makeSleep(world, signal),
      signal,
      onRetry: (reason) => out.aside(`jobwatch: no answer (${reason.replace(/\.$/, '')}); trying again …`),
    });
  let client: ApiClient | null = null;
  return {
    env: world.env,
    out,
    json: options.json === true,
    /** Commands that talk to nobody read no profile. */
    get settings() {
      return settings();
    },
    clock: () => world.clock() + (client?.aheadMs() ?? 0),
    ticker: world.ticker,
    sleep,
    signal: world.signal,
    readText: async (path) => {
      const text = path === '-' ? await world.readStdin() : world.readFile(path);
      if (text === null) throw usage(`${path} can't be read: is the path right?`);
      return text;
    },
    writeSecret: world.writeSecret,
    saveSecret: world.saveSecret,
    fetch: world.fetch,
    openUrl: world.openUrl,
    ask: (question, isSecret) => world.ask(question, isSecret, world.signal),
    profileFile: profileFileOf(world),
    connect: (where) => clientWith(world.signal, where),
    randomId: world.randomId,
    randomBytes: world.randomBytes,
    folder: world.folder,
    /** Commands that don't talk to the API need no URL. */
    get client() {
      client ??= clientWith(world.signal);
      return client;
    },
    get lastClient() {
      return clientWith(new AbortController().signal);
    },
    aws: async () => {
      const { makeAws } = await import('./aws.ts');
      return makeAws(settings().awsRegion, (exitCode, message) => new CliError(exitCode, message));
    },
  };
}

function profileFileOf({ env, readFile, saveSecret }: World): ProfileFile {
  const path = profilePath(env);
  return {
    path,
    read: () => (path === null ? null : readFile(path)),
    readOther: readFile,
    save: (text) => {
      if (path !== null) saveSecret(path, text);
    },
  };
}

function makeSleep(world: World, signal: AbortSignal): (ms: number) => Promise<void> {
  return async (ms) => {
    try {
      await world.sleep(ms, signal);
    } catch (cause) {
      if (!signal.aborted) throw cause;
      throw new Interrupted();
    }
  };
}

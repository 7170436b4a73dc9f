import type { Clock } from '../lib/base/time.ts';
import type { ApiClient } from './api/client.ts';
import type { Aws } from './aws.ts';
import type { DataFolder } from './data-folder.ts';
import type { Environment, ReadFile, Settings } from './settings.ts';
import type { Output } from './text/output.ts';

export interface ProfileFile {
  /** null: the user has no home. */
  readonly path: string | null;
  /** null: it is not there. Throws a usage error if it can't be read. */
  readonly read: () => string | null;
  /** Another small file, likewise. */
  readonly readOther: ReadFile;
  /** For its owner alone to read. Throws a usage error if it can't be written; then it is as it was. */
  readonly save: (text: string) => void;
}

/** What a command may use of the world. */
export interface Context {
  readonly env: Environment;
  readonly out: Output;
  /** Whether `--json` was given. */
  readonly json: boolean;
  readonly settings: Settings;
  /** The time as jobwatch has it, as far as its answers tell: what it says is compared with it. */
  readonly clock: Clock;
  /** Milliseconds that nobody can put forward or back: for how long something took. */
  readonly ticker: Clock;
  /** Throws `Interrupted` when the user asks to stop, or nobody reads a stream any more. */
  readonly sleep: (ms: number) => Promise<void>;
  /** Aborted when the user asks to stop. */
  readonly signal: AbortSignal;
  /** A text file; `-` is standard input. Throws a usage error if it can't be read. */
  readonly readText: (path: string) => Promise<string>;
  /**
   * Makes a file that its owner alone can read; throws a usage error if it can't, or if it exists. Answers what undoes
   * it.
   */
  readonly writeSecret: (path: string, text: string) => () => void;
  /** Makes or replaces such a file, with the folders to it. Throws a usage error if it can't; then it is as it was. */
  readonly saveSecret: (path: string, text: string) => void;
  /**
   * Asks the user for one line, which a secret is not shown of. null: there is no terminal to ask at, or no answer.
   */
  readonly ask: (question: string, isSecret: boolean) => Promise<string | null>;
  /** Where profiles are written to. */
  readonly profileFile: ProfileFile;
  /** A client with other settings than those of options, environment and profile. */
  readonly connect: (settings: Pick<Settings, 'url' | 'token'>) => ApiClient;
  /** Opens it in the user's browser; false: nothing was found that does. */
  readonly openUrl: (url: string) => Promise<boolean>;
  /** For what is not jobwatch's API. */
  readonly fetch: typeof globalThis.fetch;
  /** A random text that is never the same twice. */
  readonly randomId: () => string;
  readonly randomBytes: (size: number) => Uint8Array;
  readonly client: ApiClient;
  /** For what has to be cleared away after an interruption too. */
  readonly lastClient: ApiClient;
  /** Clients of AWS, loaded when they are first used. */
  readonly aws: () => Promise<Aws>;
  /** What a jobwatch that runs on one machine keeps; opened when it is first used. */
  readonly folder: (dir: string) => DataFolder;
}

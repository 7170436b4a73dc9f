import { homedir } from 'node:os';
import { join } from 'node:path';
import * as v from 'valibot';
import { usage } from './exit.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** The options that most commands take. */
export interface CommonOptions {
  readonly json?: boolean;
  readonly url?: string;
  readonly tokenFile?: string;
  readonly profile?: string;
  readonly stage?: string;
}

/** Where jobwatch is. null: not said anywhere. */
export interface Settings {
  readonly url: string | null;
  readonly token: string | null;
  readonly stage: string;
  readonly awsRegion: string | null;
}

const profile = v.strictObject({
  url: v.optional(v.string()),
  token: v.optional(v.string()),
  tokenFile: v.optional(v.string()),
  stage: v.optional(v.string()),
  awsRegion: v.optional(v.string()),
});
const profiles = v.record(v.string(), profile);
type Profile = v.InferOutput<typeof profile>;

/** Reads a small text file; null if it is not there. */
export type ReadFile = (path: string) => string | null;

/** `~/.config/jobwatch/profiles.json`, `$XDG_CONFIG_HOME` and Windows' `%APPDATA%` respected. */
export function profilePath(env: Environment): string {
  const folder = env['XDG_CONFIG_HOME'] || env['APPDATA'] || join(env['HOME'] || homedir(), '.config');
  return join(folder, 'jobwatch', 'profiles.json');
}

/** Options win over the environment, the environment over the profile. Throws a usage error on a file that is wrong. */
export function readSettings(options: CommonOptions, env: Environment, readFile: ReadFile): Settings {
  const name = options.profile ?? env['JOBWATCH_PROFILE'];
  const chosen = readProfile(name, profilePath(env), readFile);
  const stage = options.stage ?? env['JOBWATCH_STAGE'] ?? chosen.stage ?? 'prod';
  if (!/^[a-z0-9-]{1,20}$/.test(stage)) throw usage('--stage is 1 to 20 lower-case letters, digits and "-".');
  return {
    url: options.url ?? env['JOBWATCH_URL'] ?? chosen.url ?? null,
    token: tokenOf(options, env, chosen, readFile),
    stage,
    awsRegion: chosen.awsRegion ?? null,
  };
}

function readProfile(name: string | undefined, path: string, readFile: ReadFile): Profile {
  const text = readFile(path);
  if (text === null) {
    if (name === undefined) return {};
    throw usage(`There is no profile "${name}", for there is no file ${path}: write it as {"${name}": {"url": "…"}}.`);
  }
  const result = v.safeParse(profiles, parseJson(text, path));
  if (!result.success) {
    const [issue] = result.issues;
    throw usage(`${path}: ${v.getDotPath(issue) ?? 'the file'}: expected ${issue.expected ?? 'another value'}.`);
  }
  const found = result.output[name ?? 'default'];
  if (found !== undefined) return found;
  if (name === undefined) return {};
  throw usage(`${path} has no profile "${name}"; it has ${Object.keys(result.output).join(', ') || 'none'}.`);
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw usage(`${path} is not JSON: write it as {"default": {"url": "…", "tokenFile": "…"}}.`);
  }
}

function tokenOf(options: CommonOptions, env: Environment, chosen: Profile, readFile: ReadFile): string | null {
  if (options.tokenFile !== undefined) return tokenIn(options.tokenFile, readFile);
  if (env['JOBWATCH_TOKEN'] !== undefined && env['JOBWATCH_TOKEN'] !== '') return env['JOBWATCH_TOKEN'];
  if (chosen.tokenFile !== undefined) return tokenIn(chosen.tokenFile, readFile);
  return chosen.token ?? null;
}

function tokenIn(path: string, readFile: ReadFile): string {
  const text = readFile(path)?.trim();
  if (text === undefined || text === '') throw usage(`The token file ${path} can't be read or is empty.`);
  return text;
}

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

/** Where jobwatch is, and which stack it is. null: not said anywhere. */
export interface Settings {
  readonly url: string | null;
  readonly token: string | null;
  readonly stage: string | null;
  readonly awsRegion: string | null;
}

export const STAGE = /^[a-z0-9-]{1,20}$/;

const profile = v.strictObject({
  url: v.optional(v.string()),
  token: v.optional(v.string()),
  tokenFile: v.optional(v.string()),
  stage: v.optional(v.string()),
  awsRegion: v.optional(v.string()),
});
const profiles = v.record(v.string(), profile);
type Profile = v.InferOutput<typeof profile>;

/** Reads a small text file; null if it is not there. Throws a usage error if it can't be read. */
export type ReadFile = (path: string) => string | null;

/**
 * `~/.config/jobwatch/profiles.json`, `$XDG_CONFIG_HOME` and Windows' `%APPDATA%` respected. null: the user has no
 * home.
 */
export function profilePath(env: Environment): string | null {
  const home = env['HOME'] || userHome();
  const folder = env['XDG_CONFIG_HOME'] || env['APPDATA'] || (home === null ? null : join(home, '.config'));
  return folder === null ? null : join(folder, 'jobwatch', 'profiles.json');
}

/** Containers may run under a user id that the system does not know: there is no home then. */
function userHome(): string | null {
  try {
    return homedir();
  } catch {
    return null;
  }
}

/**
 * Options win over the environment, the environment over the profile. Throws a usage error on a file that is wrong.
 * `holdsToken` is told of each file that a token was read from.
 */
export function readSettings(
  options: CommonOptions,
  env: Environment,
  readFile: ReadFile,
  holdsToken: (path: string) => void = () => undefined,
): Settings {
  const name = options.profile ?? env['JOBWATCH_PROFILE'];
  const path = profilePath(env);
  const chosen = readProfile(name, path, readFile);
  if (path !== null && chosen.token !== undefined) holdsToken(path);
  const readToken: ReadFile = (file) => {
    const text = readFile(file);
    if (text !== null) holdsToken(file);
    return text;
  };
  const stage = options.stage ?? (env['JOBWATCH_STAGE'] || chosen.stage) ?? null;
  if (stage !== null && !STAGE.test(stage))
    throw usage('The stage (--stage, JOBWATCH_STAGE) is 1 to 20 lower-case letters, digits and "-".');
  return {
    url: options.url ?? (env['JOBWATCH_URL'] || chosen.url) ?? null,
    token: tokenOf(options, env, chosen, readToken),
    stage,
    awsRegion: chosen.awsRegion ?? null,
  };
}

function readProfile(name: string | undefined, path: string | null, readFile: ReadFile): Profile {
  const text = path === null ? null : readFile(path);
  if (path === null || text === null) {
    if (name === undefined) return {};
    const why = path === null ? 'since there is no home folder: set XDG_CONFIG_HOME' : `since there is no file ${path}`;
    throw usage(`There is no profile "${name}", ${why}; write it as {"${name}": {"url": "…"}}.`);
  }
  return pick(parseProfiles(text, path), name, path);
}

/** A record drops what is named like a member of every object, and whoever writes the file would lose it. */
export function isLost(name: string): boolean {
  return ['__proto__', 'prototype', 'constructor'].includes(name);
}

/** Throws a usage error that names what is wrong in the file at `path`. */
export function parseProfiles(text: string, path: string): Readonly<Record<string, Profile>> {
  const given = parseJson(text, path);
  const lost = Object.keys(Object(given)).find(isLost);
  if (lost !== undefined) throw usage(`${path}: a profile can't be named "${lost}".`);
  const result = v.safeParse(profiles, given);
  if (result.success) return result.output;
  const [issue] = result.issues;
  throw usage(`${path}: ${v.getDotPath(issue) ?? 'the file'}: expected ${issue.expected ?? 'another value'}.`);
}

function pick(all: Readonly<Record<string, Profile>>, name: string | undefined, path: string): Profile {
  const found = new Map(Object.entries(all)).get(name ?? 'default');
  if (found !== undefined) return found;
  if (name === undefined) return {};
  throw usage(`${path} has no profile "${name}"; it has ${Object.keys(all).join(', ') || 'none'}.`);
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw usage(`${path} is not JSON: write it as {"default": {"url": "…", "tokenFile": "…"}}.`);
  }
}

function tokenOf(options: CommonOptions, env: Environment, chosen: Profile, readFile: ReadFile): string | null {
  const given = readToken(options, env, readFile);
  if (given !== null) return given;
  if (chosen.tokenFile !== undefined) return tokenIn(chosen.tokenFile, readFile);
  return chosen.token === undefined ? null : sound(chosen.token, 'the token of the profile');
}

/** The token that the option or the variable gives; null: neither does. Throws a usage error on what is no token. */
export function readToken(
  { tokenFile }: Pick<CommonOptions, 'tokenFile'>,
  env: Environment,
  readFile: ReadFile,
): string | null {
  if (tokenFile !== undefined) return tokenIn(tokenFile, readFile);
  const given = env['JOBWATCH_TOKEN']?.trim();
  return given === undefined || given === '' ? null : sound(given, 'JOBWATCH_TOKEN');
}

function tokenIn(path: string, readFile: ReadFile): string {
  const text = readFile(path)?.trim();
  if (text === undefined || text === '') throw usage(`The token file ${path} is missing or empty.`);
  return sound(text, `the token file ${path}`);
}

/** What can't stand in a header would come back in the error of whoever refuses it. */
function sound(token: string, place: string): string {
  if (/^[\x21-\x7e]{1,512}$/.test(token)) return token;
  const subject = place.charAt(0).toUpperCase() + place.slice(1);
  throw usage(`${subject} does not look like a token: a token is jw_ and letters, digits, "-" and "_" in one line.`);
}

/**
 * The stage, for what is stored in SSM. There is no default: an account or a token in the wrong stage would look
 * right and have no effect.
 */
export function stageOf({ settings }: { readonly settings: Settings }): string {
  if (settings.stage !== null) return settings.stage;
  throw usage(
    'Which stage? Give --stage (or JOBWATCH_STAGE), the same as at deployment; "serverless deploy" without it deploys dev.',
  );
}

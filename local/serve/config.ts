import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import * as v from 'valibot';
import { isFields } from '../template/values.ts';
import { readEnvironmentOf, SETTINGS, type SettingName } from './settings.ts';

/** Where the credentials of an account are: in a file that its owner alone can read, or in a variable. */
export type AccountSource = { readonly file: string } | { readonly variable: string };

export interface ServeConfig {
  readonly address: string;
  readonly port: number;
  /** Part of the source of events. */
  readonly stage: string;
  readonly accounts: Readonly<Record<string, AccountSource>>;
  /** As the variables of the functions. */
  readonly variables: Readonly<Record<string, string>>;
}

/** What is wrong with the configuration: one sentence a field. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

const ACCOUNTS_MAX = 1000;
const CONFIG_MAX_BYTES = 1_000_000;

const source = v.union(
  [
    v.strictObject({ file: v.pipe(v.string(), v.minLength(1)) }),
    v.strictObject({ variable: v.pipe(v.string(), v.regex(/^[A-Za-z_][A-Za-z0-9_]*$/)) }),
  ],
  'expected {"file": "PATH"} or {"variable": "NAME"}',
);
const accountName = v.pipe(
  v.string(),
  v.regex(/^[A-Za-z0-9_-]{1,64}$/, 'a name is 1 to 64 letters, digits, "_" and "-"'),
);
const setting = v.union([v.string(), v.number()], 'expected a number or a text');

const shape = v.strictObject({
  address: v.optional(
    v.pipe(
      v.string('expected an IP address to listen on'),
      v.check((text) => isIP(text) !== 0, 'expected an IP address to listen on'),
    ),
    '127.0.0.1',
  ),
  port: v.optional(
    v.pipe(
      v.number('expected a whole number from 1 to 65535'),
      v.check(
        (port) => Number.isInteger(port) && port >= 1 && port <= 65_535,
        'expected a whole number from 1 to 65535',
      ),
    ),
    8080,
  ),
  stage: v.optional(
    v.pipe(
      v.string('expected 1 to 20 lower-case letters, digits or "-"'),
      v.regex(/^[a-z0-9-]{1,20}$/, 'expected 1 to 20 lower-case letters, digits or "-"'),
    ),
    'prod',
  ),
  accounts: v.optional(
    v.pipe(
      v.record(accountName, source),
      v.check((all) => Object.keys(all).length <= ACCOUNTS_MAX, `expected at most ${ACCOUNTS_MAX} accounts`),
    ),
    {},
  ),
  allowedCidrs: v.optional(v.array(v.string(), 'expected a list of address ranges such as ["10.0.0.0/8"]'), []),
  ...(Object.fromEntries(SETTINGS.map(({ name }) => [name, v.optional(setting)])) as Record<
    SettingName,
    v.OptionalSchema<typeof setting, undefined>
  >),
});

/** Throws a ConfigError that names every wrong field. */
export function readConfig(path: string): ServeConfig {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new ConfigError(`${path} can't be read: expected a file with JSON such as {"port": 8080}.`, { cause });
  }
  if (text.length > CONFIG_MAX_BYTES) throw new ConfigError(`${path} is longer than ${CONFIG_MAX_BYTES} bytes.`);
  return parseConfig(text, path);
}

export function parseConfig(text: string, path: string): ServeConfig {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new ConfigError(`${path} is not JSON.`, { cause });
  }
  if (!isFields(json)) throw new ConfigError(`${path}: expected an object such as {"port": 8080}.`);
  const parsed = v.safeParse(shape, json);
  const problems = (parsed.issues ?? []).map((issue) => `${v.getDotPath(issue) ?? 'the file'}: ${sentence(issue)}`);
  const environment = readEnvironmentOf(json);
  const all = [...problems, ...environment.problems];
  if (!parsed.success || all.length > 0) throw new ConfigError(`${path}: ${[...new Set(all)].join('; ')}.`);
  const { address, port, stage, accounts } = parsed.output;
  return { address, port, stage, accounts, variables: environment.variables };
}

function sentence(issue: v.BaseIssue<unknown>): string {
  if (issue.expected === 'never') return 'is no key of the configuration';
  return /^(expected|a name)/.test(issue.message) ? issue.message : `expected ${issue.expected ?? 'another value'}`;
}

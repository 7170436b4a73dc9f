import { readFileSync, statSync } from 'node:fs';
import { parseAccount } from '../../lib/vendors/account.ts';
import { API_FACTS } from '../../lib/vendors/registry.ts';
import { readTokens } from '../data/tokens.ts';
import type { Parameter, ParameterStore } from '../engines/parameters.ts';
import { type AccountSource, ConfigError } from './config.ts';

export interface AccountStoreOptions {
  readonly dir: string;
  readonly stage: string;
  readonly accounts: Readonly<Record<string, AccountSource>>;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The version of what stands in a variable, which changes with a new start only. */
  readonly startedAtMs: number;
  /** Told of an account that could be read at the start and can't be now. */
  readonly onUnreadable: (reason: string) => void;
}

const ACCOUNT_MAX_BYTES = 16_384;

/**
 * What the functions ask SSM for: accounts, from files and variables, and the hashes of tokens in the folder. Files are
 * read anew each time, so that a secret is changed without a new start; the functions ask about once a minute. Nothing
 * can be written.
 */
export function makeAccountStore(options: AccountStoreOptions): ParameterStore {
  const { dir, stage, accounts, onUnreadable } = options;
  const prefix = `/jobwatch/${stage}/accounts/`;
  const get = (name: string): Parameter | null => {
    if (name === `/jobwatch/${stage}/api-tokens`) {
      const stored = readTokens(dir);
      return stored === null ? null : parameter(name, stored.text, stored.changedAtMs);
    }
    const account = name.startsWith(prefix) ? name.slice(prefix.length) : '';
    const source = Object.hasOwn(accounts, account) ? accounts[account] : undefined;
    if (source === undefined) return null;
    try {
      const { text, version } = readSource(source, options);
      return parameter(name, text, version);
    } catch (error) {
      onUnreadable(`account "${account}": ${error instanceof Error ? error.message : String(error)}`);
      return null;
    }
  };
  return {
    get,
    put() {
      throw new Error('accounts and tokens are not written through the parameters here');
    },
    remove: () => false,
    below: (path) =>
      Object.keys(accounts)
        .map((name) => `${prefix}${name}`)
        .filter((name) => name.startsWith(path.endsWith('/') ? path : `${path}/`))
        .flatMap((name) => get(name) ?? []),
  };
}

/** Throws a ConfigError that names every account that can't be used. */
export function checkAccounts(options: Pick<AccountStoreOptions, 'accounts' | 'env' | 'startedAtMs'>): void {
  const problems = Object.entries(options.accounts).flatMap(([name, source]) => {
    try {
      const parsed = parseAccount(readSource(source, options).text, API_FACTS);
      return parsed.ok ? [] : [`accounts.${name}: ${parsed.reason}`];
    } catch (error) {
      return [`accounts.${name}: ${error instanceof Error ? error.message : String(error)}`];
    }
  });
  if (problems.length > 0) throw new ConfigError(`${problems.join('; ')}.`);
}

function readSource(source: AccountSource, { env, startedAtMs }: Pick<AccountStoreOptions, 'env' | 'startedAtMs'>) {
  if ('variable' in source) {
    const text = env[source.variable];
    if (text === undefined || text === '') throw new Error(`the variable ${source.variable} is not set`);
    return { text, version: startedAtMs };
  }
  const stat = statSync(source.file, { throwIfNoEntry: false });
  if (stat === undefined) throw new Error(`${source.file} does not exist`);
  if (!stat.isFile() || stat.size > ACCOUNT_MAX_BYTES)
    throw new Error(`${source.file}: expected a file of at most ${ACCOUNT_MAX_BYTES} bytes`);
  // Windows has other rights than these.
  if (process.platform !== 'win32' && (stat.mode & 0o077) !== 0)
    throw new Error(`${source.file} can be read by others: chmod 600 ${source.file}`);
  return { text: readFileSync(source.file, 'utf8'), version: Math.trunc(stat.mtimeMs) };
}

function parameter(name: string, value: string, version: number): Parameter {
  return { name, type: 'SecureString', value, version, modifiedAtMs: version, keyId: null };
}

import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type ApiClient, makeApiClient, makeToken } from './client.ts';
import { type System, type SystemOptions, startSystem } from './system.ts';
import { PACKAGE_DIR, stackFiles } from './template/template.ts';

const ROOT = join(import.meta.dirname, '..');

export interface Stack {
  readonly system: System;
  readonly api: ApiClient;
  readonly token: string;
}

export interface StackOptions extends Omit<SystemOptions, 'packageDir' | 'parameters'> {
  /** Whether the pending queue wakes workers; `off`: the ticks of the schedule work alone. Default `on`. */
  readonly wake?: 'on' | 'off';
  /** Default: what is packaged in this checkout. */
  readonly packageDir?: string;
  /** Accounts by name, as the file of `--accounts` holds them. */
  readonly accounts: Readonly<Record<string, unknown>>;
  /** Default: a new one. */
  readonly token?: string;
}

/**
 * Starts the packaged stack with accounts, an API token, and webhooks to this machine allowed. Throws if nothing is
 * packaged; whether the package is fresh is for the caller to see to (`npm run package`).
 */
export async function startStack({ accounts, wake = 'on', token: given, ...options }: StackOptions): Promise<Stack> {
  const packageDir = options.packageDir ?? join(ROOT, PACKAGE_DIR);
  if (!existsSync(stackFiles(packageDir).template))
    throw new Error(`There is no package in ${packageDir}. Run "npm run package" first.`);
  const { token, parameter } = makeToken(given);
  const loopback = { WEBHOOK_ALLOWED_CIDRS: '127.0.0.0/8,::1/128' };
  const environment = { ...options.environment };
  environment['watch'] = { WAKE: wake, ...environment['watch'] };
  for (const name of ['api', 'deliver']) environment[name] = { ...loopback, ...environment[name] };
  let isClosing = false;
  const onError = (name: string, error: unknown) => {
    // A tick that runs while the system closes is cut off, as it may be at any time.
    if (!isClosing) console.error(`${name} failed:`, error);
  };
  const started = await startSystem({
    onError,
    ...options,
    packageDir,
    environment,
    stackParameters: { Wake: wake, ...options.stackParameters },
  });
  const system: System = {
    ...started,
    close: () => {
      isClosing = true;
      return started.close();
    },
  };
  system.parameters.put(`/jobwatch/${system.stage}/api-tokens`, parameter);
  for (const [name, account] of Object.entries(accounts)) {
    system.parameters.put(`/jobwatch/${system.stage}/accounts/${name}`, JSON.stringify(account));
  }
  return { system, token, api: makeApiClient(system.urls.api, token) };
}

/** Resolves with the signal's name when the user asks to stop. */
export async function untilInterrupted(): Promise<string> {
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  return Promise.race(signals.map((signal) => once(process, signal).then(() => signal)));
}

import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { VERSION } from '../../lib/base/version.ts';
import { DataError } from '../data/error.ts';
import { untilInterrupted } from '../stack.ts';
import { stackFiles } from '../template/template.ts';
import { ConfigError, readConfig, type ServeConfig } from './config.ts';
import { makeServeLog } from './log.ts';
import { startServe } from './serve.ts';

const USAGE = `jobwatch-serve --config FILE --data DIR [--behind-proxy]

  --config FILE     JSON: address, port, stage, accounts, allowedCidrs and settings
  --data DIR        keeps jobs, subscriptions, deliveries, queues and hashes of tokens
  --behind-proxy    listen on another address than loopback, where a proxy ends TLS
  --release DIR     the folder of a release (default: this program's own)
  --version
  --help

Logs are lines of JSON on standard output. SIGTERM ends it within ten seconds.`;

/** A process that is still there after this is ended by force. */
const CLOSE_MAX_MS = 9000;

process.exitCode = await main();

async function main(): Promise<number> {
  try {
    return await serve();
  } catch (error) {
    const isForUser = error instanceof ConfigError || error instanceof DataError || isUsage(error) || isListen(error);
    console.error(isForUser && error instanceof Error ? `jobwatch-serve: ${error.message}` : error);
    return isUsage(error) || error instanceof ConfigError ? 64 : 1;
  }
}

async function serve(): Promise<number> {
  const { values } = parseArgs({
    options: {
      config: { type: 'string' },
      data: { type: 'string' },
      release: { type: 'string' },
      'behind-proxy': { type: 'boolean', default: false },
      version: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help || values.version) {
    console.log(values.help ? USAGE : VERSION);
    return 0;
  }
  if (values.config === undefined || values.data === undefined)
    throw new ConfigError(`--config and --data are needed.\n\n${USAGE}`);
  const config = readConfig(values.config);
  refuseOpenAddress(config, values['behind-proxy']);
  const stopped = untilInterrupted();
  const log = makeServeLog((text) => void process.stdout.write(text), Date.now);
  const served = await startServe({
    config,
    dir: resolve(values.data),
    releaseDir: resolve(values.release ?? ownRelease()),
    env: process.env,
    log,
    clock: Date.now,
  });
  await stopped;
  setTimeout(() => process.exit(1), CLOSE_MAX_MS).unref();
  await served.close();
  return 0;
}

/** Tokens would be read by whoever sees the network. */
function refuseOpenAddress({ address }: ServeConfig, isBehindProxy: boolean): void {
  if (isBehindProxy || address === '::1' || address.startsWith('127.')) return;
  throw new ConfigError(
    `address ${address}: it speaks http without TLS, so another address than 127.0.0.1 needs --behind-proxy.`,
  );
}

/** Where the bundle lies; in a checkout, what "npm run release" has written. */
function ownRelease(): string {
  const here = import.meta.dirname;
  return existsSync(stackFiles(here).template) ? here : join(here, '../../release', VERSION);
}

function isUsage(error: unknown): boolean {
  return error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS');
}

function isListen(error: unknown): boolean {
  return (
    error instanceof Error && 'code' in error && ['EADDRINUSE', 'EADDRNOTAVAIL', 'EACCES'].includes(String(error.code))
  );
}

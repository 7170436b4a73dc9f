import { accessSync, constants, existsSync, mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type AddressInfo, connect, createServer } from 'node:net';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startGuarded } from './guarded-child.ts';
import type { Engine } from './sqs.ts';

export type DynamoKind = 'external' | 'dynoxide' | 'dynalite';

export interface DynamoEngine extends Engine {
  /** `dynalite` has no transactions and returns no item with a failed condition. */
  readonly kind: DynamoKind;
  /** The engine's process, if it has one. */
  readonly pid: number | null;
}

export interface DynamoOptions {
  readonly dataDir?: string;
  /** Read for AWS_ENDPOINT_URL_DYNAMODB and PATH. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Takes this engine and no other. */
  readonly kind?: DynamoKind;
}

/**
 * The first of: the endpoint that AWS_ENDPOINT_URL_DYNAMODB names, dynoxide's binary from its npm package, dynoxide on
 * the PATH, dynalite in this process. Throws if the kind that was asked for is not to be had.
 */
export async function startDynamo(options: DynamoOptions): Promise<DynamoEngine> {
  const wanted = (kind: DynamoKind): boolean => options.kind === undefined || options.kind === kind;
  const endpoint = options.env['AWS_ENDPOINT_URL_DYNAMODB'];
  if (endpoint && wanted('external'))
    return { kind: 'external', url: endpoint, pid: null, close: async () => undefined };
  const binary = wanted('dynoxide') ? findDynoxide(options.env['PATH'] ?? '') : null;
  if (binary !== null) return startDynoxide(binary, options.dataDir);
  if (wanted('dynalite')) return startDynalite(options.dataDir);
  throw new Error(`there is no ${options.kind} engine on this machine`);
}

/** The path of the binary, or null. The guard needs a POSIX shell. */
export function findDynoxide(path: string): string | null {
  if (process.platform === 'win32') return null;
  const packaged = dynoxidePackage();
  const candidates = [
    ...(packaged ? [packaged] : []),
    ...path.split(delimiter).map((folder) => join(folder, 'dynoxide')),
  ];
  return candidates.find(isExecutable) ?? null;
}

function dynoxidePackage(): string | null {
  try {
    const manifest = createRequire(import.meta.url).resolve(
      `@dynoxide/${process.platform}-${process.arch}/package.json`,
    );
    return join(manifest, '..', 'dynoxide');
  } catch {
    // An optional dependency, published for few platforms.
    return null;
  }
}

function isExecutable(path: string): boolean {
  if (!existsSync(path)) return false;
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

const START_TRIES = 3;
const START_TIMEOUT_MS = 10_000;

/**
 * The binary does not tell a port that it chose itself, so it is given a free one; somebody may take that in between,
 * hence the tries.
 */
async function startDynoxide(binary: string, dataDir: string | undefined): Promise<DynamoEngine> {
  if (dataDir !== undefined) mkdirSync(dataDir, { recursive: true });
  const place = dataDir === undefined ? [] : ['--db-path', join(dataDir, 'dynamodb.sqlite')];
  for (let attempt = 1; attempt <= START_TRIES; attempt += 1) {
    const port = await freePort();
    const child = await startGuarded(binary, ['--host', '127.0.0.1', '--port', String(port), ...place]);
    let isGone = false;
    void child.gone.then(() => {
      isGone = true;
    });
    if (await answers(port, () => isGone))
      return { kind: 'dynoxide', url: `http://127.0.0.1:${port}`, pid: child.pid, close: child.close };
    await child.close();
  }
  throw new Error(`${binary} did not start`);
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function answers(port: number, isGone: () => boolean): Promise<boolean> {
  const until = Date.now() + START_TIMEOUT_MS;
  while (Date.now() < until && !isGone()) {
    if (await connects(port)) return !isGone();
    await sleep(2);
  }
  return false;
}

function connects(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

async function startDynalite(dataDir: string | undefined): Promise<DynamoEngine> {
  const { default: dynalite } = await import('dynalite');
  const place = dataDir === undefined ? {} : { path: join(dataDir, 'dynamodb') };
  const server = dynalite({ createTableMs: 0, updateTableMs: 0, deleteTableMs: 0, ...place });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { kind: 'dynalite', url: `http://127.0.0.1:${port}`, pid: null, close };
}

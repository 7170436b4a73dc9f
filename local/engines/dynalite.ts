import { mkdirSync } from 'node:fs';
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { PORTABLE_TABLES } from '../data/folder.ts';
import type { DynamoEngine } from './dynamo-engine.ts';
import { Level } from './level.ts';
import { makeSqliteStore, type SqliteStore } from './sqlite-store.ts';

/**
 * The portable DynamoDB engine, dynalite in this process, on Node's own SQLite: in the folder, or in memory without one.
 * Nothing of it is native, beside Node.
 */
export async function startDynalite(dataDir: string | undefined): Promise<DynamoEngine> {
  takeStores();
  const { default: dynalite } = await import('dynalite');
  if (dataDir !== undefined) mkdirSync(dataDir, { recursive: true });
  const store = makeSqliteStore(dataDir === undefined ? ':memory:' : join(dataDir, PORTABLE_TABLES));
  const server = dynalite({ createTableMs: 0, updateTableMs: 0, deleteTableMs: 0, path: store });
  settleEach(server, store);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { kind: 'dynalite', url: `http://127.0.0.1:${port}`, pid: null, close };
}

/** In a checkout the package `level` is installed, and its native store with it; in a release the bundler has put ours there. */
function takeStores(): void {
  try {
    const require = createRequire(import.meta.url);
    createRequire(require.resolve('dynalite'))('level').Level = Level;
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'MODULE_NOT_FOUND')) throw error;
  }
}

/**
 * Requests run one after the other, each in a transaction that is on the disk before its answer goes out: an item and
 * its rows in the indexes, which dynalite writes one by one, are there together or not at all.
 */
function settleEach(server: Server, store: SqliteStore): void {
  const [handle] = server.listeners('request') as RequestListener[];
  if (handle === undefined) throw new Error('dynalite listens to no requests');
  server.removeAllListeners('request');
  let turn = Promise.resolve();
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const work = () =>
      new Promise<void>((resolve) => {
        // Whoever asked may be gone before it is answered.
        response.once('close', resolve);
        settleBefore(response, store, resolve);
        handle(request, response);
      });
    turn = turn.then(work);
  });
}

/** What can't be kept is not acknowledged: the SDK tries again. */
function settleBefore(response: ServerResponse, store: SqliteStore, settled: () => void): void {
  const end = response.end.bind(response) as (...parts: unknown[]) => ServerResponse;
  response.end = (...parts: unknown[]) => {
    const isKept = store.settle();
    settled();
    if (isKept) return end(...parts);
    const body = JSON.stringify({
      __type: 'com.amazonaws.dynamodb.v20120810#InternalServerError',
      message: 'it could not be written',
    });
    for (const name of response.getHeaderNames()) response.removeHeader(name);
    response.statusCode = 500;
    response.setHeader('content-type', 'application/x-amz-json-1.0');
    return end(body);
  };
}

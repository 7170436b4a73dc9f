import { mkdirSync } from 'node:fs';
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Readable } from 'node:stream';
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
  const requests = settleEach(server, store);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const close = async (): Promise<void> => {
    await requests.end();
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  };
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

/** A request of DynamoDB has 16 MB at most: what is beyond the first piece too many is not kept. */
const BODY_MAX_BYTES = 16 * 1024 * 1024;

/**
 * Requests run one after the other, each in a transaction that is on the disk before its answer goes out: an item and
 * its rows in the indexes, which dynalite writes one by one, are there together or not at all. A request's turn comes
 * when it is there whole, and ends when dynalite has done it, whether or not somebody still waits for its answer.
 */
function settleEach(server: Server, store: SqliteStore): { end(): Promise<void> } {
  const [handle] = server.listeners('request') as RequestListener[];
  if (handle === undefined) throw new Error('dynalite listens to no requests');
  server.removeAllListeners('request');
  let turn = Promise.resolve();
  let isOver = false;
  server.on('request', async (request: IncomingMessage, response: ServerResponse) => {
    const whole = await readWhole(request);
    if (whole === null) return;
    const work = () =>
      new Promise<void>((resolve) => {
        if (isOver || response.destroyed) return resolve();
        settleBefore(response, store, resolve);
        handle(whole, response);
      });
    turn = turn.then(work);
  });
  return {
    end: () => {
      isOver = true;
      return turn;
    },
  };
}

/** The same request with its body at hand: dynalite ends the process if a body breaks off. null: it did. */
async function readWhole(request: IncomingMessage): Promise<IncomingMessage | null> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const piece of request as AsyncIterable<Buffer>) {
      if (bytes <= BODY_MAX_BYTES) pieces.push(piece);
      bytes += piece.length;
    }
  } catch {
    return null;
  }
  const { method, url, headers } = request;
  return Object.assign(Readable.from(pieces), { method, url, headers }) as unknown as IncomingMessage;
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

import type { IncomingMessage, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { usage } from '../exit.ts';

export interface Received {
  readonly body: string;
  readonly headers: IncomingMessage['headers'];
}

/** Answers the status of the response. */
export type Take = (received: Received) => Promise<number>;

export interface Listener {
  readonly port: number;
  /** Answers that are on their way are sent; then nobody is waited for. */
  close(): Promise<void>;
}

const BODY_MAX_BYTES = 64_000;
const CLOSE_WAIT_MS = 500;

/** Receives on 127.0.0.1; port 0 is a free one. Throws a usage error if the port can't be used. */
export async function receive(port: number, take: Take): Promise<Listener> {
  const { createServer } = await import('node:http');
  const server = createServer((request, response) => {
    bodyOf(request)
      .then((body) => (body === null ? 400 : take({ body, headers: request.headers })))
      .then(
        (status) => response.writeHead(status).end(),
        () => response.destroy(),
      );
  });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', (error) => reject(usage(`Port ${port} can't be used: ${error.message}.`)));
  server.listen(port, '127.0.0.1', resolve);
  await promise;
  return { port: (server.address() as AddressInfo).port, close: () => close(server) };
}

/** null: it is too long for an event. */
async function bodyOf(request: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > BODY_MAX_BYTES) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

async function close(server: Server): Promise<void> {
  server.closeIdleConnections();
  const { promise, resolve } = Promise.withResolvers<void>();
  server.close(() => resolve());
  const timer = setTimeout(() => server.closeAllConnections(), CLOSE_WAIT_MS);
  await promise;
  clearTimeout(timer);
}

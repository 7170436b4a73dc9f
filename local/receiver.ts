import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CloudEvent } from 'cloudevents';
import { Webhook } from 'standardwebhooks';

/** A delivery as the receiver saw it. `problem` is null if signature and event are good. */
export interface Received {
  readonly atMs: number;
  readonly id: string;
  readonly type: string;
  readonly jobId: string | null;
  readonly event: unknown;
  readonly problem: string | null;
  /** False for what came to `printUrl`. */
  readonly isVerified: boolean;
}

export interface Receiver {
  /** Deliveries here are verified with the trusted secret. */
  readonly url: string;
  /** Deliveries here are taken as they are: for subscriptions whose secret the receiver does not know. */
  readonly printUrl: string;
  /** The newest, up to 5,000: a receiver may stay up for days. */
  readonly received: readonly Received[];
  /** The subscription's secret, once it is known: without one nothing is verified and everything refused. */
  trust(secret: string): void;
  close(): Promise<void>;
}

const PRINT_PATH = '/print';
const BODY_MAX_BYTES = 64_000;
const RECEIVED_MAX = 5000;

/** A webhook receiver on 127.0.0.1, on a free port unless one is given, that verifies every delivery with the official `standardwebhooks` package. */
export async function startReceiver(
  onReceive: (delivery: Received) => void = () => undefined,
  wantedPort = 0,
): Promise<Receiver> {
  const received: Received[] = [];
  let webhook: Webhook | null = null;

  const server = createServer((request, response) => {
    void answer(request, response).catch((error: unknown) => {
      response.writeHead(500).end(String(error));
    });
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const delivery = inspect(await bodyOf(request), request.headers, request.url !== PRINT_PATH);
    received.push(delivery);
    if (received.length > RECEIVED_MAX) received.shift();
    onReceive(delivery);
    response.writeHead(delivery.problem === null ? 204 : 400).end(delivery.problem ?? undefined);
  }

  function inspect(body: string, headers: IncomingMessage['headers'], isVerified: boolean): Received {
    const common = { atMs: Date.now(), id: String(headers['webhook-id'] ?? ''), isVerified };
    try {
      const event = isVerified ? verify(body, headers) : JSON.parse(body);
      new CloudEvent(event as Record<string, unknown>).validate();
      const { type, data } = event as { type: string; data: { job?: { id?: string } } };
      return { ...common, type, jobId: data.job?.id ?? null, event, problem: null };
    } catch (error) {
      const problem = error instanceof Error ? error.message : 'not understood';
      return { ...common, type: '', jobId: null, event: null, problem };
    }
  }

  function verify(body: string, headers: IncomingMessage['headers']): unknown {
    if (webhook === null) throw new Error('no secret is known yet');
    return webhook.verify(body, headers as Record<string, string>);
  }

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(wantedPort, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    printUrl: `http://127.0.0.1:${port}${PRINT_PATH}`,
    received,
    trust(secret) {
      webhook = new Webhook(secret);
    },
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > BODY_MAX_BYTES) throw new Error('the body is too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

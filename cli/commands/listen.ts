import type { IncomingMessage, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Command } from 'commander';
import { timeOfDay } from '../../client/job.ts';
import { rotated } from '../../client/responses.ts';
import { need, read } from '../api/client.ts';
import { addCommand, type Host, wholeNumber } from '../command.ts';
import type { Context } from '../context.ts';
import { CliError, EXIT, Interrupted, usage } from '../exit.ts';
import type { CommonOptions } from '../settings.ts';
import { safe } from '../text/terminal.ts';
import { type SubscriptionOptions, subscribe } from '../webhooks/subscribe.ts';
import { verify } from '../webhooks/verify.ts';
import { withSubscription } from './subs.ts';

interface ListenOptions extends CommonOptions, SubscriptionOptions {
  readonly port?: number;
  readonly publicUrl?: string;
  readonly count?: number;
}

const BODY_MAX_BYTES = 64_000;
const ALL = ['jobwatch.*'];

export function addListen(program: Command, host: Host): void {
  addCommand<ListenOptions>(
    program,
    host,
    {
      name: 'listen',
      summary: 'receive, verify and print events here; Ctrl-C ends it',
      about:
        'Makes a subscription for the time it runs and removes it at the end. A jobwatch in AWS reaches this machine ' +
        'only through a tunnel: give its address with --public-url.',
      examples: [
        'jobwatch listen --type "jobwatch.job.*"',
        'jobwatch listen --port 8080 --public-url https://3f2a.tunnel.example',
      ],
      talksTo: ['api'],
      isStream: true,
    },
    (command) => {
      withSubscription(command)
        .option('--port <port>', 'listen on this port of 127.0.0.1 (default: a free one)', wholeNumber(0, 65_535))
        .option('--public-url <url>', 'where the events are sent to, if not to 127.0.0.1')
        .option('--description <text>', 'of the subscription')
        .option('--count <count>', 'end after so many good events', wholeNumber(1, 1_000_000));
    },
    listen,
  );
}

async function listen(context: Context, _: readonly string[], options: ListenOptions): Promise<number> {
  const { out } = context;
  let secret: string | null = null;
  let left = options.count ?? Infinity;
  const { promise: enough, resolve: end } = Promise.withResolvers<void>();
  const server = await open(options.port ?? 0, (body, headers) => {
    const checked = verify({ headers, body, secret, nowMs: context.clock() });
    if (checked.ok) {
      print(context, checked.event);
      left -= 1;
      if (left <= 0) end();
    } else out.note(`jobwatch: refused a request: ${checked.reason}`);
    return checked.ok;
  });
  const { port } = server.address() as AddressInfo;
  let id: string | null = null;
  try {
    const url = options.publicUrl ?? `http://127.0.0.1:${port}/`;
    const description = 'jobwatch listen';
    const made = await subscribed(context, url, { description, ...options, type: options.type ?? ALL });
    id = made.id;
    secret = made.secret ?? (await newSecret(context, made.id));
    out.note(`Listening on http://127.0.0.1:${port}/ as ${made.id}; Ctrl-C ends it.`);
    await Promise.race([enough, interruption(context)]);
    return EXIT.ok;
  } finally {
    await close(server);
    if (id !== null) await remove(context, id);
  }
}

/** The response with the secret was lost, and a repeat has none. Nobody else uses the subscription: it gets another. */
async function newSecret({ client }: Context, id: string): Promise<string> {
  const answer = await client.call('POST', `/subscriptions/${id}/rotate-secret`);
  return read(rotated, need(client, answer)).secret;
}

/** Where the address was refused, it says what would be taken. */
async function subscribed(context: Context, url: string, options: SubscriptionOptions) {
  try {
    return await subscribe(context, url, options);
  } catch (error) {
    if (error instanceof CliError && error.message.includes('url:'))
      throw usage(
        `${error.message} A jobwatch in AWS can't call this machine: give a tunnel's address with --public-url.`,
      );
    throw error;
  }
}

function print({ out, json }: Context, event: Readonly<Record<string, unknown>>): void {
  if (json) {
    out.jsonLine(event);
    return;
  }
  const at = typeof event['time'] === 'string' ? timeOfDay(event['time']) : '--:--:--';
  out.line(safe(`${at}  ${String(event['type'])}  ${String(event['subject'])}  ${JSON.stringify(event['data'])}`));
}

/** Rejects when the user asks to stop. No timer: one would keep the process when enough has come. */
function interruption({ signal }: Context): Promise<never> {
  return new Promise((_, reject) => {
    const stop = () => reject(new Interrupted());
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
}

async function remove({ lastClient, out }: Context, id: string): Promise<void> {
  const answer = await lastClient.call('DELETE', `/subscriptions/${id}`);
  if (answer.kind !== 'ok') out.note(`jobwatch: ${id} could not be removed: "jobwatch subs rm ${id}" does it.`);
}

type Take = (body: string, headers: IncomingMessage['headers']) => boolean;

async function open(port: number, take: Take): Promise<Server> {
  const { createServer } = await import('node:http');
  const server = createServer((request, response) => {
    bodyOf(request).then(
      (body) => response.writeHead(body !== null && take(body, request.headers) ? 204 : 400).end(),
      () => response.destroy(),
    );
  });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', (error) => reject(usage(`Port ${port} can't be used: ${error.message}.`)));
  server.listen(port, '127.0.0.1', resolve);
  await promise;
  return server;
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

/** Answers that are on their way are sent; then nobody is waited for. */
async function close(server: Server): Promise<void> {
  server.closeIdleConnections();
  const { promise, resolve } = Promise.withResolvers<void>();
  server.close(() => resolve());
  const timer = setTimeout(() => server.closeAllConnections(), 500);
  await promise;
  clearTimeout(timer);
}

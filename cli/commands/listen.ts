import type { Command } from 'commander';
import { rotated } from '../../client/responses.ts';
import { eventLine } from '../../lib/events/line.ts';
import { need, read } from '../api/client.ts';
import { addCommand, type Host, wholeNumber } from '../command.ts';
import type { Context } from '../context.ts';
import { CliError, EXIT, Interrupted, usage } from '../exit.ts';
import type { CommonOptions } from '../settings.ts';
import { safe } from '../text/terminal.ts';
import { type Forward, forwardSecret, forwardUrl, makeForward } from '../webhooks/forward.ts';
import { receive } from '../webhooks/receive.ts';
import { type SubscriptionOptions, subscribe } from '../webhooks/subscribe.ts';
import { verify } from '../webhooks/verify.ts';
import { withSubscription } from './subs.ts';

interface ListenOptions extends CommonOptions, SubscriptionOptions {
  readonly port?: number;
  readonly publicUrl?: string;
  readonly count?: number;
  readonly forwardTo?: string;
  readonly secretFile?: string;
}

const NO_CONTENT = 204;
const BAD_REQUEST = 400;
const ALL = ['jobwatch.*'];

export function addListen(program: Command, host: Host): void {
  addCommand<ListenOptions>(
    program,
    host,
    {
      name: 'listen',
      summary: 'receive, verify and print events here; Ctrl-C ends it',
      about:
        'Creates a subscription while it runs and removes it at the end. A jobwatch in AWS reaches this machine only ' +
        'through a tunnel: give its address with --public-url. With --forward-to each event is forwarded to your ' +
        'receiver, signed with a secret that stays the same, and jobwatch gets the answer of the receiver.',
      examples: [
        'jobwatch listen --forward-to http://localhost:3000/hook',
        'jobwatch listen --port 8080 --public-url https://3f2a.tunnel.example',
      ],
      talksTo: ['api'],
      isStream: true,
    },
    (command) => {
      withSubscription(command)
        .option('--port <port>', 'listen on this port of 127.0.0.1 (default: a free one)', wholeNumber(0, 65_535))
        .option('--public-url <url>', 'where to send the events, if not to 127.0.0.1')
        .option('--forward-to <url>', 'forward each event to the receiver that you are developing')
        .option(
          '--secret-file <file>',
          'the secret for --forward-to, created if it does not exist (default: in the config folder)',
        )
        .option('--description <text>', 'of the subscription')
        .option('--count <count>', 'end after this many valid events', wholeNumber(1, 1_000_000));
    },
    listen,
  );
}

async function listen(context: Context, _: readonly string[], options: ListenOptions): Promise<number> {
  const { out } = context;
  const forward = forwardOf(context, options);
  let secret: string | null = null;
  let left = options.count ?? Infinity;
  const { promise: enough, resolve: end } = Promise.withResolvers<void>();
  const listener = await receive(options.port ?? 0, async (received) => {
    const checked = verify({ ...received, secret, nowMs: context.clock() });
    if (!checked.ok) {
      out.note(`jobwatch: refused a request: ${checked.reason}`);
      return BAD_REQUEST;
    }
    const forwarded = await forward?.(received);
    print(context, checked.event, forwarded?.said ?? null);
    left -= 1;
    if (left <= 0) end();
    return forwarded?.status ?? NO_CONTENT;
  });
  let id: string | null = null;
  try {
    const url = options.publicUrl ?? `http://127.0.0.1:${listener.port}/`;
    const description = 'jobwatch listen';
    const made = await subscribed(context, url, { description, ...options, type: options.type ?? ALL });
    id = made.id;
    secret = made.secret ?? (await newSecret(context, made.id));
    out.note(`Listening on http://127.0.0.1:${listener.port}/ as ${made.id}; Ctrl-C ends it.`);
    await Promise.race([enough, interruption(context)]);
    return EXIT.ok;
  } finally {
    await listener.close();
    if (id !== null) await remove(context, id);
  }
}

/** null: what comes is printed alone. */
function forwardOf(context: Context, { forwardTo, secretFile }: ListenOptions): Forward | null {
  if (forwardTo === undefined) {
    if (secretFile === undefined) return null;
    throw usage('--secret-file needs --forward-to: it contains the secret that signs forwarded events.');
  }
  const url = forwardUrl(forwardTo);
  const { path, secret } = forwardSecret(context, secretFile);
  context.out.note(`Forwarding to ${url}, signed with the secret in ${path}`);
  return makeForward(context, url, secret);
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

function print({ out, json }: Context, event: Readonly<Record<string, unknown>>, forwarded: string | null): void {
  const answer = forwarded === null ? '' : `  → ${forwarded}`;
  if (json) {
    out.jsonLine(event);
    if (answer !== '') out.note(safe(`${String(event['id'])}${answer}`));
  } else out.line(safe(`${eventLine(event)}${answer}`));
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
  if (answer.kind !== 'ok') out.note(`jobwatch: ${id} could not be removed: run "jobwatch subs rm ${id}".`);
}

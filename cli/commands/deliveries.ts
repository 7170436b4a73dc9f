import type { Command } from 'commander';
import { type Delivery, deliveries as deliveriesShape, redelivered, redeliveredMany } from '../../client/responses.ts';
import { DELIVERY_STATES } from '../../lib/deliver/delivery.ts';
import { need, read } from '../api/client.ts';
import { addCommand, type Host, wholeNumber } from '../command.ts';
import type { Context } from '../context.ts';
import { EXIT, usage } from '../exit.ts';
import { sinceOption } from '../input/duration.ts';
import { eventType } from '../input/event-type.ts';
import type { CommonOptions } from '../settings.ts';
import { printTable } from '../text/table.ts';
import { safe } from '../text/terminal.ts';

const LIMIT = 50;
const PAGE_MAX = 100;

interface ListOptions extends CommonOptions {
  readonly state?: string;
  readonly type?: string;
  readonly job?: string;
  readonly since?: string;
  readonly limit?: number;
}

interface RedeliverOptions extends CommonOptions {
  readonly since?: string;
}

export function addDeliveries(program: Command, host: Host): void {
  addCommand<ListOptions>(
    program,
    host,
    {
      name: 'deliveries',
      args: '<subscription>',
      summary: 'list what was sent to a subscription, newest first',
      examples: [
        'jobwatch deliveries sub_3kq5… --state exhausted,waiting --since 1d',
        'jobwatch deliveries sub_3kq5… --limit 500 --json',
      ],
      talksTo: ['api'],
    },
    (command) => {
      command
        .option('--state <states>', `one or several, comma-separated: ${DELIVERY_STATES.join(', ')}`)
        .option('--type <type>', 'such as jobwatch.job.failed or jobwatch.group.*', eventType)
        .option('--job <id>', "about this job: its id, or the vendor's")
        .option('--since <time>', '2h (ago), or an ISO 8601 time')
        .option('--limit <count>', `at most this many (default: ${LIMIT})`, wholeNumber(1, 10_000));
    },
    (context, [id = ''], options) => list(context, encodeURIComponent(id), options),
  );
}

export function addRedeliver(program: Command, host: Host): void {
  addCommand<RedeliverOptions>(
    program,
    host,
    {
      name: 'redeliver',
      args: '<subscription> [event...]',
      summary: 'send events again: the given ones, or all that did not arrive since a time',
      examples: ['jobwatch redeliver sub_3kq5… evt_k6p5…', 'jobwatch redeliver sub_3kq5… --since 6h'],
      talksTo: ['api'],
    },
    (command) => {
      command.option('--since <time>', '2h (ago), or an ISO 8601 time');
    },
    (context, [id = '', ...events], { since }) => {
      if ((since === undefined) === (events.length === 0)) throw usage('Give either events or --since.');
      const path = `/subscriptions/${encodeURIComponent(id)}`;
      return since === undefined ? again(context, path, events) : againSince(context, path, since);
    },
  );
}

async function list(context: Context, id: string, options: ListOptions): Promise<number> {
  const { client, out } = context;
  const { limit = LIMIT, state, type, job, since } = options;
  const given = { state, type, job, since: since === undefined ? undefined : sinceOption(since, context.clock) };
  const filters = Object.entries(given).flatMap(([name, text]) => (text === undefined ? [] : [[name, text] as const]));
  const found: Delivery[] = [];
  let cursor: string | undefined;
  do {
    const query = new URLSearchParams(Object.fromEntries(filters));
    query.set('limit', String(Math.min(PAGE_MAX, limit - found.length)));
    if (cursor !== undefined) query.set('cursor', cursor);
    const answer = await client.call('GET', `/subscriptions/${id}/deliveries?${query}`);
    const page = read(deliveriesShape, need(client, answer));
    found.push(...page.deliveries);
    cursor = page.nextCursor;
  } while (cursor !== undefined && found.length < limit);
  if (context.json) out.json({ deliveries: found });
  else if (found.length === 0) out.note(filters.length === 0 ? 'Nothing has been sent yet.' : 'No delivery matches.');
  else
    printTable(
      out,
      [
        { title: 'event', cell: ({ eventId }) => eventId },
        { title: 'type', cell: (one) => one.eventType, min: 14 },
        { title: 'job', cell: ({ job: about }) => about?.jobId ?? '', min: 12, drop: 4 },
        {
          title: 'state',
          cell: ({ state }) => state,
          paint: (text, { state }) => (state === 'delivered' ? out.paint.green(text) : out.paint.yellow(text)),
        },
        { title: 'attempts', cell: ({ attemptCount }) => String(attemptCount), drop: 2 },
        { title: 'last answer', cell: lastAnswer, min: 10, drop: 1 },
        { title: 'created', cell: ({ createdAt }) => createdAt, drop: 3 },
      ],
      found,
    );
  return EXIT.ok;
}

function lastAnswer({ attempts, reason }: Delivery): string {
  const [last] = attempts;
  if (last === undefined) return reason ?? '';
  return last.error ?? String(last.status ?? '');
}

async function again(context: Context, path: string, events: readonly string[]): Promise<number> {
  const { client, out } = context;
  const sent: unknown[] = [];
  let exitCode: number = EXIT.ok;
  for (const event of events) {
    const answer = await client.call('POST', `${path}/deliveries/${encodeURIComponent(event)}/redeliver`);
    if (answer.kind === 'refused' && answer.status === 404) {
      out.note(`jobwatch: ${safe(`${event}: ${answer.detail}`)}`);
      exitCode = EXIT.failed;
      continue;
    }
    const one = read(redelivered, need(client, answer));
    sent.push(one);
    if (!context.json) out.line(`${one.eventId}  sent again`);
  }
  if (context.json) out.json({ redelivered: sent });
  return exitCode;
}

async function againSince(context: Context, path: string, since: string): Promise<number> {
  const { client, out } = context;
  const from = sinceOption(since, context.clock);
  let counts = { redelivered: 0, failed: 0 };
  let cursor: string | undefined;
  do {
    const body = { since: from, cursor };
    const page = read(redeliveredMany, need(client, await client.call('POST', `${path}/redeliver`, { body })));
    counts = { redelivered: counts.redelivered + page.redelivered, failed: counts.failed + page.failed };
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  if (context.json) out.json(counts);
  else out.line(`${counts.redelivered} sent again, ${counts.failed} could not be sent`);
  return counts.failed > 0 ? EXIT.failed : EXIT.ok;
}

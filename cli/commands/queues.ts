import { type Command, Option } from 'commander';
import {
  type Health,
  health as healthShape,
  type Rejected,
  rejected as rejectedShape,
} from '../../client/responses.ts';
import { need, read } from '../api/client.ts';
import { addCommand, type Host, wholeNumber } from '../command.ts';
import type { Context } from '../context.ts';
import { CliError, EXIT, usage } from '../exit.ts';
import type { Listed } from '../queues/move-messages.ts';
import { type CommonOptions, stageOf } from '../settings.ts';
import { printTable } from '../text/table.ts';
import { safe } from '../text/terminal.ts';

const KINDS = ['rejected', 'dead'] as const;

const MEANINGS: Readonly<Record<string, string>> = {
  pending: 'watch messages; in flight until their job is due',
  deliveries: 'events on their way to webhooks',
  rejected: 'invalid watch messages, each with the reason',
  deadDeliveries: 'deliveries whose attempts have all failed',
};

/** The API has more; who wants to see all of them asks for JSON. */
const REASONS_MAX = 10;

type Queues = NonNullable<Health['queues']>;

const LISTS = [
  ['rejected', 'To put rejected messages back: "jobwatch redrive --queue rejected --stage STAGE --dry-run" first.'],
  ['deadDeliveries', 'To put dead deliveries back: "jobwatch redrive --queue dead --stage STAGE --dry-run" first.'],
] as const;

export function addQueues(program: Command, host: Host): void {
  addCommand<CommonOptions>(
    program,
    host,
    {
      name: 'queues',
      summary: 'how many messages are in the queues, and why some were rejected',
      about:
        'The counts are approximate. If messages were rejected, the newest are listed with their reasons, which needs a ' +
        'token with read. Messages in rejected and deadDeliveries need attention: "jobwatch redrive".',
      examples: ['jobwatch queues', "jobwatch queues --json | jq '.queues.rejected.visible'"],
      talksTo: ['api'],
    },
    () => undefined,
    list,
  );
}

async function list({ client, out, json }: Context): Promise<number> {
  const { queues } = read(healthShape, need(client, await client.call('GET', '/health')));
  if (queues === null)
    throw new CliError(EXIT.unreachable, 'jobwatch could not read its queues: see the log of the function api.');
  const rows = Object.entries(queues).map(([name, depth]) => ({ name, ...depth }));
  const rejected = await rejectedIn(client, queues);
  if (json) {
    out.json({ queues, rejected: typeof rejected === 'string' ? null : rejected });
    return EXIT.ok;
  }
  printTable(
    out,
    [
      { title: 'queue', cell: ({ name }) => name },
      { title: 'visible', cell: ({ visible }) => String(visible) },
      { title: 'in flight', cell: ({ inFlight }) => String(inFlight) },
      { title: 'delayed', cell: ({ delayed }) => String(delayed), drop: 2 },
      { title: 'contents', cell: ({ name }) => MEANINGS[name] ?? '', drop: 1 },
    ],
    rows,
  );
  if (rejected !== null) printRejected(out, rejected);
  for (const [name, line] of LISTS) if ((queues[name]?.visible ?? 0) > 0) out.note(line);
  return EXIT.ok;
}

/** null: none lies there. A text: why they can't be shown; the counts can all the same. */
async function rejectedIn(client: Context['client'], queues: Queues): Promise<Rejected | string | null> {
  const { visible, inFlight } = queues['rejected'] ?? { visible: 0, inFlight: 0 };
  if (visible + inFlight === 0) return null;
  const answer = await client.call('GET', '/queues/rejected');
  if (answer.kind === 'ok') return read(rejectedShape, answer.value);
  return answer.kind === 'away' ? answer.reason : answer.detail;
}

function printRejected(out: Context['out'], rejected: Rejected | string): void {
  if (typeof rejected === 'string') {
    out.note(`The reasons of rejected messages can't be shown: ${safe(rejected)}`);
    return;
  }
  const { messages, total } = rejected;
  const shown = messages.slice(0, REASONS_MAX);
  if (shown.length === 0) return;
  out.line();
  for (const { id, rejectedAt, reason } of shown) out.line(listed({ id, sentAt: rejectedAt, reason }));
  if (total > shown.length) out.note(`The newest ${shown.length} of ${total} are shown.`);
}

/** A message on one line, the same from the API and from the queue. */
function listed({ id, sentAt, reason }: Listed): string {
  return safe(`${id}  ${sentAt}  ${reason ?? 'without a reason'}`);
}

interface RedriveFlags extends CommonOptions {
  readonly queue: (typeof KINDS)[number];
  readonly from?: string;
  readonly to?: string;
  readonly max?: number;
  readonly dryRun?: boolean;
}

export function addRedrive(program: Command, host: Host): void {
  addCommand<RedriveFlags>(
    program,
    host,
    {
      name: 'redrive',
      summary: 'put rejected or dead messages back after a fix (AWS credentials)',
      about:
        'Rejected watch messages go back to the pending queue, dead deliveries to the deliveries queue. Bodies are ' +
        'never printed. Exits with 0 if no message is left.',
      examples: [
        'jobwatch redrive --queue rejected --stage prod --dry-run',
        'jobwatch redrive --queue dead --stage prod --max 1',
      ],
      talksTo: ['aws', 'stage'],
    },
    (command) => {
      command
        .addOption(new Option('--queue <queue>', 'which queue').choices(KINDS).makeOptionMandatory())
        .option('--max <count>', 'at most this many', wholeNumber(1, 999_999_999))
        .option('--dry-run', 'list id, time and reason of each, and change nothing')
        .option('--from <url>', 'queue URL, instead of that of the stage')
        .option('--to <url>', 'queue URL, instead of that of the stage');
    },
    redrive,
  );
}

async function redrive(context: Context, _: readonly string[], options: RedriveFlags): Promise<number> {
  const { out, json } = context;
  const { queue: kind, from, to, max = null, dryRun = false } = options;
  if ((from === undefined) !== (to === undefined)) throw usage('Give --from and --to together.');
  const urls = from === undefined || to === undefined ? { stage: stageOf(context) } : { from, to };
  const messages: unknown[] = [];
  const aws = await context.aws();
  const { moved, left } = await aws.redrive(
    { kind, max, dryRun, ...urls },
    {
      list: (one) => {
        if (json) messages.push(one);
        else out.line(listed(one));
      },
      say: (text) => out.note(safe(text)),
      sleep: context.sleep,
      nowMs: context.clock,
    },
  );
  if (json) out.json(dryRun ? { messages } : { moved, left, messages });
  else if (dryRun) out.note(`${left} ${left === 1 ? 'message' : 'messages'} would be moved.`);
  else out.note(`Messages moved: ${moved}, left: ${left}.`);
  return dryRun || left === 0 ? EXIT.ok : EXIT.failed;
}

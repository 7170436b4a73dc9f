import { type Command, Option } from 'commander';
import { health as healthShape } from '../../client/responses.ts';
import { need, read } from '../api/client.ts';
import { addCommand, type Host, wholeNumber } from '../command.ts';
import type { Context } from '../context.ts';
import { CliError, EXIT, usage } from '../exit.ts';
import { type CommonOptions, stageOf } from '../settings.ts';
import { printTable } from '../text/table.ts';
import { safe } from '../text/terminal.ts';

const KINDS = ['rejected', 'dead'] as const;

const MEANINGS: Readonly<Record<string, string>> = {
  pending: 'watch messages; those in flight sleep until their job is due',
  deliveries: 'events on their way to webhooks',
  rejected: 'watch messages that could not be understood, with the reason',
  deadDeliveries: 'deliveries without an attempt left',
};

const LISTS = [
  ['rejected', '"jobwatch redrive --queue rejected --stage STAGE --dry-run"'],
  ['deadDeliveries', '"jobwatch redrive --queue dead --stage STAGE --dry-run"'],
] as const;

export function addQueues(program: Command, host: Host): void {
  addCommand<CommonOptions>(
    program,
    host,
    {
      name: 'queues',
      summary: 'how many messages lie in the queues',
      about: 'Counts of SQS, which are about right. What lies in the last two waits for somebody: "jobwatch redrive".',
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
  if (json) {
    out.json({ queues });
    return EXIT.ok;
  }
  printTable(
    out,
    [
      { title: 'queue', cell: ({ name }) => name },
      { title: 'visible', cell: ({ visible }) => String(visible) },
      { title: 'in flight', cell: ({ inFlight }) => String(inFlight) },
      { title: 'delayed', cell: ({ delayed }) => String(delayed), drop: 2 },
      { title: 'what lies there', cell: ({ name }) => MEANINGS[name] ?? '', drop: 1 },
    ],
    rows,
  );
  for (const [name, line] of LISTS) if ((queues[name]?.visible ?? 0) > 0) out.note(`${line} lists them.`);
  return EXIT.ok;
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
        'Rejected watch messages go back to the pending queue, dead deliveries to the deliveries queue. A body is ' +
        'never printed. Ends with 0 if nothing was left.',
      examples: [
        'jobwatch redrive --queue rejected --stage prod --dry-run',
        'jobwatch redrive --queue dead --stage prod --max 1',
      ],
      talksTo: ['aws', 'stage'],
    },
    (command) => {
      command
        .addOption(new Option('--queue <queue>', 'which queue').choices(KINDS).makeOptionMandatory())
        .option('--max <count>', 'at most so many', wholeNumber(1, 999_999_999))
        .option('--dry-run', 'list id, time and reason of each, and leave it')
        .option('--from <url>', 'queue URL, instead of the one of the stage')
        .option('--to <url>', 'queue URL, instead of the one of the stage');
    },
    redrive,
  );
}

async function redrive(context: Context, _: readonly string[], options: RedriveFlags): Promise<number> {
  const { out, json } = context;
  const { queue: kind, from, to, max = null, dryRun = false } = options;
  if ((from === undefined) !== (to === undefined)) throw usage('--from and --to go together.');
  const urls = from === undefined || to === undefined ? { stage: stageOf(context) } : { from, to };
  const messages: unknown[] = [];
  const aws = await context.aws();
  const { moved, left } = await aws.redrive(
    { kind, max, dryRun, ...urls },
    {
      list: (one) => {
        if (json) messages.push(one);
        else out.line(safe(`${one.id}  ${one.sentAt}  ${one.reason ?? 'without a reason'}`));
      },
      say: (text) => out.note(safe(text)),
      sleep: context.sleep,
      nowMs: context.clock,
    },
  );
  if (json) out.json(dryRun ? { messages } : { moved, left, messages });
  else out.note(dryRun ? `${left} messages would be moved.` : `${moved} messages were moved, ${left} were left.`);
  return dryRun || left === 0 ? EXIT.ok : EXIT.failed;
}

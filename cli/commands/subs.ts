import type { Command } from 'commander';
import { subscription, subscriptions } from '../../client/responses.ts';
import { need, read } from '../api/client.ts';
import { addCommand, addGroup, collect, type Host } from '../command.ts';
import type { Context } from '../context.ts';
import { EXIT, usage } from '../exit.ts';
import type { CommonOptions } from '../settings.ts';
import { printTable } from '../text/table.ts';
import { safe } from '../text/terminal.ts';
import { type Filter, filterOf, type SubscriptionOptions, subscribe } from '../webhooks/subscribe.ts';
import { addActions, filterText, stateOf, typesOf } from './subs-one.ts';

export function addSubs(program: Command, host: Host): void {
  const subs = addGroup(program, {
    name: 'subs',
    summary: 'webhook subscriptions',
    examples: ['jobwatch subs add https://hooks.example.com/jobs', 'jobwatch subs ls'],
  });
  addCreation(subs, host);
  addList(subs, host);
  addUpdate(subs, host);
  addActions(subs, host);
}

function addCreation(subs: Command, host: Host): void {
  addCommand<CommonOptions & SubscriptionOptions>(
    subs,
    host,
    {
      name: 'add',
      args: '<url>',
      summary: 'subscribe a webhook and print its secret, which is not shown again',
      examples: [
        'jobwatch subs add https://hooks.example.com/jobs',
        "jobwatch subs add https://hooks.example.com/lb --type 'jobwatch.job.*' " +
          '--filter api=huawei.elb.v3 --filter label.team=net',
      ],
      talksTo: ['api'],
    },
    (command) => {
      withSubscription(command).option('--description <text>');
    },
    async (context, [url = ''], options) => {
      const made = await subscribe(context, url, options);
      if (context.json) context.out.json(made);
      else {
        context.out.line(made.id);
        if (made.secret !== undefined) context.out.line(made.secret);
        context.out.note(
          made.secret === undefined
            ? `The response with the secret was lost: "jobwatch subs rotate ${made.id}" makes another.`
            : 'Keep the secret: it verifies the events and is not shown again.',
        );
      }
      return EXIT.ok;
    },
  );
}

interface UpdateOptions extends CommonOptions {
  readonly type?: readonly string[] | false;
  readonly filter?: Filter | false;
  readonly description?: string;
}

function addUpdate(subs: Command, host: Host): void {
  addCommand<UpdateOptions>(
    subs,
    host,
    {
      name: 'update',
      args: '<subscription> [url]',
      summary: 'change where events go, which events, or the description',
      about:
        'What is given replaces the whole of the old: all types, all of the filter. The rest and the secret stay. ' +
        'Another URL is another endpoint: it starts healthy.',
      examples: [
        'jobwatch subs update sub_3kq5… https://hooks.example.com/new',
        "jobwatch subs update sub_3kq5… --type 'jobwatch.job.*' --no-filter",
      ],
      talksTo: ['api'],
    },
    (command) => {
      withSubscription(command)
        .option('--no-type', 'only the ends of jobs, as without --type at the creation')
        .option('--no-filter', 'the events of all jobs')
        .option('--description <text>');
    },
    update,
  );
}

async function update(
  { client, out, json }: Context,
  [id = '', url]: readonly string[],
  { type, filter, description }: UpdateOptions,
): Promise<number> {
  const body = {
    url,
    types: type === false ? [] : type,
    filter: filter === false ? {} : filter,
    description,
  };
  if (Object.values(body).every((field) => field === undefined))
    throw usage('What is to change? Give a URL, --type, --no-type, --filter, --no-filter or --description.');
  const answer = await client.call('PATCH', `/subscriptions/${encodeURIComponent(id)}`, { body });
  const made = read(subscription, need(client, answer));
  if (json) out.json(made);
  else out.line(`${made.id}  ${stateOf(made)}  ${safe(made.url)}`);
  return EXIT.ok;
}

export function withSubscription(command: Command): Command {
  return command
    .option('--type <type>', 'such as jobwatch.job.failed or jobwatch.*; may be given several times', collect)
    .option('--filter <key=value>', 'api=, account= or label.<key>=; may be given several times', filterOf);
}

function addList(subs: Command, host: Host): void {
  addCommand<CommonOptions>(
    subs,
    host,
    {
      name: 'ls',
      summary: 'list subscriptions, newest first',
      examples: ['jobwatch subs ls', 'jobwatch subs ls --json'],
      talksTo: ['api'],
    },
    () => undefined,
    async (context) => {
      const { client, out } = context;
      const found = read(subscriptions, need(client, await client.call('GET', '/subscriptions')));
      if (context.json) out.json(found);
      else if (found.subscriptions.length === 0) out.note('There is no subscription; "jobwatch subs add" makes one.');
      else
        printTable(
          out,
          [
            { title: 'id', cell: ({ id }) => id },
            { title: 'state', cell: (one) => stateOf(one), min: 8 },
            { title: 'url', cell: ({ url }) => url, min: 20 },
            { title: 'types', cell: typesOf, min: 10, drop: 1 },
            { title: 'filter', cell: filterText, min: 8, drop: 2 },
          ],
          found.subscriptions,
        );
      return EXIT.ok;
    },
  );
}

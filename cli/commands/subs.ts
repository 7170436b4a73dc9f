import { type Command, Option } from 'commander';
import { FORMATS, isRobot, KINDS, LANGUAGES, placeOf } from '../../client/input.ts';
import { type Subscription, subscription, subscriptions } from '../../client/responses.ts';
import { need, read } from '../api/client.ts';
import { addCommand, addGroup, collect, type Host } from '../command.ts';
import type { Context } from '../context.ts';
import { EXIT, usage } from '../exit.ts';
import { eventType, TYPES_HELP } from '../input/event-type.ts';
import type { CommonOptions } from '../settings.ts';
import { printTable } from '../text/table.ts';
import { safe } from '../text/terminal.ts';
import { type Filter, filterOf, headerOption, type SubscriptionOptions, subscribe } from '../webhooks/subscribe.ts';
import { addActions, filterText, stateOf, typesOf } from './subs-one.ts';

export function addSubs(program: Command, host: Host): void {
  const subs = addGroup(program, {
    name: 'subs',
    aliases: ['sub'],
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
      args: '[url]',
      summary: 'subscribe a webhook and print its secret; or a chat robot, or the event bus of the stack',
      about:
        'A robot’s URL and secret, and the values of headers, are stored and never shown again. {label.<key>} in the ' +
        'path of a webhook’s URL is the value of the job’s label. With --kind eventbridge events go to the event bus of ' +
        'the stack, without a URL.',
      examples: [
        "jobwatch subs add https://hooks.example.com/lb --type 'jobwatch.job.*' --filter label.team=net",
        "jobwatch subs add 'https://oapi.dingtalk.com/robot/send?access_token=…' --format dingtalk --robot-secret SEC…",
      ],
      talksTo: ['api'],
    },
    (command) => {
      withEndpoint(withSubscription(command))
        .addOption(new Option('--kind <kind>', 'webhook if left out; eventbridge needs no URL').choices(KINDS))
        .addOption(new Option('--format <format>', 'what is sent; cloudevents if left out').choices(FORMATS))
        .option('--description <text>');
    },
    async (context, [url], options) => {
      if (url === undefined && options.kind !== 'eventbridge')
        throw usage('Where to? Give a URL, or --kind eventbridge.');
      const made = await subscribe(context, url, options);
      if (context.json) context.out.json(made);
      else printMade(context, made);
      return EXIT.ok;
    },
  );
}

function printMade({ out }: Context, { id, secret, kind, format }: Subscription): void {
  out.line(id);
  if (secret !== undefined) out.line(secret);
  if (isRobot(format)) out.note(`"jobwatch subs test ${id}" tells the group.`);
  else if (kind === 'eventbridge') out.note(`"jobwatch subs test ${id}" puts an event on the bus.`);
  else if (secret === undefined)
    out.note(`The response with the secret was lost: "jobwatch subs rotate ${id}" makes another.`);
  else out.note('Keep the secret: it verifies the events and is not shown again.');
}

interface UpdateOptions extends CommonOptions {
  readonly type?: readonly string[] | false;
  readonly filter?: Filter | false;
  readonly description?: string;
  readonly language?: string;
  readonly robotSecret?: string | false;
  readonly header?: Readonly<Record<string, string>> | false;
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
        'What is given replaces the whole of the old: all types, all of the filter, all headers. The rest and the ' +
        'secret stay. ' +
        'Another URL is another endpoint: it starts healthy, and on another host its headers have to be given again.',
      examples: [
        'jobwatch subs update sub_3kq5… https://hooks.example.com/new',
        "jobwatch subs update sub_3kq5… --type 'jobwatch.job.*' --no-filter",
      ],
      talksTo: ['api'],
    },
    (command) => {
      withEndpoint(withSubscription(command))
        .option('--no-robot-secret', 'stop signing what the chat robot is sent')
        .option('--no-header', 'no additional headers')
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
  { type, filter, description, language, robotSecret, header }: UpdateOptions,
): Promise<number> {
  const body = {
    url,
    language,
    robotSecret: robotSecret === false ? null : robotSecret,
    headers: header === false ? {} : header,
    types: type === false ? [] : type,
    filter: filter === false ? {} : filter,
    description,
  };
  if (Object.values(body).every((field) => field === undefined))
    throw usage(
      'Nothing to change: give a URL, --type, --no-type, --filter, --no-filter, --header, --no-header, --robot-secret, ' +
        '--no-robot-secret, --language or --description.',
    );
  const answer = await client.call('PATCH', `/subscriptions/${encodeURIComponent(id)}`, { body });
  const made = read(subscription, need(client, answer));
  if (json) out.json(made);
  else out.line(`${made.id}  ${stateOf(made)}  ${safe(placeOf(made))}`);
  return EXIT.ok;
}

export function withSubscription(command: Command): Command {
  return command
    .addHelpText('after', TYPES_HELP)
    .option(
      '--type <type>',
      'such as jobwatch.job.failed or jobwatch.*, several times; left out: what ends a job',
      (text: string, before: readonly string[] = []) => collect(eventType(text), before),
    )
    .option('--filter <key=value>', 'api=, account= or label.<key>=; may be given several times', filterOf);
}

function withEndpoint(command: Command): Command {
  return command
    .addOption(
      new Option('--language <language>', 'language of a chat robot’s messages (default: en)').choices(LANGUAGES),
    )
    .option('--robot-secret <secret>', 'what the chat robot checks signatures with: dingtalk and feishu')
    .option('--header <name: value>', 'an additional header for a webhook; may be given several times', headerOption);
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
            { title: 'url', cell: placeOf, min: 20 },
            { title: 'format', cell: ({ format }) => format ?? '', min: 8, drop: 3 },
            { title: 'types', cell: typesOf, min: 10, drop: 1 },
            { title: 'filter', cell: filterText, min: 8, drop: 2 },
          ],
          found.subscriptions,
        );
      return EXIT.ok;
    },
  );
}

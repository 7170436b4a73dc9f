import type { Command } from 'commander';
import { rotated, subscription, subscriptions, tested } from '../../client/responses.ts';
import { need, read } from '../api/client.ts';
import { addCommand, addGroup, collect, type Host } from '../command.ts';
import type { Context } from '../context.ts';
import { EXIT } from '../exit.ts';
import type { CommonOptions } from '../settings.ts';
import { printTable } from '../text/table.ts';
import { safe } from '../text/terminal.ts';
import { filterOf, type SubscriptionOptions, subscribe } from '../webhooks/subscribe.ts';

export function addSubs(program: Command, host: Host): void {
  const subs = addGroup(program, {
    name: 'subs',
    summary: 'webhook subscriptions',
    examples: ['jobwatch subs add https://hooks.example.com/jobs', 'jobwatch subs ls'],
  });
  addCreation(subs, host);
  addList(subs, host);
  addOne(subs, host, {
    name: 'rm',
    summary: 'delete a subscription; its waiting deliveries are canceled',
    act: async ({ client, out, json }, id) => {
      need(client, await client.call('DELETE', `/subscriptions/${id}`));
      if (json) out.json({ id, removed: true });
      else out.line(`${id}  removed`);
      return EXIT.ok;
    },
  });
  addOne(subs, host, {
    name: 'test',
    summary: 'send a test event now and print the answer of the endpoint',
    act: test,
  });
  addOne(subs, host, {
    name: 'enable',
    summary: 'make a disabled subscription active again',
    act: async ({ client, out, json }, id) => {
      const made = read(subscription, need(client, await client.call('POST', `/subscriptions/${id}/enable`)));
      if (json) out.json(made);
      else out.line(`${made.id}  ${made.state}`);
      return EXIT.ok;
    },
  });
  addOne(subs, host, {
    name: 'rotate',
    summary: 'make a new secret; for a day events are signed with the old one too',
    act: rotate,
  });
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
            { title: 'types', cell: ({ types }) => types.join(' ') || '(ends of jobs)', min: 10, drop: 1 },
            {
              title: 'filter',
              cell: ({ filter }) => (Object.keys(filter).length === 0 ? '' : JSON.stringify(filter)),
              min: 8,
              drop: 2,
            },
          ],
          found.subscriptions,
        );
      return EXIT.ok;
    },
  );
}

function stateOf({
  state,
  disabled,
  failingSince,
}: {
  state: string;
  disabled: { reason: string } | null;
  failingSince: string | null;
}): string {
  if (disabled !== null) return `${state}: ${disabled.reason}`;
  return failingSince === null ? state : `${state}, failing since ${failingSince}`;
}

interface OneText {
  readonly name: string;
  readonly summary: string;
  readonly act: (context: Context, id: string) => Promise<number>;
}

function addOne(subs: Command, host: Host, { name, summary, act }: OneText): void {
  const id = 'sub_3kq5…';
  addCommand<CommonOptions>(
    subs,
    host,
    {
      name,
      args: '<subscription>',
      summary,
      examples: [`jobwatch subs ${name} ${id}`, `jobwatch subs ${name} ${id} --json`],
      talksTo: ['api'],
    },
    () => undefined,
    (context, [subscriptionId = '']) => act(context, encodeURIComponent(subscriptionId)),
  );
}

async function test({ client, out, json }: Context, id: string): Promise<number> {
  const result = read(tested, need(client, await client.call('POST', `/subscriptions/${id}/test`, { tries: 1 })));
  const isGood = result.status !== null && result.status >= 200 && result.status < 300;
  if (json) out.json(result);
  else {
    const said = result.status === null ? (result.error ?? 'no answer') : `answered ${result.status}`;
    const mark = isGood ? out.paint.green('good') : out.paint.red('bad');
    out.line(`${mark}  ${safe(said)} after ${Math.round(result.durationMs)} ms`);
    if (!isGood && result.answer !== '') out.line(`answer: ${safe(result.answer)}`);
  }
  return isGood ? EXIT.ok : EXIT.failed;
}

async function rotate({ client, out, json }: Context, id: string): Promise<number> {
  // Sent once: a second rotation would take the place of a secret that was just made.
  const made = read(
    rotated,
    need(client, await client.call('POST', `/subscriptions/${id}/rotate-secret`, { tries: 1 })),
  );
  if (json) out.json(made);
  else {
    out.line(made.secret);
    out.note(`Events are signed with the old secret too until ${made.previousValidUntil}.`);
  }
  return EXIT.ok;
}

import type { Command } from 'commander';
import { placeOf } from '../../client/input.ts';
import { rotated, type Subscription, subscription, type Tested, tested } from '../../client/responses.ts';
import { need, read } from '../api/client.ts';
import { addCommand, type Host } from '../command.ts';
import type { Context } from '../context.ts';
import { EXIT } from '../exit.ts';
import { eventType, TYPES_HELP } from '../input/event-type.ts';
import type { CommonOptions } from '../settings.ts';
import { padEnd, safe } from '../text/terminal.ts';

interface OneText {
  readonly name: string;
  readonly summary: string;
  readonly act: (context: Context, id: string) => Promise<number>;
}

/** The commands that take one subscription and nothing else. */
export function addActions(subs: Command, host: Host): void {
  const texts: readonly OneText[] = [
    { name: 'show', summary: 'show a subscription, without its secret', act: show },
    { name: 'rm', summary: 'delete a subscription; its waiting deliveries are canceled', act: remove },
    { name: 'disable', summary: 'send nothing more until it is enabled; what waits is canceled', act: disable },
    { name: 'enable', summary: 'make a disabled subscription active again', act: enable },
    { name: 'rotate', summary: 'make a new secret; for a day events are signed with the old one too', act: rotate },
  ];
  for (const text of texts) addOne(subs, host, text);
  addTest(subs, host);
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

function addTest(subs: Command, host: Host): void {
  addCommand<CommonOptions & { readonly type?: string }>(
    subs,
    host,
    {
      name: 'test',
      args: '<subscription>',
      summary: 'send a test event now and print the answer of the endpoint',
      about: 'With --type it is a realistic sample of that type, which says of itself that it is one.',
      examples: ['jobwatch subs test sub_3kq5…', 'jobwatch subs test sub_3kq5… --type jobwatch.job.failed'],
      talksTo: ['api'],
    },
    (command) => {
      command.option('--type <type>', 'such as jobwatch.job.failed', eventType).addHelpText('after', TYPES_HELP);
    },
    (context, [id = ''], { type }) => test(context, encodeURIComponent(id), type),
  );
}

export function stateOf({ state, disabled, failingSince }: Subscription): string {
  if (disabled !== null) return `${state}: ${disabled.reason}`;
  return failingSince === null ? state : `${state}, failing since ${failingSince}`;
}

export function typesOf({ types }: Subscription): string {
  return types.join(' ') || '(ends of jobs)';
}

export function filterText({ filter }: Subscription): string {
  return Object.keys(filter).length === 0 ? '' : JSON.stringify(filter);
}

async function show({ client, out, json }: Context, id: string): Promise<number> {
  const found = read(subscription, need(client, await client.call('GET', `/subscriptions/${id}`)));
  if (json) out.json(found);
  else {
    out.line(out.paint.bold(found.id));
    const facts = [
      ['state', stateOf(found)],
      ['url', placeOf(found)],
      ['format', found.format ?? ''],
      ['language', found.language ?? ''],
      ['headers', (found.headers ?? []).map((name) => `${name}: …`).join(', ')],
      ['types', typesOf(found)],
      ['filter', filterText(found) || '(all jobs)'],
      ['about', found.description],
      ['created', found.createdAt],
      ['no attempt before', found.openUntil ?? ''],
    ] as const;
    for (const [name, text] of facts.filter(([, value]) => value !== ''))
      out.line(`  ${out.paint.dim(padEnd(name, 18))}${safe(text)}`);
  }
  return EXIT.ok;
}

async function remove({ client, out, json }: Context, id: string): Promise<number> {
  need(client, await client.call('DELETE', `/subscriptions/${id}`));
  if (json) out.json({ id, removed: true });
  else out.line(`${id}  removed`);
  return EXIT.ok;
}

async function disable(context: Context, id: string): Promise<number> {
  const sending = { body: { state: 'disabled' } };
  return printState(context, await context.client.call('PATCH', `/subscriptions/${id}`, sending));
}

async function enable(context: Context, id: string): Promise<number> {
  return printState(context, await context.client.call('POST', `/subscriptions/${id}/enable`));
}

function printState({ client, out, json }: Context, answer: Parameters<typeof need>[1]): number {
  const made = read(subscription, need(client, answer));
  if (json) out.json(made);
  else out.line(`${made.id}  ${made.state}`);
  return EXIT.ok;
}

async function test({ client, out, json }: Context, id: string, type: string | undefined): Promise<number> {
  const sending = { tries: 1, ...(type === undefined ? {} : { body: { type } }) };
  const result = read(tested, need(client, await client.call('POST', `/subscriptions/${id}/test`, sending)));
  const isGood = isTaken(result);
  if (json) out.json(result);
  else {
    const mark = isGood ? out.paint.green('good') : out.paint.red('bad');
    out.line(`${mark}  ${safe(saidBy(result))} after ${Math.round(result.durationMs)} ms`);
    if (result.answer !== '') out.line(`answer: ${safe(result.answer)}`);
  }
  return isGood ? EXIT.ok : EXIT.failed;
}

function isTaken({ status, error }: Tested): boolean {
  return status !== null && status >= 200 && status < 300 && error === null;
}

/** A robot refuses with 200: its own words say why. */
function saidBy({ status, error }: Tested): string {
  const isPlain = status !== null && (error === null || status < 200 || status >= 300);
  return isPlain ? `answered ${status}` : (error ?? 'no answer');
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

import { InvalidArgumentError } from 'commander';
import { headerOf, pairOf } from '../../client/input.ts';
import { type Subscription, subscription } from '../../client/responses.ts';
import { need, read } from '../api/client.ts';
import type { Context } from '../context.ts';

export interface Filter {
  readonly api?: string;
  readonly account?: string;
  readonly labels?: Readonly<Record<string, string>>;
}

export interface SubscriptionOptions {
  readonly type?: readonly string[];
  readonly filter?: Filter;
  readonly description?: string;
  readonly kind?: string;
  readonly format?: string;
  readonly language?: string;
  readonly robotSecret?: string;
  readonly header?: Readonly<Record<string, string>>;
}

/** `Name: value`, given several times. */
export function headerOption(
  text: string,
  before: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> {
  const pair = headerOf(text);
  // What was given may hold a key: the message does not repeat it.
  if (pair === null) throw new InvalidArgumentError('Write it as "Name: value".');
  return { ...before, [pair[0]]: pair[1] };
}

/** `api=…`, `account=…` and `label.<key>=…`, given several times. */
export function filterOf(text: string, before: Filter = {}): Filter {
  const [key, value] = pairOf(text) ?? ['', ''];
  if (key === 'api' || key === 'account') return { ...before, [key]: value };
  if (key.startsWith('label.') && key.length > 'label.'.length)
    return { ...before, labels: { ...before.labels, [key.slice('label.'.length)]: value } };
  throw new InvalidArgumentError('Write it as api=…, account=… or label.<key>=….');
}

/** Under an idempotency key of its own: a repeat after a lost answer makes no second subscription. */
export async function subscribe(
  { client, randomId }: Context,
  url: string | undefined,
  { kind, type, filter, description, format, language, robotSecret, header }: SubscriptionOptions,
): Promise<Subscription> {
  const endpoint = { url, kind, format, language, robotSecret, headers: header };
  const body = { ...endpoint, types: type, filter, description };
  const headers = { 'idempotency-key': randomId() };
  return read(subscription, need(client, await client.call('POST', '/subscriptions', { body, headers })));
}

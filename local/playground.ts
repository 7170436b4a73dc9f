import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { type ApiClient, makeToken } from './client.ts';
import { saveFile } from './data/save-file.ts';

/** What `npm start` keeps in its folder, so that whoever comes back finds the same addresses, token and subscription. */
const kept = v.strictObject({
  port: v.number(),
  receiverPort: v.number(),
  token: v.pipe(v.string(), v.startsWith('jw_')),
  subscription: v.nullable(v.strictObject({ id: v.string(), secret: v.string() })),
});
export type Playground = v.InferOutput<typeof kept>;

const FILE = 'playground.json';

/** A new one where there is no folder, or nothing in it yet. Throws a sentence if the file is damaged. */
export function readPlayground(dir: string | undefined): Playground {
  const path = dir === undefined ? null : join(dir, FILE);
  if (path === null || !existsSync(path))
    return { port: 0, receiverPort: 0, token: makeToken().token, subscription: null };
  const parsed = v.safeParse(kept, parse(readFileSync(path, 'utf8')));
  if (parsed.success) return parsed.output;
  throw new Error(`${path} is damaged: delete it, and the playground begins with a new token.`);
}

/** For its owner alone: it holds the token. */
export function savePlayground(dir: string | undefined, playground: Playground): void {
  if (dir === undefined) return;
  mkdirSync(dir, { recursive: true });
  saveFile(join(dir, FILE), `${JSON.stringify(playground)}\n`);
}

/**
 * The one subscription of the playground's own receiver. Those that earlier starts have left, each with a receiver that is gone, are
 * removed first: a hundred of them are as many as there may be.
 */
export async function subscribeOnce(
  api: ApiClient,
  url: string,
  known: Playground['subscription'],
): Promise<NonNullable<Playground['subscription']>> {
  const { subscriptions } = await api.get<{ subscriptions: { id: string; url: string }[] }>('/subscriptions');
  const mine = subscriptions.find(({ id }) => id === known?.id);
  if (mine?.url === url && known !== null) return known;
  for (const { id } of subscriptions.filter((one) => isOfReceiver(one.url))) await api.remove(`/subscriptions/${id}`);
  const { id, secret } = await api.post<{ id: string; secret: string }>('/subscriptions', {
    url,
    types: ['jobwatch.*'],
  });
  return { id, secret };
}

/** As `startReceiver` makes them; what a user subscribes has a path, or is elsewhere. */
function isOfReceiver(url: string): boolean {
  return /^http:\/\/127\.0\.0\.1:\d+\/$/.test(url);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

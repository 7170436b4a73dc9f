import { parseTime, toIso } from '../../base/time.ts';
import type { Delivery } from '../../deliver/delivery.ts';
import { steadyHeaders } from '../../deliver/sinks/webhook-signature.ts';
import { transitionEventId } from '../../job/identity.ts';
import type { Position } from '../../job/store.ts';
import { decodeCursor, encodeCursor, PAGE_DEFAULT } from '../http/cursor.ts';
import { isEventId, isJobId } from '../http/ids.ts';
import { invalid, problem } from '../http/problem.ts';
import { type ApiResponse, json } from '../http/types.ts';
import type { ApiDeps } from '../ports.ts';
import { attemptView, deliveryView } from '../views.ts';
import { findSubscription, noSuchSubscription } from './subscriptions.ts';

const AT_ONCE = 10;

type ReadDeps = Pick<ApiDeps, 'subscriptions' | 'deliveries'>;

interface PageQuery {
  readonly cursor?: string | undefined;
  readonly limit?: string | undefined;
}

/** Newest first, each with its attempts. */
export async function listDeliveries(deps: ReadDeps, id: string, query: PageQuery): Promise<ApiResponse> {
  if ((await findSubscription(deps, id)) === null) return noSuchSubscription();
  const list = `deliveries ${id}`;
  const after = query.cursor === undefined ? null : positionOf(list, query.cursor);
  if (query.cursor !== undefined && after === null) return badCursor();
  const limit = Number(query.limit ?? PAGE_DEFAULT);
  const page = await deps.deliveries.list(id, { limit, after });
  const deliveries = await inChunks(page, async (delivery) => {
    const attempts = await deps.deliveries.attempts(id, delivery.eventId);
    return { ...deliveryView(delivery), attempts: attempts.map(attemptView) };
  });
  return json(200, { deliveries, ...nextCursor(list, page, limit) });
}

/** One delivery, and what its attempts send: only the time and the signature made from it differ. */
export async function getDelivery(deps: ReadDeps, id: string, eventId: string): Promise<ApiResponse> {
  const subscription = await findSubscription(deps, id);
  if (subscription === null) return noSuchSubscription();
  const delivery = isEventId(eventId) ? await deps.deliveries.get(id, eventId) : null;
  if (delivery === null) return noSuchDelivery();
  const attempts = await deps.deliveries.attempts(id, eventId);
  const request = { url: subscription.url, headers: steadyHeaders(eventId), body: delivery.eventJson };
  return json(200, { ...deliveryView(delivery), attempts: attempts.map(attemptView), request });
}

/**
 * Transitions whose deliveries are looked for, the newest: with a hundred subscriptions, each costs a hundred reads.
 */
const TRANSITIONS_MAX = 20;

/** What became of a job's latest events, at the subscriptions that there are now. */
export async function listJobDeliveries(deps: ReadDeps & Pick<ApiDeps, 'jobs'>, id: string): Promise<ApiResponse> {
  const job = isJobId(id) ? await deps.jobs.get(id) : null;
  if (job === null) return problem(404, 'There is no job of this id.');
  const subscriptions = await deps.subscriptions.list();
  const wanted = job.history
    .slice(-TRANSITIONS_MAX)
    .reverse()
    .flatMap(({ seq }) => subscriptions.map((subscription) => ({ seq, subscription: subscription.id })));
  const found = await inChunks(wanted, async ({ seq, subscription }) => {
    const delivery = await deps.deliveries.get(subscription, transitionEventId(id, seq));
    return delivery === null ? [] : [{ seq, ...deliveryView(delivery) }];
  });
  return json(200, { deliveries: found.flat() });
}

/** Does the work ten at a time, in order. */
export async function inChunks<In, Out>(
  items: readonly In[],
  work: (item: In) => Promise<Out>,
): Promise<readonly Out[]> {
  const results: Out[] = [];
  for (let start = 0; start < items.length; start += AT_ONCE) {
    results.push(...(await Promise.all(items.slice(start, start + AT_ONCE).map(work))));
  }
  return results;
}

function nextCursor(list: string, page: readonly Delivery[], limit: number): { nextCursor?: string } {
  const last = page.at(-1);
  return last === undefined || page.length < limit
    ? {}
    : { nextCursor: encodeCursor(list, [last.createdAt, last.eventId]) };
}

/** Where a cursor of that list stands; null: it is none of it. */
export function positionOf(list: string, cursor: string): Position | null {
  const [createdAt, id] = decodeCursor(list, 2, cursor) ?? [];
  if (createdAt === undefined || id === undefined) return null;
  const ms = parseTime(createdAt);
  return ms !== null && toIso(ms) === createdAt && isEventId(id) ? { createdAt, id } : null;
}

export function badCursor(): ApiResponse {
  return invalid('The request is wrong', [{ field: 'cursor', problem: 'expected the nextCursor of the page before' }]);
}

export function noSuchDelivery(): ApiResponse {
  return problem(404, 'There is no delivery of this event to this subscription.');
}

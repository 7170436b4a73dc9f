import { CALLBACKS, type Delivery } from '../../deliver/delivery.ts';
import { type Preview, previewOf, type Target } from '../../deliver/sinks/sink.ts';
import type { Subscription } from '../../deliver/subscription.ts';
import { closingsOf } from '../../job/callbacks.ts';
import { callbackEventId, transitionEventId } from '../../job/identity.ts';
import { encodeCursor, positionOf } from '../http/cursor.ts';
import { isEventId, isJobId } from '../http/ids.ts';
import { invalid, problem } from '../http/problem.ts';
import { type ApiResponse, json } from '../http/types.ts';
import type { ApiPorts } from '../ports.ts';
import { attemptView, deliveryView } from '../views.ts';
import { type DeliveriesQuery, filterName, pageOfDeliveries } from './deliveries-page.ts';
import { findSubscription, noSuchSubscription } from './subscriptions.ts';

const AT_ONCE = 10;

type ReadPorts = Pick<ApiPorts, 'subscriptions' | 'deliveries'>;

/** Newest first, each with its attempts. With filters a page may be short, even empty, and still have a next one. */
export async function listDeliveries(ports: ReadPorts, id: string, query: DeliveriesQuery): Promise<ApiResponse> {
  if ((await findTarget(ports, id)) === null) return noSuchSubscription();
  const list = `deliveries ${id}${filterName(query)}`;
  const after = query.cursor === undefined ? null : positionOf(list, query.cursor, isEventId);
  if (query.cursor !== undefined && after === null) return badCursor();
  const page = await pageOfDeliveries(ports.deliveries, id, query, after);
  const deliveries = await inChunks(page.found, async (delivery) => {
    const attempts = await ports.deliveries.attempts(id, delivery.eventId);
    return { ...deliveryView(delivery), attempts: attempts.map(attemptView) };
  });
  const next = page.next === null ? {} : { nextCursor: encodeCursor(list, [page.next.createdAt, page.next.id]) };
  return json(200, { deliveries, ...next });
}

/** One delivery, and what its attempts send: only the time and the signature made from it differ. */
export async function getDelivery(
  ports: ReadPorts & Pick<ApiPorts, 'sinks'>,
  id: string,
  eventId: string,
): Promise<ApiResponse> {
  const target = await findTarget(ports, id);
  if (target === null) return noSuchSubscription();
  const delivery = isEventId(eventId) ? await ports.deliveries.get(id, eventId) : null;
  if (delivery === null) return noSuchDelivery();
  const attempts = await ports.deliveries.attempts(id, eventId);
  const request = requestOf(ports, target, delivery);
  return json(200, { ...deliveryView(delivery), attempts: attempts.map(attemptView), request });
}

/** What every attempt sends; to a workflow its end, without the token. */
function requestOf({ sinks }: Pick<ApiPorts, 'sinks'>, target: Target, delivery: Delivery): Preview {
  const { eventId: id, eventJson: json, callback } = delivery;
  if (callback !== undefined) return { url: `${callback.kind}:${callback.hash}`, headers: {}, body: json };
  return sinks.get(target.kind)?.preview?.(target, { id, json }) ?? previewOf(target, { json });
}

/** Whom deliveries are for: a subscription, or all callbacks together. */
export async function findTarget(
  ports: Pick<ApiPorts, 'subscriptions'>,
  id: string,
): Promise<(Target & Pick<Subscription, 'state'>) | null> {
  return id === CALLBACKS ? CALLBACKS_TARGET : await findSubscription(ports, id);
}

const CALLBACKS_TARGET = {
  id: CALLBACKS,
  kind: 'stepfunctions',
  format: 'cloudevents',
  url: '',
  state: 'active',
} as const;

/**
 * Transitions whose deliveries are looked for, the newest: with a hundred subscriptions, each costs a hundred reads.
 */
const TRANSITIONS_MAX = 20;

/** What became of a job's latest events, at the subscriptions that there are now. */
export async function listJobDeliveries(ports: ReadPorts & Pick<ApiPorts, 'jobs'>, id: string): Promise<ApiResponse> {
  const job = isJobId(id) ? await ports.jobs.get(id) : null;
  if (job === null) return problem(404, 'There is no job with this id.');
  const subscriptions = await ports.subscriptions.list();
  const wanted = job.history
    .slice(-TRANSITIONS_MAX)
    .reverse()
    .flatMap(({ seq }) => subscriptions.map((subscription) => ({ seq, subscription: subscription.id })));
  const found = await inChunks(wanted, async ({ seq, subscription }) => {
    const delivery = await ports.deliveries.get(subscription, transitionEventId(id, seq));
    return delivery === null ? [] : [{ seq, ...deliveryView(delivery) }];
  });
  const closings = await inChunks(closingsOf(job), async ({ callback, entry }) => {
    const delivery = await ports.deliveries.get(CALLBACKS, callbackEventId(id, callback.hash));
    return delivery === null ? [] : [{ seq: entry.seq, ...deliveryView(delivery) }];
  });
  return json(200, { deliveries: [...found.flat(), ...closings.flat()] });
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

export function badCursor(): ApiResponse {
  return invalid('The request is invalid', [
    { field: 'cursor', problem: 'expected the nextCursor of the previous page' },
  ]);
}

export function noSuchDelivery(): ApiResponse {
  return problem(404, 'There is no delivery of this event to this subscription.');
}

import type * as v from 'valibot';
import { parseTime, toIso } from '../../base/time.ts';
import type { Delivery } from '../../deliver/delivery.ts';
import type { Position } from '../../job/store.ts';
import { PAGE_DEFAULT, PAGE_MAX } from '../http/cursor.ts';
import type { ApiDeliveries } from '../ports.ts';
import type { deliveriesQuery } from '../schemas.ts';
import { jobIn } from '../views.ts';

export type DeliveriesQuery = v.InferOutput<typeof deliveriesQuery>;

export interface DeliveriesPage {
  readonly found: readonly Delivery[];
  /** Where the next page begins; null: there is none. */
  readonly next: Position | null;
}

/** Deliveries that one response looks at, in hundreds: each has up to 20 kB. */
const PAGES_MAX = 5;

/** Those that match the filters, newest first: a page may be short, even empty, and still have a next one. */
export async function pageOfDeliveries(
  deliveries: Pick<ApiDeliveries, 'list'>,
  subscription: string,
  query: DeliveriesQuery,
  from: Position | null,
): Promise<DeliveriesPage> {
  const limit = Number(query.limit ?? PAGE_DEFAULT);
  const size = filterName(query) === '' ? limit : PAGE_MAX;
  const since = query.since === undefined ? '' : toIso(parseTime(query.since) ?? 0);
  const found: Delivery[] = [];
  let next = from;
  for (let pages = 0; pages < PAGES_MAX; pages += 1) {
    const page = await deliveries.list(subscription, { limit: size, after: next });
    const young = page.filter(({ createdAt }) => createdAt >= since);
    const matching = young.filter((delivery) => matches(delivery, query));
    const taken = matching.slice(0, limit - found.length);
    found.push(...taken);
    if (taken.length < matching.length) return { found, next: placeOf(taken.at(-1), next) };
    if (young.length < size) return { found, next: null };
    next = placeOf(young.at(-1), next);
    if (found.length === limit) break;
  }
  return { found, next };
}

function placeOf(delivery: Delivery | undefined, before: Position | null): Position | null {
  return delivery === undefined ? before : { createdAt: delivery.createdAt, id: delivery.eventId };
}

/** A cursor belongs to the filters that it was made with; the size of the page may change. Empty: no filter. */
export function filterName({ state, type, job, since }: DeliveriesQuery): string {
  const filters = [state, type, job, since];
  return filters.every((filter) => filter === undefined) ? '' : ` ${JSON.stringify(filters)}`;
}

function matches(delivery: Delivery, { state, type, job }: DeliveriesQuery): boolean {
  if (state !== undefined && !state.split(',').includes(delivery.state)) return false;
  if (type !== undefined && !isOfType(delivery.eventType, type)) return false;
  if (job === undefined) return true;
  const about = jobIn(delivery);
  return about !== null && (about.id === job || about.jobId === job);
}

function isOfType(type: string, wanted: string): boolean {
  return wanted.endsWith('.*') ? type.startsWith(wanted.slice(0, -1)) : type === wanted;
}

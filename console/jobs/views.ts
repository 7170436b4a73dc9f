import * as v from 'valibot';
import { parseTime } from '../../lib/base/time.ts';
import { hrefOf } from '../data/place.ts';
import { makeStore, type Store } from '../data/store.ts';
import { type Filters, filtersOf, placeQuery } from './filters.ts';

/** Filters under a name, kept in this browser. */
export interface View {
  readonly name: string;
  /** The filters as they stand in the URL, but for the time. */
  readonly query: string;
  /** How far back it reaches from the moment it is opened; null: as far as there are jobs. */
  readonly hours: number | null;
}

const KEY = 'jobwatch-views';
export const VIEWS_MAX = 20;
export const NAME_MAX = 60;
/** All filters at their longest, as a URL has them. */
const QUERY_MAX = 10_000;
/** From now to the year 1 and far beyond, and still a time. */
const HOURS_MAX = 100_000_000;
const HOUR_MS = 3_600_000;

const stored = v.array(
  v.object({
    name: v.pipe(v.string(), v.minLength(1), v.maxLength(NAME_MAX)),
    query: v.pipe(v.string(), v.maxLength(QUERY_MAX)),
    hours: v.nullable(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(HOURS_MAX))),
  }),
);

/** What this browser keeps; what somebody else wrote there is none. */
export function viewsIn(text: string | null): readonly View[] {
  try {
    const read = v.safeParse(stored, JSON.parse(text ?? '[]'));
    return read.success ? read.output.slice(0, VIEWS_MAX) : [];
  } catch {
    return [];
  }
}

export function viewOf(name: string, filters: Filters, nowMs: number): View {
  const { since, ...others } = filters;
  const sinceMs = parseTime(since);
  // A span stays a span: what is asked for tomorrow is tomorrow's last day.
  const hours = sinceMs === null ? null : Math.max(1, Math.round((nowMs - sinceMs) / HOUR_MS));
  const query = hrefOf(['jobs'], placeQuery({ ...others, since: '' })).split('?')[1] ?? '';
  return { name: name.trim().slice(0, NAME_MAX), query, hours };
}

export function filtersIn({ query, hours }: View, nowMs: number): Filters {
  const since = hours === null ? '' : new Date(nowMs - hours * HOUR_MS).toISOString();
  return { ...filtersOf(new URLSearchParams(query)), since };
}

/** In the order of their names; one of the same name is replaced. null: there is no room. */
export function withView(views: readonly View[], view: View): readonly View[] | null {
  const others = views.filter(({ name }) => name !== view.name);
  if (others.length >= VIEWS_MAX || view.query.length > QUERY_MAX) return null;
  return [...others, view].sort((a, b) => (a.name < b.name ? -1 : 1));
}

export function savedViews(): Store<readonly View[]> {
  known ??= startViews();
  return known;
}

let known: Store<readonly View[]> | null = null;

/** The tabs of a browser show the same. */
function startViews(): Store<readonly View[]> {
  const store = makeStore(viewsIn(localStorage.getItem(KEY)));
  addEventListener('storage', ({ key, newValue }) => {
    if (key === KEY) store.set(viewsIn(newValue));
  });
  return store;
}

export function keepViews(views: readonly View[]): void {
  if (views.length === 0) localStorage.removeItem(KEY);
  else localStorage.setItem(KEY, JSON.stringify(views));
  savedViews().set(views);
}

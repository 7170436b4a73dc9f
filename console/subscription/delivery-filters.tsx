import { EVENT_TYPES } from '../../lib/events/types.ts';
import { hrefOf } from '../data/place.ts';
import { replacePlace } from '../data/router.ts';
import { Choice, Text } from '../parts/filter-fields.tsx';

const FIELDS = ['state', 'type', 'job'] as const;

export type DeliveryFilters = Readonly<Record<(typeof FIELDS)[number], string>>;

const UNDELIVERED = 'exhausted,canceled,skipped';
const STATES = [
  [UNDELIVERED, 'did not arrive'],
  ['waiting', 'waiting'],
  ['delivered', 'delivered'],
  ['exhausted', 'exhausted'],
  ['canceled', 'canceled'],
  ['skipped', 'skipped'],
] as const;

/** The filters as they stand in the URL; an empty text is no filter. */
export function deliveryFiltersOf(query: URLSearchParams): DeliveryFilters {
  const text = (name: string) => query.get(name)?.trim() ?? '';
  return { state: text('state'), type: text('type'), job: text('job') };
}

/** For the API: `&state=…`. */
export function deliveryQuery(filters: DeliveryFilters): string {
  const given = FIELDS.filter((field) => filters[field] !== '');
  return given.map((field) => `&${field}=${encodeURIComponent(filters[field])}`).join('');
}

export function DeliveryFilterBar({ id, filters }: { readonly id: string; readonly filters: DeliveryFilters }) {
  const path = ['subscriptions', id];
  const set = (change: Partial<DeliveryFilters>) => replacePlace(hrefOf(path, { ...filters, ...change }));
  return (
    <search class="filters" aria-label="Filter the deliveries">
      <Choice name="State" value={filters.state} onChange={(state) => set({ state })} options={STATES} />
      <Choice
        name="Event"
        value={filters.type}
        onChange={(type) => set({ type })}
        options={EVENT_TYPES.map((type) => [type, type.replace(/^jobwatch\./, '')])}
      />
      <Text
        name="Job"
        hint="its id, or the vendor’s, whole"
        value={filters.job}
        onChange={(job) => set({ job })}
        isWide
      />
      {deliveryQuery(filters) === '' ? null : (
        <a class="button quiet" href={hrefOf(path)}>
          Clear
        </a>
      )}
    </search>
  );
}

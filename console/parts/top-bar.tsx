import { health } from '../../client/responses.ts';
import { useFetched } from '../data/fetched.ts';
import type { Place } from '../data/place.ts';
import { session } from '../data/session.ts';
import { useStore } from '../data/store.ts';
import { Menu } from './menu.tsx';
import { Tick } from './tick.tsx';

const PAGES = [
  ['', 'Now'],
  ['jobs', 'Jobs'],
  ['groups', 'Groups'],
  ['subscriptions', 'Webhooks'],
  ['history', 'History'],
  ['durations', 'Durations'],
  ['queues', 'Queues'],
] as const;

export const HEALTH_EVERY_MS = 5000;

/** Where one can go, and on every page: whether jobwatch ticks. */
export function TopBar({ place }: { readonly place: Place }) {
  const here = place.path[0] ?? '';
  const { permissions } = useStore(session);
  const fetched = useFetched(health, '/health', HEALTH_EVERY_MS);
  const isReader = permissions !== null && ![...permissions].some((permission) => permission.endsWith(':write'));
  return (
    <header class="top">
      <a class="brand" href="#/">
        jobwatch
      </a>
      <nav aria-label="Pages">
        {PAGES.map(([path, name]) => (
          <a key={path} href={`#/${path}`} aria-current={here === path ? 'page' : undefined}>
            {name}
          </a>
        ))}
      </nav>
      <div class="top-end">
        {isReader ? <span class="chip">read only</span> : null}
        <Tick fetched={fetched} />
        <Menu />
      </div>
    </header>
  );
}

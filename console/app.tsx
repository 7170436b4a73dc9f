import { useEffect } from 'preact/hooks';
import { jobs } from '../client/responses.ts';
import { connection } from './data/connection.ts';
import type { Place } from './data/place.ts';
import { read } from './data/requests.ts';
import { usePlace } from './data/router.ts';
import { session } from './data/session.ts';
import { useStore } from './data/store.ts';
import { DurationsPage } from './durations/page.tsx';
import { GroupPage } from './groups/group.tsx';
import { GroupsPage } from './groups/list.tsx';
import { HistoryPage } from './history/page.tsx';
import { JobPage } from './job/page.tsx';
import { JobsPage } from './jobs/page.tsx';
import { NowPage } from './now/page.tsx';
import { Banner } from './parts/banner.tsx';
import { Empty } from './parts/states.tsx';
import { TopBar } from './parts/top-bar.tsx';
import { QueuesPage } from './queues/page.tsx';
import { SignIn } from './sign-in/page.tsx';
import { SubmitPage } from './submit/page.tsx';
import { EditPage } from './subscribe/edit.tsx';
import { SubscribePage } from './subscribe/subscribe.tsx';
import { DeliveryPage } from './subscription/delivery.tsx';
import { SubscriptionPage } from './subscription/page.tsx';
import { SubscriptionsPage } from './subscriptions/page.tsx';

export function App() {
  const { token, permissions } = useStore(session);
  const place = usePlace();
  const { lostSinceMs } = useStore(connection);
  useEffect(() => {
    document.title = titleOf(place);
    if (place.isReturn) return;
    // A new page is read from its heading on.
    scrollTo(0, 0);
    document.querySelector<HTMLElement>('h1')?.focus({ preventScroll: true });
  }, [place.path.join('/')]);
  useEffect(() => {
    // Any answer to the token tells what it may do; pages that read nothing need to know it as well.
    if (token !== null && permissions === null) void read(jobs, '/jobs?limit=1');
  }, [token, permissions === null]);
  if (token === null) return <SignIn />;
  return (
    <>
      {/* biome-ignore lint/a11y/useValidAnchor: it goes to a place on the page; the fragment belongs to the router. */}
      <a class="skip" href="#main" onClick={skip}>
        To the content
      </a>
      <TopBar place={place} />
      <Banner />
      <main id="main" tabIndex={-1} class={lostSinceMs === null ? '' : 'lost'}>
        <Page place={place} />
      </main>
    </>
  );
}

/** The fragment is the router's: the link moves the focus and leaves the place alone. */
function skip(event: Event): void {
  event.preventDefault();
  document.getElementById('main')?.focus();
}

function Page({ place }: { readonly place: Place }) {
  const { path, query } = place;
  const [section, id, part, eventId] = path;
  if (section === undefined) return <NowPage />;
  if (section === 'jobs') return <JobSection id={id} place={place} />;
  if (section === 'groups') return id === undefined ? <GroupsPage /> : <GroupPage key={id} id={id} />;
  if (section === 'subscriptions') return <SubscriptionSection id={id} part={part} eventId={eventId} query={query} />;
  if (section === 'history') return <HistoryPage query={query} />;
  if (section === 'durations') return <DurationsPage />;
  if (section === 'queues') return <QueuesPage query={query} />;
  return (
    <Empty title="There is no such page">
      <a href="#/">Now</a>
    </Empty>
  );
}

function JobSection({ id, place }: { readonly id: string | undefined; readonly place: Place }) {
  if (id === undefined) return <JobsPage place={place} />;
  return id === 'new' ? <SubmitPage /> : <JobPage key={id} id={id} />;
}

interface SubscriptionSectionProps extends Readonly<Record<'id' | 'part' | 'eventId', string | undefined>> {
  readonly query: URLSearchParams;
}

function SubscriptionSection({ id, part, eventId, query }: SubscriptionSectionProps) {
  if (id === undefined) return <SubscriptionsPage />;
  if (id === 'new') return <SubscribePage />;
  if (part === 'edit') return <EditPage key={id} id={id} />;
  if (part === 'deliveries' && eventId !== undefined)
    return <DeliveryPage key={`${id} ${eventId}`} id={id} eventId={eventId} />;
  return <SubscriptionPage key={id} id={id} query={query} />;
}

function titleOf({ path }: Place): string {
  const [section = 'now', id] = path;
  return id === undefined ? `${section} – jobwatch` : `${id} – jobwatch`;
}

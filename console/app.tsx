import { useEffect } from 'preact/hooks';
import { jobs } from '../client/responses.ts';
import type { Place } from './data/place.ts';
import { read } from './data/requests.ts';
import { usePlace } from './data/router.ts';
import { session } from './data/session.ts';
import { useStore } from './data/store.ts';
import { GroupPage } from './groups/group.tsx';
import { GroupsPage } from './groups/list.tsx';
import { DeliveryPage } from './pages/delivery.tsx';
import { DurationsPage } from './pages/durations.tsx';
import { JobPage } from './pages/job.tsx';
import { JobsPage } from './pages/jobs.tsx';
import { NowPage } from './pages/now.tsx';
import { QueuesPage } from './pages/queues.tsx';
import { SignIn } from './pages/sign-in.tsx';
import { SubmitPage } from './pages/submit.tsx';
import { SubscriptionPage } from './pages/subscription.tsx';
import { SubscriptionsPage } from './pages/subscriptions.tsx';
import { Empty } from './parts/states.tsx';
import { TopBar } from './parts/top-bar.tsx';
import { SubscribePage } from './subscribe/subscribe.tsx';

export function App() {
  const { token, permissions } = useStore(session);
  const place = usePlace();
  useEffect(() => {
    document.title = titleOf(place);
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
      <main id="main" tabIndex={-1}>
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

function Page({ place: { path, query } }: { readonly place: Place }) {
  const [section, id, part, eventId] = path;
  if (section === undefined) return <NowPage />;
  if (section === 'jobs') return <JobSection id={id} query={query} />;
  if (section === 'groups') return id === undefined ? <GroupsPage /> : <GroupPage key={id} id={id} />;
  if (section === 'subscriptions') return <SubscriptionSection id={id} part={part} eventId={eventId} />;
  if (section === 'durations') return <DurationsPage />;
  if (section === 'queues') return <QueuesPage />;
  return (
    <Empty title="There is no such page">
      <a href="#/">Now</a>
    </Empty>
  );
}

function JobSection({ id, query }: { readonly id: string | undefined; readonly query: URLSearchParams }) {
  if (id === undefined) return <JobsPage query={query} />;
  return id === 'new' ? <SubmitPage /> : <JobPage key={id} id={id} />;
}

function SubscriptionSection({ id, part, eventId }: Readonly<Record<'id' | 'part' | 'eventId', string | undefined>>) {
  if (id === undefined) return <SubscriptionsPage />;
  if (id === 'new') return <SubscribePage />;
  if (part === 'deliveries' && eventId !== undefined)
    return <DeliveryPage key={`${id} ${eventId}`} id={id} eventId={eventId} />;
  return <SubscriptionPage key={id} id={id} />;
}

function titleOf({ path }: Place): string {
  const [section = 'now', id] = path;
  return id === undefined ? `${section} – jobwatch` : `${id} – jobwatch`;
}

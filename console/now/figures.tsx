import type { ComponentChildren } from 'preact';
import type { Health, Overview, Subscription } from '../../client/responses.ts';
import { count, percent } from '../data/format.ts';
import { When } from '../parts/time.tsx';
import { type Part, partHref } from '../queues/section.tsx';
import { totalOf as lyingIn } from '../queues/total.ts';
import type { EndpointFacts } from '../subscriptions/endpoints.ts';
import { type Success, sum } from '../subscriptions/outcomes.ts';
import { totalOf } from './overview.ts';

interface FiguresProps {
  readonly health: Health | null;
  readonly overview: Overview | null;
  readonly endpoints: ReadonlyMap<string, EndpointFacts>;
  readonly subscriptions: { readonly subscriptions: readonly Subscription[] } | null;
}

/** Six numbers, each a link to what is behind it. */
export function Figures({ health, overview, endpoints, subscriptions }: FiguresProps) {
  return (
    <ul class="figures">
      <Figure
        name="Open jobs"
        href="#/jobs?open=1"
        note={overview?.open.isWhole === false ? 'at least' : 'pending, running, rolling back'}
      >
        {overview === null ? '–' : `${count(totalOf(overview.open))}${overview.open.isWhole ? '' : '+'}`}
      </Figure>
      <OldestDue health={health} />
      <DeniedFigure accounts={health?.deniedAccounts ?? null} total={health?.deniedAccountsTotal ?? null} />
      <QueueFigure health={health} queue="rejected" part="rejected" name="Rejected messages" note="kept 14 days" />
      <QueueFigure
        health={health}
        queue="deadDeliveries"
        part="dead"
        name="Dead deliveries"
        note="every attempt failed"
      />
      <Delivered endpoints={endpoints} total={subscriptions?.subscriptions.length ?? null} />
    </ul>
  );
}

function Figure({
  name,
  href,
  note,
  isBad = false,
  children,
}: {
  readonly name: string;
  readonly href: string;
  readonly note: ComponentChildren;
  readonly isBad?: boolean;
  readonly children: ComponentChildren;
}) {
  return (
    <li>
      <a href={href} class={isBad ? 'figure bad' : 'figure'}>
        <span class="figure-name">{name}</span>
        <span class="figure-value">{children}</span>
        <span class="figure-note">{note}</span>
      </a>
    </li>
  );
}

interface DeniedProps {
  readonly accounts: Health['deniedAccounts'];
  readonly total: number | null;
}

function DeniedFigure({ accounts, total }: DeniedProps) {
  const [first] = accounts ?? [];
  const names = (accounts ?? []).map(({ account }) => account).join(', ');
  return (
    <Figure
      name="Denied accounts"
      href={partHref('denied')}
      note={names === '' ? 'keys and permissions' : names}
      isBad={first !== undefined}
    >
      {accounts === null ? '–' : count(total ?? accounts.length)}
    </Figure>
  );
}

function OldestDue({ health }: Pick<FiguresProps, 'health'>) {
  const at = health?.oldestDueAt ?? null;
  const isLate = at !== null && Date.now() - Date.parse(at) > LATE_MS;
  return (
    <Figure name="Oldest due" href="#/jobs?open=1" note={dueNote(health)} isBad={isLate}>
      <When at={at} />
    </Figure>
  );
}

function dueNote(health: Health | null): string {
  if (health === null) return 'reading …';
  if (health.unread.includes('oldestDueAt')) return 'could not be read';
  return health.oldestDueAt === null ? 'no job is open' : 'the next poll that is due; late after 10 min';
}

/** `reconcile` wakes what is overdue by five minutes: later than that, something is wrong. */
const LATE_MS = 10 * 60_000;

function QueueFigure({
  health,
  queue,
  part,
  name,
  note,
}: {
  readonly health: Health | null;
  readonly queue: string;
  readonly part: Part;
  readonly name: string;
  readonly note: string;
}) {
  const total = health === null ? null : lyingIn(health, queue);
  return (
    <Figure name={name} href={partHref(part)} note={note} isBad={(total ?? 0) > 0}>
      {total === null ? '–' : count(total)}
    </Figure>
  );
}

function Delivered({
  endpoints,
  total,
}: {
  readonly endpoints: FiguresProps['endpoints'];
  readonly total: number | null;
}) {
  const all = sum([...endpoints.values()].map(({ success }) => success));
  const isKnown = total !== null && (total === 0 || endpoints.size > 0);
  return (
    <Figure
      name="Delivered, 24 h"
      href="#/subscriptions"
      note={isKnown ? deliveredNote(all, endpoints.size, total) : 'reading …'}
      isBad={all.ended > 0 && all.delivered / all.ended < BAD_SHARE}
    >
      {percent(all.delivered, all.ended)}
    </Figure>
  );
}

const BAD_SHARE = 0.95;

/** What the share is of: it is computed here, from the newest deliveries of each subscription. */
function deliveredNote(all: Success, read: number, total: number): string {
  if (total === 0) return 'no subscription';
  // A sample that was cut off may have left out those that have ended.
  if (all.ended === 0 && !all.isWhole) return `not known: the newest ${count(all.waiting)} still wait`;
  if (all.ended === 0) return all.waiting === 0 ? 'none has ended' : `none has ended, ${count(all.waiting)} waiting`;
  const some = total > read ? `, ${read} of ${total} endpoints` : '';
  return `${count(all.delivered)} of ${count(all.ended)} ended${some}${all.isWhole ? '' : ', newest 50 each'}`;
}

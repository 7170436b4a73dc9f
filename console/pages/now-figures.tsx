import type { ComponentChildren } from 'preact';
import type { Health, Job, Subscription } from '../../client/responses.ts';
import type { EndpointFacts } from '../data/endpoints.ts';
import { count, percent } from '../data/format.ts';
import type { OpenJobs } from '../data/open-jobs.ts';
import { type Success, sum } from '../data/outcomes.ts';
import { hrefOf } from '../data/place.ts';
import { When } from '../parts/time.tsx';

interface FiguresProps {
  readonly health: Health | null;
  readonly open: OpenJobs | null;
  readonly endpoints: ReadonlyMap<string, EndpointFacts>;
  readonly subscriptions: { readonly subscriptions: readonly Subscription[] } | null;
}

/** Six numbers, each a link to what is behind it. */
export function Figures({ health, open, endpoints, subscriptions }: FiguresProps) {
  return (
    <ul class="figures">
      <Figure
        name="Open jobs"
        href="#/jobs?open=1"
        note={open !== null && open.cut.size > 0 ? 'at least' : 'pending, running, rolling back'}
      >
        {open === null ? '–' : `${count(open.jobs.length)}${open.cut.size > 0 ? '+' : ''}`}
      </Figure>
      <OldestDue health={health} open={open} />
      <DeniedFigure accounts={health?.deniedAccounts ?? null} total={health?.deniedAccountsTotal ?? null} />
      <QueueFigure health={health} queue="rejected" name="Rejected messages" note="kept 14 days" />
      <QueueFigure health={health} queue="deadDeliveries" name="Dead deliveries" note="no attempt left" />
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
  const [first, second] = accounts ?? [];
  const names = (accounts ?? []).map(({ account }) => account).join(', ');
  const isOne = first !== undefined && second === undefined;
  return (
    <Figure
      name="Denied accounts"
      href={isOne ? hrefOf(['jobs'], { open: '1', account: first.account }) : '#/queues'}
      note={names === '' ? 'keys and permissions' : names}
      isBad={first !== undefined}
    >
      {accounts === null ? '–' : count(total ?? accounts.length)}
    </Figure>
  );
}

/** The job itself, where it is among those that were read. */
function OldestDue({ health, open }: Pick<FiguresProps, 'health' | 'open'>) {
  const at = health?.oldestDueAt ?? null;
  const oldest = [...(open?.jobs ?? [])].sort((a, b) => (a.nextPollAt < b.nextPollAt ? -1 : 1))[0];
  const behind: Job | undefined = at === null ? undefined : oldest;
  const isLate = at !== null && Date.now() - Date.parse(at) > LATE_MS;
  return (
    <Figure
      name="Oldest due"
      href={behind === undefined ? '#/jobs?open=1' : hrefOf(['jobs', behind.id])}
      note={at === null ? 'no job is open' : (behind?.jobId ?? 'next poll of an open job')}
      isBad={isLate}
    >
      <When at={at} />
    </Figure>
  );
}

/** `reconcile` wakes what is overdue by five minutes: later than that, something is wrong. */
const LATE_MS = 10 * 60_000;

function QueueFigure({
  health,
  queue,
  name,
  note,
}: {
  readonly health: Health | null;
  readonly queue: string;
  readonly name: string;
  readonly note: string;
}) {
  const visible = health?.queues?.[queue]?.visible ?? null;
  return (
    <Figure name={name} href="#/queues" note={note} isBad={(visible ?? 0) > 0}>
      {visible === null ? '–' : count(visible)}
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
  if (all.ended === 0) return all.waiting === 0 ? 'none has ended' : `none has ended, ${count(all.waiting)} waiting`;
  const some = total > read ? `, ${read} of ${total} endpoints` : '';
  return `${count(all.delivered)} of ${count(all.ended)} ended${some}${all.isWhole ? '' : ', newest 50 each'}`;
}

import type { Health, Overview, Subscription } from '../../client/responses.ts';
import type { Fetched } from '../data/fetched.ts';
import { duration } from '../data/format.ts';
import { useNow } from '../data/now.ts';
import { Mark } from '../parts/phase.tsx';
import { partHref } from '../queues/section.tsx';
import { totalOf } from '../queues/total.ts';

/** The page in one line: the worst that is known. */
export function Verdict({
  fetched: { data, failure },
  overview,
  subscriptions,
}: {
  readonly fetched: Fetched<Health>;
  readonly overview: Overview | null;
  readonly subscriptions: readonly Subscription[];
}) {
  const nowMs = useNow();
  const line = data === null ? null : verdictOf(data, overview, subscriptions, nowMs);
  // Without any connection the banner says so, and the line is that of then.
  if (failure !== null && (failure.kind !== 'unreachable' || line === null)) {
    return (
      <p class="verdict">
        <Mark tone="bad" shape="failed">
          {failure.kind === 'fault' ? `jobwatch failed (${failure.status})` : 'jobwatch does not answer'}:{' '}
          {failure.detail}
        </Mark>
      </p>
    );
  }
  return (
    <p class="verdict">
      {line === null ? (
        <span class="dim">Connecting to jobwatch …</span>
      ) : (
        <>
          <span role="status">
            <Mark tone={line.tone} shape={line.shape}>
              {line.text}
            </Mark>
          </span>
          {line.more === '' ? null : <span class="more-text">{line.more}</span>}
          {line.problems === undefined ? null : (
            <span class="problems more-text">
              {line.problems.map(({ text, href, why }) => (
                <span key={text}>
                  <a href={href}>{text}</a>
                  {why === null ? null : <span class="dim"> {why}</span>}
                </span>
              ))}
            </span>
          )}
        </>
      )}
    </p>
  );
}

interface Line {
  readonly tone: string;
  readonly shape: string;
  readonly text: string;
  readonly more: string;
  readonly problems?: readonly Problem[];
}

interface Problem {
  readonly text: string;
  readonly href: string;
  /** null: the link has it. */
  readonly why: string | null;
}

function verdictOf(
  health: Health,
  overview: Overview | null,
  subscriptions: readonly Subscription[],
  nowMs: number,
): Line {
  const ago = health.lastTickAt === null ? null : duration(Math.max(0, nowMs - Date.parse(health.lastTickAt)));
  if (health.status === 'late')
    return {
      tone: 'bad',
      shape: 'timed_out',
      text: 'Not working',
      more:
        `No tick for ${ago ?? 'long'}. No vendor is polled, and nothing is lost: ` +
        'check the schedule and the log of watch.',
    };
  if (ago === null || health.status !== 'ok')
    return {
      tone: 'warn',
      shape: 'lost',
      text: 'Not known whether it works',
      more: 'No tick was seen yet, or it can’t be read.',
    };
  const problems = problemsOf(health, overview, subscriptions);
  if (problems.length > 0) {
    const text = `Working, ${problems.length} ${problems.length === 1 ? 'problem' : 'problems'}`;
    return { tone: 'warn', shape: 'rollback_failed', text, more: '', problems };
  }
  const webhooks = subscriptions.length === 0 ? 'no webhooks yet: nobody is notified' : 'every webhook answers';
  return {
    tone: 'good',
    shape: 'succeeded',
    text: 'Working',
    more: `Last tick ${ago} ago. No account is denied, ${webhooks}.`,
  };
}

const WHY_MAX = 160;

/** Of one account there is room for the reason. */
function whyDenied({ deniedAccounts }: Health, overview: Overview | null): string | null {
  const [one, another] = deniedAccounts ?? [];
  if (one === undefined || another !== undefined) return null;
  const reason = overview?.deniedAccounts?.find(({ account }) => account === one.account)?.denials[0]?.reason;
  const text = reason === undefined ? one.account : `${one.account}: ${reason}`;
  return text.length > WHY_MAX ? `${text.slice(0, WHY_MAX)}…` : text;
}

function problemsOf(
  health: Health,
  overview: Overview | null,
  subscriptions: readonly Subscription[],
): readonly Problem[] {
  const denied = health.deniedAccountsTotal ?? health.deniedAccounts?.length ?? 0;
  const failing = subscriptions.filter(
    ({ state, disabled, failingSince }) =>
      (state === 'disabled' && disabled?.by !== 'api') || (state === 'active' && failingSince !== null),
  );
  const [first, second] = failing;
  const webhook = first !== undefined && second === undefined ? `#/subscriptions/${first.id}` : '#/subscriptions';
  const counted: readonly (readonly [number, string, string, string, (string | null)?])[] = [
    [denied, 'account denied', 'accounts denied', partHref('denied'), whyDenied(health, overview)],
    [failing.length, 'webhook does not answer', 'webhooks do not answer', webhook],
    [totalOf(health, 'rejected') ?? 0, 'message rejected', 'messages rejected', partHref('rejected')],
    [totalOf(health, 'deadDeliveries') ?? 0, 'dead delivery', 'dead deliveries', partHref('dead')],
    [health.unreadableItems ?? 0, 'unreadable item', 'unreadable items', '#/queues'],
  ];
  return counted
    .filter(([count]) => count > 0)
    .map(([count, one, many, href, why = null]) => ({ text: `${count} ${count === 1 ? one : many}`, href, why }));
}

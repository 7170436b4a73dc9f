import type { Health, Subscription } from '../../client/responses.ts';
import type { Fetched } from '../data/fetched.ts';
import { duration } from '../data/format.ts';
import { useNow } from '../data/now.ts';
import { Mark } from '../parts/phase.tsx';

/** The page in one line: the worst that is known. */
export function Verdict({
  fetched: { data, failure },
  subscriptions,
}: {
  readonly fetched: Fetched<Health>;
  readonly subscriptions: readonly Subscription[];
}) {
  const nowMs = useNow();
  const line = data === null ? null : verdictOf(data, subscriptions, nowMs);
  if (failure !== null) {
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
}

function verdictOf(health: Health, subscriptions: readonly Subscription[], nowMs: number): Line {
  const ago = health.lastTickAt === null ? null : duration(Math.max(0, nowMs - Date.parse(health.lastTickAt)));
  if (health.status === 'late')
    return {
      tone: 'bad',
      shape: 'timed_out',
      text: 'Not ticking',
      more:
        `No tick for ${ago ?? 'long'}. No vendor is polled, and nothing is lost: ` +
        'check the schedule and the log of watch.',
    };
  if (ago === null || health.status !== 'ok')
    return {
      tone: 'warn',
      shape: 'lost',
      text: 'Whether it ticks is not known',
      more: 'No tick was seen yet, or it can’t be read.',
    };
  const troubles = troublesOf(health, subscriptions);
  if (troubles.length > 0)
    return { tone: 'warn', shape: 'rollback_failed', text: 'Ticking, with trouble', more: troubles.join(', ') };
  return {
    tone: 'good',
    shape: 'succeeded',
    text: 'Ticking',
    more: `Last tick ${ago} ago. No account is denied${subscriptions.length === 0 ? '' : ', every endpoint answers'}.`,
  };
}

function troublesOf(health: Health, subscriptions: readonly Subscription[]): readonly string[] {
  const denied = health.deniedAccountsTotal ?? health.deniedAccounts?.length ?? 0;
  const rejected = health.queues?.['rejected']?.visible ?? 0;
  const dead = health.queues?.['deadDeliveries']?.visible ?? 0;
  const failing = subscriptions.filter(
    ({ state, failingSince }) => state === 'disabled' || failingSince !== null,
  ).length;
  const counted: readonly (readonly [number, string, string])[] = [
    [denied, 'account denied', 'accounts denied'],
    [failing, 'endpoint does not answer', 'endpoints do not answer'],
    [rejected, 'message rejected', 'messages rejected'],
    [dead, 'dead delivery', 'dead deliveries'],
    [health.unreadableItems ?? 0, 'unreadable item', 'unreadable items'],
  ];
  return counted.filter(([count]) => count > 0).map(([count, one, many]) => `${count} ${count === 1 ? one : many}`);
}

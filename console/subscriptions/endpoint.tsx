import type { Subscription } from '../../client/responses.ts';
import { Mark } from '../parts/phase.tsx';
import { Elapsed, When } from '../parts/time.tsx';

/** What is known of an endpoint: it answers, it fails, or nothing is sent to it any more. */
export function EndpointState({ subscription }: { readonly subscription: Subscription }) {
  const { state, disabled, failingSince } = subscription;
  if (state === 'disabled') {
    return (
      <Mark tone={disabled?.by === 'api' ? 'warn' : 'bad'} shape="stopped">
        {disabled?.by === 'api' ? 'paused' : 'disabled'}
        {disabled === null ? null : (
          <span class="dim">
            <When at={disabled.at} />
          </span>
        )}
      </Mark>
    );
  }
  if (failingSince !== null) {
    return (
      <Mark tone="warn" shape="rollback_failed">
        failing
        <span class="dim">
          for <Elapsed from={failingSince} to={null} />
        </span>
      </Mark>
    );
  }
  return (
    <Mark tone="good" shape="succeeded">
      active
    </Mark>
  );
}

/** Those in trouble come first. */
export function byTrouble(a: Subscription, b: Subscription): number {
  return rank(a) - rank(b);
}

function rank({ state, failingSince }: Subscription): number {
  if (state === 'disabled') return 0;
  return failingSince === null ? 2 : 1;
}

import { useState } from 'preact/hooks';
import { isRobot } from '../../client/input.ts';
import { rotated, type Subscription, subscription as subscriptionShape } from '../../client/responses.ts';
import { useMay } from '../data/may.ts';
import { hrefOf } from '../data/place.ts';
import { act, NOTHING } from '../data/requests.ts';
import { goTo } from '../data/router.ts';
import { useAbsolute } from '../data/zone.ts';
import { Action } from '../parts/action.tsx';
import { Code } from '../parts/copy.tsx';
import { RedeliverSpan } from './redeliver-span.tsx';
import { SendTest } from './send-test.tsx';

const PERMISSION = 'subscriptions:write';

interface ActionsProps {
  readonly subscription: Subscription;
  readonly path: string;
  readonly onDone: () => void;
}

/** What can be done to a webhook, and what came of it. */
export function SubscriptionActions({ subscription, path, onDone }: ActionsProps) {
  const [result, setResult] = useState<Result | null>(null);
  if (!useMay(PERMISSION)) return null;
  const show = (next: Result) => {
    setResult(next);
    onDone();
  };
  return (
    <section class="actions" aria-label="Actions">
      <div class="action-row">
        <a class="button" href={hrefOf(['subscriptions', subscription.id, 'edit'])}>
          Edit
        </a>
        <StateAction subscription={subscription} path={path} show={show} />
        {isRobot(subscription.format) || subscription.kind === 'eventbridge' ? null : (
          <Action
            label="Rotate the secret"
            confirm="The old secret stays valid for 24 hours."
            permission={PERMISSION}
            run={() => act(rotated, `${path}/rotate-secret`)}
            onDone={(value) => show({ kind: 'secret', ...value })}
          />
        )}
        <Action
          label="Delete"
          confirm="No more events are sent, and waiting deliveries are canceled. This can’t be undone."
          permission={PERMISSION}
          run={() => act(NOTHING, path, undefined, 'DELETE')}
          onDone={() => goTo('#/subscriptions')}
        />
      </div>
      <div aria-live="polite">{result === null ? null : <Shown result={result} onClose={() => setResult(null)} />}</div>
      <div class="action-row">
        <SendTest path={path} onDone={onDone} />
        <RedeliverSpan path={path} onDone={(text) => show({ kind: 'said', text })} />
      </div>
    </section>
  );
}

interface StateActionProps {
  readonly subscription: Subscription;
  readonly path: string;
  readonly show: (result: Result) => void;
}

/** Off and on again; where the endpoint rests after failures, an attempt ahead of its time. */
function StateAction({ subscription: { state, failingSince }, path, show }: StateActionProps) {
  const enable = () => act(subscriptionShape, `${path}/enable`);
  if (state === 'disabled') {
    return (
      <Action
        label="Resume"
        permission={PERMISSION}
        isPrimary
        run={enable}
        onDone={() => show({ kind: 'said', text: 'Resumed. “Redeliver” sends the events of the pause.' })}
      />
    );
  }
  return (
    <>
      {failingSince === null ? null : (
        <Action
          label="Try again now"
          permission={PERMISSION}
          isPrimary
          run={enable}
          onDone={() => show({ kind: 'said', text: 'Waiting deliveries are retried now.' })}
        />
      )}
      <Action
        label="Pause"
        confirm="Nothing is sent until you resume it, and waiting deliveries are canceled. Both can be redelivered."
        permission={PERMISSION}
        run={() => act(subscriptionShape, path, { state: 'disabled' }, 'PATCH')}
        onDone={() => show({ kind: 'said', text: 'Paused.' })}
      />
    </>
  );
}

type Result =
  | { readonly kind: 'said'; readonly text: string }
  | { readonly kind: 'secret'; readonly secret: string; readonly previousValidUntil: string };

function Shown({ result, onClose }: { readonly result: Result; readonly onClose: () => void }) {
  const absolute = useAbsolute();
  return (
    <div class="result">
      <button type="button" class="plain end" onClick={onClose}>
        Close
      </button>
      {result.kind === 'said' ? <p>{result.text}</p> : null}
      {result.kind === 'secret' ? (
        <>
          <p>
            <strong>Copy the new secret now: it is shown only once.</strong> The old one stays valid until{' '}
            {absolute(result.previousValidUntil)}.
          </p>
          <Code text={result.secret} name="the secret" />
        </>
      ) : null}
    </div>
  );
}

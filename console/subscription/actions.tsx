import { useState } from 'preact/hooks';
import { isRobot } from '../../client/input.ts';
import {
  redeliveredMany,
  rotated,
  type Subscription,
  subscription as subscriptionShape,
  type Tested,
  tested,
} from '../../client/responses.ts';
import { absolute, duration } from '../data/format.ts';
import { useMay } from '../data/may.ts';
import { type Answer, act } from '../data/requests.ts';
import { Action } from '../parts/action.tsx';
import { Code } from '../parts/copy.tsx';
import { Mark } from '../parts/phase.tsx';
import { Block } from '../parts/raw.tsx';

const SPANS = [
  ['1', 'the last hour'],
  ['24', 'the last 24 hours'],
  ['168', 'the last 7 days'],
  ['720', 'the last 30 days'],
] as const;
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
        <Action
          label="Test"
          permission={PERMISSION}
          run={() => act(tested, `${path}/test`)}
          onDone={(value) => show({ kind: 'test', value })}
        />
        <Action
          label="Test with a sample"
          permission={PERMISSION}
          run={() => act(tested, `${path}/test`, { type: 'jobwatch.job.failed' })}
          onDone={(value) => show({ kind: 'test', value })}
        />
        {subscription.state === 'disabled' || subscription.failingSince !== null ? (
          <Action
            label="Enable"
            permission={PERMISSION}
            isPrimary={subscription.state === 'disabled'}
            run={() => act(subscriptionShape, `${path}/enable`)}
            onDone={() => show({ kind: 'said', text: 'Enabled. What waits is tried again.' })}
          />
        ) : null}
        {isRobot(subscription.format) ? null : (
          <Action
            label="Rotate the secret"
            confirm="For 24 hours events are signed with the old secret too."
            permission={PERMISSION}
            run={() => act(rotated, `${path}/rotate-secret`)}
            onDone={(value) => show({ kind: 'secret', ...value })}
          />
        )}
        <RedeliverSpan path={path} onDone={(text) => show({ kind: 'said', text })} />
      </div>
      <div aria-live="polite">{result === null ? null : <Shown result={result} onClose={() => setResult(null)} />}</div>
    </section>
  );
}

interface RedeliverSpanProps {
  readonly path: string;
  readonly onDone: (text: string) => void;
}

/** Sends again what did not arrive in a span of time. */
function RedeliverSpan({ path, onDone }: RedeliverSpanProps) {
  const [hours, setHours] = useState('24');
  return (
    <span class="joined">
      <Action
        label="Redeliver"
        confirm="Sends again what did not arrive."
        permission={PERMISSION}
        run={() => redeliverSince(path, Number(hours))}
        onDone={({ redelivered, failed }) =>
          onDone(`${redelivered} sent again${failed > 0 ? `, ${failed} could not be sent: try again` : ''}.`)
        }
      />
      <select
        aria-label="Redeliver the events of"
        value={hours}
        onChange={(event) => setHours(event.currentTarget.value)}
      >
        {SPANS.map(([value, text]) => (
          <option key={value} value={value}>
            of {text}
          </option>
        ))}
      </select>
    </span>
  );
}

type Result =
  | { readonly kind: 'said'; readonly text: string }
  | { readonly kind: 'test'; readonly value: Tested }
  | { readonly kind: 'secret'; readonly secret: string; readonly previousValidUntil: string };

function Shown({ result, onClose }: { readonly result: Result; readonly onClose: () => void }) {
  return (
    <div class="result">
      <button type="button" class="plain end" onClick={onClose}>
        Close
      </button>
      {result.kind === 'said' ? <p>{result.text}</p> : null}
      {result.kind === 'test' ? <TestResult tested={result.value} /> : null}
      {result.kind === 'secret' ? (
        <>
          <p>
            <strong>The new secret is shown only once.</strong> Events are signed with the old one too until{' '}
            {absolute(result.previousValidUntil)}.
          </p>
          <Code text={result.secret} name="the secret" />
        </>
      ) : null}
    </div>
  );
}

/** What the endpoint said, word for word. */
function TestResult({ tested: { status, durationMs, error, answer } }: { readonly tested: Tested }) {
  return (
    <>
      <p>
        {error === null ? (
          <Mark tone="good" shape="succeeded">
            HTTP {status}
          </Mark>
        ) : (
          <Mark tone="bad" shape="failed">
            {error}
          </Mark>
        )}{' '}
        <span class="dim">after {duration(durationMs)}</span>
      </p>
      {answer === '' ? (
        <p class="dim">The answer had no body.</p>
      ) : (
        <Block text={answer} name="the endpoint’s answer" />
      )}
    </>
  );
}

type Counts = { redelivered: number; failed: number; nextCursor?: string | undefined };
/** Each request goes through 500 deliveries; waiting deliveries of a subscription are 5,000 at most. */
const TURNS_MAX = 20;

async function redeliverSince(path: string, hours: number): Promise<Answer<Counts>> {
  const since = new Date(Date.now() - hours * 3_600_000).toISOString();
  const until = new Date().toISOString();
  let total: Counts = { redelivered: 0, failed: 0 };
  let cursor: string | undefined;
  for (let turn = 0; turn < TURNS_MAX; turn += 1) {
    const answer: Answer<Counts> = await act(redeliveredMany, `${path}/redeliver`, {
      since,
      until,
      ...(cursor === undefined ? {} : { cursor }),
    });
    if (!answer.ok) return answer;
    total = { redelivered: total.redelivered + answer.value.redelivered, failed: total.failed + answer.value.failed };
    cursor = answer.value.nextCursor;
    if (cursor === undefined) break;
  }
  return { ok: true, value: total };
}

import { useState } from 'preact/hooks';
import { redeliveredMany } from '../../client/responses.ts';
import { count } from '../data/format.ts';
import { type Answer, act, type Failure } from '../data/requests.ts';
import { Action } from '../parts/action.tsx';
import { Trouble } from '../parts/states.tsx';

const SPANS = [
  ['1', 'the last hour'],
  ['24', 'the last 24 hours'],
  ['168', 'the last 7 days'],
  ['720', 'the last 30 days'],
] as const;

interface RedeliverSpanProps {
  readonly path: string;
  readonly onDone: (text: string) => void;
}

interface Span {
  readonly since: string;
  readonly until: string;
}

/** Sends again what did not arrive in a span of time: first how many that is, then the deed. */
export function RedeliverSpan({ path, onDone }: RedeliverSpanProps) {
  const [hours, setHours] = useState('24');
  const [counted, setCounted] = useState<{ readonly span: Span; readonly counts: Counts } | null>(null);
  const name = SPANS.find(([value]) => value === hours)?.[1] ?? '';
  return (
    <div class="joined">
      {counted === null ? (
        <>
          <Action
            label="Redeliver …"
            permission="subscriptions:write"
            run={async () => {
              const span = spanOf(Number(hours));
              const answer = await redeliver(path, { ...span, dryRun: true });
              return answer.ok ? { ok: true, value: { span, counts: answer.value } } : answer;
            }}
            onDone={setCounted}
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
        </>
      ) : (
        <Confirm
          text={textOf(counted.counts, name)}
          isEmpty={counted.counts.redelivered === 0}
          onCancel={() => setCounted(null)}
          run={() => redeliver(path, counted.span)}
          onDone={({ redelivered, failed }) => {
            setCounted(null);
            onDone(`${count(redelivered)} sent again${failed > 0 ? `, ${failed} could not be sent: try again` : ''}.`);
          }}
        />
      )}
    </div>
  );
}

function textOf({ redelivered, nextCursor }: Counts, name: string): string {
  if (redelivered === 0) return `Every event of ${name} has arrived or is on its way.`;
  const some = `${count(redelivered)}${nextCursor === undefined ? '' : ' or more'}`;
  return `${some} ${redelivered === 1 ? 'event' : 'events'} of ${name} did not arrive.`;
}

interface ConfirmProps {
  readonly text: string;
  readonly isEmpty: boolean;
  readonly run: () => Promise<Answer<Counts>>;
  readonly onCancel: () => void;
  readonly onDone: (counts: Counts) => void;
}

function Confirm({ text, isEmpty, run, onCancel, onDone }: ConfirmProps) {
  const [isBusy, setBusy] = useState(false);
  const [failure, setFailure] = useState<Failure | null>(null);
  async function go(): Promise<void> {
    setBusy(true);
    const answer = await run();
    setBusy(false);
    if (answer.ok) onDone(answer.value);
    else setFailure(answer.failure);
  }
  return (
    <fieldset class="confirming" aria-label="Redeliver">
      <span role="status">{text}</span>
      {isEmpty ? null : (
        <button type="button" class="primary" disabled={isBusy} onClick={() => void go()}>
          {isBusy ? 'Sending …' : 'Send them again'}
        </button>
      )}
      <button
        type="button"
        disabled={isBusy}
        onClick={onCancel}
        ref={(button) => (isEmpty ? button?.focus() : undefined)}
      >
        {isEmpty ? 'Close' : 'Cancel'}
      </button>
      {failure === null ? null : <Trouble failure={failure} />}
    </fieldset>
  );
}

interface Counts {
  readonly redelivered: number;
  readonly failed: number;
  readonly nextCursor?: string | undefined;
}
/** Each request goes through 500 deliveries; waiting deliveries of a subscription are 5,000 at most. */
const TURNS_MAX = 20;

function spanOf(hours: number): Span {
  const nowMs = Date.now();
  return { since: new Date(nowMs - hours * 3_600_000).toISOString(), until: new Date(nowMs).toISOString() };
}

async function redeliver(path: string, body: Span & { readonly dryRun?: boolean }): Promise<Answer<Counts>> {
  let total: Counts = { redelivered: 0, failed: 0 };
  for (let turn = 0; turn < TURNS_MAX; turn += 1) {
    const from = total.nextCursor === undefined ? {} : { cursor: total.nextCursor };
    const answer = await act(redeliveredMany, `${path}/redeliver`, { ...body, ...from });
    if (!answer.ok) return answer;
    const { redelivered, failed, nextCursor } = answer.value;
    total = { redelivered: total.redelivered + redelivered, failed: total.failed + failed, nextCursor };
    if (nextCursor === undefined) break;
  }
  return { ok: true, value: total };
}

import { useState } from 'preact/hooks';
import { type Tested, tested as testedShape } from '../../client/responses.ts';
import { EVENT_MEANINGS, EVENT_TYPES, type EventType } from '../../lib/events/types.ts';
import { duration } from '../data/format.ts';
import { act } from '../data/requests.ts';
import { Action } from '../parts/action.tsx';
import { Mark } from '../parts/phase.tsx';
import { Block } from '../parts/raw.tsx';

const PLAIN: EventType = 'jobwatch.test';

/** Sends a sample of any type of event here and now, and shows what the endpoint says. */
export function SendTest({ path, onDone }: { readonly path: string; readonly onDone?: () => void }) {
  const [type, setType] = useState<string>(PLAIN);
  const [result, setResult] = useState<Tested | null>(null);
  return (
    <div class="send-test">
      <span class="joined">
        <Action
          label="Send test"
          permission="subscriptions:write"
          run={() => act(testedShape, `${path}/test`, type === PLAIN ? {} : { type })}
          onDone={(value) => {
            setResult(value);
            onDone?.();
          }}
        />
        <select aria-label="Event to send" value={type} onChange={(event) => setType(event.currentTarget.value)}>
          {[PLAIN, ...EVENT_TYPES.filter((one) => one !== PLAIN)].map((one) => (
            <option key={one} value={one} title={EVENT_MEANINGS[one]}>
              {one.replace(/^jobwatch\./, '')}
            </option>
          ))}
        </select>
      </span>
      <div aria-live="polite">
        {result === null ? null : <TestResult key={result.eventId} tested={result} onClose={() => setResult(null)} />}
      </div>
    </div>
  );
}

/** What the endpoint said, word for word. */
function TestResult({ tested, onClose }: { readonly tested: Tested; readonly onClose: () => void }) {
  const { status, durationMs, error, answer } = tested;
  return (
    <div class="result">
      <button type="button" class="plain end" onClick={onClose}>
        Close
      </button>
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
    </div>
  );
}
